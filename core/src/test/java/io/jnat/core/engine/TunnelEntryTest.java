package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import org.junit.jupiter.api.Test;

/** What becomes of packets that are too large for the tunnel. */
final class TunnelEntryTest {
    private static final int MTU = 1420;

    @Test
    void datagramsAsLargeAsAnyAreCutWithinTheirMemory() {
        int bytes = Ipv4.MAX_BYTES;
        int headers = Ipv4.MIN_HEADER_BYTES + Udp.HEADER_BYTES;
        Burst burst = new Burst();
        long ip = burst.in.address() + Packet.HEADROOM_BYTES;
        Ipv4.write(ip, 0, bytes, 64, Protocol.UDP, 0x0a000001, 0xc6336407);
        Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, 0);
        Udp.write(ip + Ipv4.MIN_HEADER_BYTES, 4000, 5060, bytes - Ipv4.MIN_HEADER_BYTES);
        Memory.putByte(ip + bytes - 1, 7);
        Packet packet = burst.append(ip, bytes);
        packet.gsoType = Packet.GSO_UDP;
        packet.gsoSize = bytes - headers - 1;
        packet.needsChecksum = true;
        packet.checksumStart = Ipv4.MIN_HEADER_BYTES;
        packet.checksumOffset = Udp.CHECKSUM;
        assertNull(PacketParser.parse(packet));
        int[] staged = new int[2];
        TunnelEntry entry =
                new TunnelEntry(
                        new Link(0, "tunnel", Zone.TUNNEL, MTU),
                        (piece, nowNanos) -> {
                            staged[0]++;
                            staged[1] += piece.length - Ipv4.MIN_HEADER_BYTES;
                            return null;
                        });
        assertNull(entry.enter(packet, burst));
        assertEquals(bytes - headers + 2 * Udp.HEADER_BYTES, staged[1]);
        assertEquals((bytes - 1 - Ipv4.MIN_HEADER_BYTES + 1399) / 1400 + 1, staged[0]);
        entry.release();
        burst.release();
    }
}
