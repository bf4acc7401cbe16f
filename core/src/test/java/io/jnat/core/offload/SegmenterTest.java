package io.jnat.core.offload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SegmenterTest {
    private static final int PAYLOAD = 3000;

    private static byte[] payload(int length) {
        byte[] payload = new byte[length];
        new Random(7).nextBytes(payload);
        return payload;
    }

    private static byte[] whole(boolean v6, boolean tcp, int id, int seq, byte[] payload) {
        String from = v6 ? "fd00::1" : "10.0.0.1";
        String to = v6 ? "2001:db8::9" : "203.0.113.9";
        return tcp
                ? OraclePackets.tcp(from, to, 4000, 443, seq, false, payload)
                : OraclePackets.udp(from, to, 4000, 443, id, payload);
    }

    /** Makes the checksum partial, as the kernel gives it. */
    private static void makePartial(Packet packet, int gsoSize) {
        assertNull(PacketParser.parse(packet));
        packet.needsChecksum = true;
        packet.checksumStart = packet.transportOffset;
        packet.checksumOffset = packet.protocol == 6 ? Tcp.CHECKSUM : Udp.CHECKSUM;
        packet.gsoSize = gsoSize;
        packet.gsoType =
                gsoSize == 0
                        ? Packet.GSO_NONE
                        : packet.protocol == 17
                                ? Packet.GSO_UDP
                                : packet.ipVersion == 4 ? Packet.GSO_TCP4 : Packet.GSO_TCP6;
        Memory.putShort(
                packet.address + packet.checksumStart + packet.checksumOffset,
                Checksum.pseudoHeader(
                        packet.address,
                        packet.ipVersion,
                        packet.protocol,
                        packet.length - packet.transportOffset));
        packet.parsed = false;
        assertNull(PacketParser.parse(packet));
    }

    @ParameterizedTest
    @CsvSource({
        "false, true, 1000",
        "true, true, 1001",
        "false, false, 999",
        "true, false, 1000",
        "false, true, 2999",
        "false, false, 1"
    })
    void segmentsAreWhatTheOracleBuilds(boolean v6, boolean tcp, int gsoSize) {
        byte[] data = payload(gsoSize == 1 ? 20 : PAYLOAD);
        try (NativeBytes memory = new NativeBytes(whole(v6, tcp, 0xfffe, -500, data))) {
            Packet packet = memory.packet();
            makePartial(packet, gsoSize);
            int count = Segmenter.segmentCount(packet);
            assertEquals((data.length + gsoSize - 1) / gsoSize, count);
            for (int index = 0; index < count; index++) {
                int from = index * gsoSize;
                byte[] part = Arrays.copyOfRange(data, from, Math.min(from + gsoSize, data.length));
                byte[] expected = whole(v6, tcp, 0xfffe + index, -500 + from, part);
                if (tcp && !v6) {
                    expected = withIdentification(expected, index);
                }
                assertArrayEquals(expected, segment(packet, index));
            }
        }
    }

    private static byte[] withIdentification(byte[] bytes, int id) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Ipv4.setIdentificationUpdatingChecksum(memory.address(), id);
            return memory.bytes();
        }
    }

    private static byte[] segment(Packet packet, int index) {
        int length = Segmenter.segmentLength(packet, index);
        try (NativeBytes out = new NativeBytes(new byte[length])) {
            assertEquals(length, Segmenter.writeSegment(packet, index, out.address()));
            assertTrue(OraclePackets.checksumsAreRight(out.bytes()));
            return out.bytes();
        }
    }

    @Test
    void flagsStandWhereTheyBelong() {
        byte[] bytes = whole(false, true, 0, 1, payload(PAYLOAD));
        bytes[33] = (byte) (Tcp.CWR | Tcp.ECE | Tcp.ACK | Tcp.PSH | Tcp.FIN);
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Packet packet = memory.packet();
            makePartial(packet, 1000);
            assertEquals(Tcp.CWR | Tcp.ECE | Tcp.ACK, segment(packet, 0)[33] & 0xff);
            assertEquals(Tcp.ECE | Tcp.ACK, segment(packet, 1)[33] & 0xff);
            assertEquals(Tcp.ECE | Tcp.ACK | Tcp.PSH | Tcp.FIN, segment(packet, 2)[33] & 0xff);
        }
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, true", "false, false", "true, false"})
    @Tag("N33")
    void partialChecksumOfASinglePacketIsCompleted(boolean v6, boolean tcp) {
        byte[] bytes = whole(v6, tcp, 1, 1, payload(333));
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Packet packet = memory.packet();
            makePartial(packet, 0);
            assertEquals(1, Segmenter.segmentCount(packet));
            assertArrayEquals(bytes, segment(packet, 0));
            assertFalse(Arrays.equals(bytes, memory.bytes()), "cutting changes nothing");
            Segmenter.finishChecksum(packet);
            assertArrayEquals(bytes, memory.bytes());
            assertFalse(packet.needsChecksum);
            Segmenter.finishChecksum(packet);
            assertArrayEquals(bytes, memory.bytes());
        }
    }

    @Test
    @Tag("N33")
    void computedUdpChecksumOfZeroIsSentAsAllOnes() {
        byte[] data = payload(100);
        // Putting the checksum where two zero bytes were makes the sum all ones.
        data[0] = 0;
        data[1] = 0;
        byte[] probe = whole(false, false, 1, 1, data);
        data[0] = probe[26];
        data[1] = probe[27];
        byte[] twice = Arrays.copyOf(data, 200);
        System.arraycopy(data, 0, twice, 100, 100);
        for (byte[] all : new byte[][] {data, twice}) {
            try (NativeBytes memory = new NativeBytes(whole(false, false, 1, 1, all))) {
                Packet packet = memory.packet();
                makePartial(packet, all == data ? 0 : 100);
                for (int index = 0; index < packet.segments(); index++) {
                    byte[] out = segment(packet, index);
                    assertEquals(0xff, out[26] & 0xff);
                    assertEquals(0xff, out[27] & 0xff);
                }
            }
        }
    }
}
