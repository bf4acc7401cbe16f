package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import java.util.ArrayList;
import java.util.List;
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
        Memory.putByte(ip + bytes - 1, 7);
        Packet packet = datagrams(burst, ip, bytes, bytes - headers - 1);
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

    @Test
    void onlyDatagramsThatWereNotStagedAreLeftInASuperFrameThatIsRefused() {
        int bytes = Ipv4.MIN_HEADER_BYTES + Udp.HEADER_BYTES + 3 * 1900;
        Burst burst = new Burst();
        long ip = burst.in.address() + Packet.HEADROOM_BYTES;
        Packet packet = datagrams(burst, ip, bytes, 1900);
        int[] calls = {0};
        TunnelEntry entry =
                new TunnelEntry(
                        new Link(0, "tunnel", Zone.TUNNEL, MTU),
                        (piece, nowNanos) -> calls[0]++ < 2 ? null : DropReason.TUNNEL_MEMORY);
        assertEquals(DropReason.TUNNEL_MEMORY, entry.enter(packet, burst));
        assertEquals(3, calls[0], "both fragments of the first, and one of the second");
        assertEquals(2, packet.segments());
        entry.release();
        burst.release();
    }

    @Test
    void whatIsTooLargeForThePathOfItsPeerIsCutForIt() {
        Link tunnel = new Link(0, "tunnel", Zone.TUNNEL, MTU);
        tunnel.pathMtus(new int[] {MTU, 1328});
        List<Integer> staged = new ArrayList<>();
        List<Integer> peers = new ArrayList<>();
        TunnelEntry entry =
                new TunnelEntry(
                        tunnel,
                        (piece, nowNanos) -> {
                            staged.add(piece.length);
                            peers.add(piece.outPeer);
                            return null;
                        });
        Burst burst = new Burst();
        for (int peer = 0; peer < 3; peer++) {
            long ip = burst.make(1400);
            Packet packet = datagrams(burst, ip, 1400, 0);
            packet.outPeer = peer;
            assertNull(entry.enter(packet, burst));
        }
        assertEquals(List.of(1400, 1324, 96, 1400), staged);
        assertEquals(List.of(0, 1, 1, 2), peers);
        entry.release();
        burst.release();
    }

    /** A tunnel for itself may have an MTU that a TCP header fills. */
    @Test
    void aSegmentWhoseHeadersFillTheMtuIsCutToFragments() {
        int headers = Ipv4.MIN_HEADER_BYTES + 60;
        Burst burst = new Burst();
        long ip = burst.make(headers + 200);
        Ipv4.write(ip, 0, headers + 200, 64, Protocol.TCP, 0x0a000001, 0xc6336407);
        Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, 0);
        long tcp = ip + Ipv4.MIN_HEADER_BYTES;
        Tcp.write(tcp, 4000, 80, 1, 1, Tcp.ACK, 1000);
        Memory.putShort(tcp + 12, 15 << 12 | Tcp.ACK);
        Packet packet = burst.append(ip, headers + 200);
        packet.gsoType = Packet.GSO_TCP4;
        packet.gsoSize = 100;
        packet.needsChecksum = true;
        packet.checksumStart = Ipv4.MIN_HEADER_BYTES;
        packet.checksumOffset = Tcp.CHECKSUM;
        assertNull(PacketParser.parse(packet));
        List<Integer> staged = new ArrayList<>();
        TunnelEntry entry =
                new TunnelEntry(
                        new Link(0, "tunnel", Zone.TUNNEL, headers),
                        (piece, nowNanos) -> {
                            staged.add(piece.length);
                            return null;
                        });
        assertNull(entry.enter(packet, burst));
        assertEquals(List.of(76, 76, 68, 76, 76, 68), staged);
        entry.release();
        burst.release();
    }

    /** Its sender finds the path's MTU by hearing of it (RFC 8201). */
    @Test
    void ipv6SegmentsThatAreTooLargeAreRefusedAndNotMadeSmaller() {
        int headers = Ipv6.HEADER_BYTES + Tcp.MIN_HEADER_BYTES;
        Burst burst = new Burst();
        long ip = burst.make(headers + 2800);
        Ipv6.write(ip, 0, Tcp.MIN_HEADER_BYTES + 2800, Protocol.TCP, 64);
        Tcp.write(ip + Ipv6.HEADER_BYTES, 4000, 80, 1, 1, Tcp.ACK, 1000);
        Packet packet = burst.append(ip, headers + 2800);
        packet.gsoType = Packet.GSO_TCP6;
        packet.gsoSize = 1400;
        packet.needsChecksum = true;
        packet.checksumStart = Ipv6.HEADER_BYTES;
        packet.checksumOffset = Tcp.CHECKSUM;
        assertNull(PacketParser.parse(packet));
        TunnelEntry entry =
                new TunnelEntry(
                        new Link(0, "tunnel", Zone.TUNNEL, MTU),
                        (piece, nowNanos) -> {
                            throw new AssertionError("staged " + piece.length);
                        });
        assertEquals(DropReason.TOO_BIG, entry.enter(packet, burst));
        entry.release();
        burst.release();
    }

    private static Packet datagrams(Burst burst, long ip, int bytes, int gsoSize) {
        Ipv4.write(ip, 0, bytes, 64, Protocol.UDP, 0x0a000001, 0xc6336407);
        Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, 0);
        Udp.write(ip + Ipv4.MIN_HEADER_BYTES, 4000, 5060, bytes - Ipv4.MIN_HEADER_BYTES);
        Packet packet = burst.append(ip, bytes);
        packet.gsoType = gsoSize == 0 ? Packet.GSO_NONE : Packet.GSO_UDP;
        packet.gsoSize = gsoSize;
        packet.needsChecksum = true;
        packet.checksumStart = Ipv4.MIN_HEADER_BYTES;
        packet.checksumOffset = Udp.CHECKSUM;
        assertNull(PacketParser.parse(packet));
        return packet;
    }
}
