package io.jnat.core.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HeaderViewTest {
    private static final byte[] PAYLOAD =
            "voice and more".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    @Test
    void rewritingATcpSegmentGivesWhatTheOracleBuilds() {
        byte[] before =
                OraclePackets.tcp("192.168.1.20", "203.0.113.9", 4000, 443, 1, true, PAYLOAD);
        byte[] after =
                OraclePackets.tcp("198.51.100.7", "10.1.2.3", 61000, 62031, 1, true, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long ip = bytes.address();
            long tcp = ip + 20;
            int difference =
                    Checksum.combine(
                            Ipv4.setSourceUpdatingChecksum(ip, 0xc6336407),
                            Ipv4.setDestinationUpdatingChecksum(ip, 0x0a010203));
            Tcp.updateChecksumForPseudoHeader(
                    tcp, Checksum.combine(difference, changePorts(tcp, 61000, 62031)), false);
            assertArrayEquals(after, bytes.bytes());
        }
    }

    @Test
    void rewritingAUdpDatagramGivesWhatTheOracleBuilds() {
        byte[] before = OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 5, PAYLOAD);
        byte[] after = OraclePackets.udp("198.51.100.7", "203.0.113.9", 61000, 443, 5, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long udp = bytes.address() + 20;
            int difference = Ipv4.setSourceUpdatingChecksum(bytes.address(), 0xc6336407);
            Udp.updateChecksumForPseudoHeader(
                    udp, Checksum.combine(difference, changePorts(udp, 61000, 443)), false);
            assertArrayEquals(after, bytes.bytes());
        }
    }

    /** Changes both ports of a TCP or UDP header; returns the difference for its checksum. */
    private static int changePorts(long transport, int source, int destination) {
        int before = Memory.getInt(transport);
        int after = source << 16 | destination;
        Memory.putInt(transport, after);
        return Checksum.difference32(before, after);
    }

    @Test
    void rewritingIpv6GivesWhatTheOracleBuilds() {
        byte[] before = OraclePackets.udp("fd00::5", "2001:db8::1", 4000, 443, 0, PAYLOAD);
        byte[] after = OraclePackets.udp("2001:db8:7::9", "2001:db8::2", 4000, 443, 0, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long ip = bytes.address();
            int difference =
                    Checksum.combine(
                            Ipv6.setSource(ip, 0x20010db8_00070000L, 9),
                            Ipv6.setDestination(ip, 0x20010db8_00000000L, 2));
            Udp.updateChecksumForPseudoHeader(ip + 40, difference, false);
            assertArrayEquals(after, bytes.bytes());
        }
    }

    @Test
    void echoIdentifierIsRewrittenAsTheOracleBuildsIt() {
        byte[] before = OraclePackets.echo("192.168.1.20", "203.0.113.9", 7, PAYLOAD);
        byte[] after = OraclePackets.echo("192.168.1.20", "203.0.113.9", 0xfff0, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            Icmp.setIdentifierUpdatingChecksum(bytes.address() + 20, 0xfff0);
            assertArrayEquals(after, bytes.bytes());
        }
    }

    @Test
    @Tag("N33")
    void absentUdpChecksumStaysAbsent() {
        byte[] before = OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 5, PAYLOAD);
        before[26] = 0;
        before[27] = 0;
        try (NativeBytes bytes = new NativeBytes(before)) {
            long udp = bytes.address() + 20;
            Udp.updateChecksumForPseudoHeader(udp, 0x1234, false);
            assertEquals(0, Udp.checksum(udp));
        }
    }

    @Test
    @Tag("N33")
    void udpChecksumThatComesOutAsZeroIsSentAsAllOnes() {
        byte[] before = OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 5, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long udp = bytes.address() + 20;
            // Adding the checksum itself to the source port makes the sum all ones.
            int port = Checksum.fold(4000L + Udp.checksum(udp));
            Udp.updateChecksumForPseudoHeader(udp, changePorts(udp, port, 443), false);
            assertEquals(0xffff, Udp.checksum(udp));
            assertTrue(OraclePackets.checksumsAreRight(bytes.bytes()));
        }
    }

    /** A partial checksum, changed by address alone and then completed, is the oracle's. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("N33")
    void partialChecksumFollowsAddressesAndIgnoresPorts(boolean isTcp) {
        byte[] before =
                isTcp
                        ? OraclePackets.tcp(
                                "192.168.1.20", "203.0.113.9", 40, 443, 9, false, PAYLOAD)
                        : OraclePackets.udp("192.168.1.20", "203.0.113.9", 40, 443, 9, PAYLOAD);
        byte[] after =
                isTcp
                        ? OraclePackets.tcp(
                                "198.51.100.7", "203.0.113.9", 61, 443, 9, false, PAYLOAD)
                        : OraclePackets.udp("198.51.100.7", "203.0.113.9", 61, 443, 9, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long ip = bytes.address();
            long transport = ip + 20;
            int length = before.length - 20;
            int field = isTcp ? Tcp.CHECKSUM : Udp.CHECKSUM;
            int protocol = isTcp ? Protocol.TCP : Protocol.UDP;
            Memory.putShort(transport + field, Checksum.pseudoHeaderIpv4(ip, protocol, length));
            int difference = Ipv4.setSourceUpdatingChecksum(ip, 0xc6336407);
            if (isTcp) {
                Tcp.updateChecksumForPseudoHeader(transport, difference, true);
            } else {
                Udp.updateChecksumForPseudoHeader(transport, difference, true);
            }
            changePorts(transport, 61, 443);
            assertEquals(
                    Checksum.pseudoHeaderIpv4(ip, protocol, length),
                    Memory.getShort(transport + field));
            Memory.putShort(transport + field, Checksum.of(transport, length));
            assertArrayEquals(after, bytes.bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("N22")
    void mssIsClampedAtEvenAndOddOffsets(boolean odd) {
        byte[] before = OraclePackets.syn("192.168.1.20", "203.0.113.9", 1460, odd);
        byte[] after = OraclePackets.syn("192.168.1.20", "203.0.113.9", 1380, odd);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long tcp = bytes.address() + 20;
            assertFalse(Tcp.clampMssUpdatingChecksum(tcp, 1460, false));
            assertTrue(Tcp.clampMssUpdatingChecksum(tcp, 1380, false));
            assertArrayEquals(after, bytes.bytes());
            assertFalse(Tcp.clampMssUpdatingChecksum(tcp, 1400, false), "never raised");
            int partial = Tcp.checksum(tcp); // covers the pseudo header only
            assertTrue(Tcp.clampMssUpdatingChecksum(tcp, 1300, true));
            assertEquals(partial, Tcp.checksum(tcp));
            assertEquals(1300, Memory.getShort(tcp + Tcp.mssOffset(tcp)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 0 2 2 4 5 180 0 0", // behind the end of the options
        "25, 2 3 5 2 4 5 180 1", // behind one with a length that is not its own
        "-1, 2 0 5 180 2 4 5 180",
        "-1, 3 1 2 4 5 180 1 1",
        "-1, 1 1 2 6 5 180 1 1",
        "-1, 1 1 1 1 1 2 4 5", // cut off
        "-1, 1 1 1 1 1 1 1 2",
        "22, 2 4 5 180 1 1 1 1",
        "26, 1 8 3 9 2 4 5 180", // behind one that is unknown
    })
    @Tag("N22")
    void mssIsFoundInOptionsThatHoldTogetherOnly(int offset, String options) {
        byte[] tcp = new byte[28];
        tcp[12] = 7 << 4;
        String[] each = options.split(" ", -1);
        for (int at = 0; at < each.length; at++) {
            tcp[20 + at] = (byte) Integer.parseInt(each[at]);
        }
        try (NativeBytes bytes = new NativeBytes(tcp)) {
            assertEquals(offset, Tcp.mssOffset(bytes.address()));
        }
    }

    @Test
    void everyIpv4FieldCanBeChangedWithTheChecksumKept() {
        byte[] before = OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 5, PAYLOAD);
        Random random = new Random(3);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long ip = bytes.address();
            for (int round = 0; round < 500; round++) {
                Ipv4.setTosUpdatingChecksum(ip, random.nextInt(256));
                Ip.setEcn(ip, Ip.CONGESTION_EXPERIENCED);
                assertEquals(3, Ip.ecn(ip));
                Ipv4.setTtlUpdatingChecksum(ip, random.nextInt(256));
                Ipv4.setIdentificationUpdatingChecksum(ip, random.nextInt(65536));
                Ipv4.setFlagsAndOffsetUpdatingChecksum(ip, random.nextInt(65536));
                Ipv4.setTotalLengthUpdatingChecksum(ip, random.nextInt(65536));
                assertTrue(Checksum.isRight(ip, 20));
            }
        }
    }

    @Test
    void ecnAndTrafficClassOfIpv6LeaveTheFlowLabel() {
        byte[] before = OraclePackets.udp("fd00::5", "2001:db8::1", 4000, 443, 0, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(before)) {
            long ip = bytes.address();
            Ipv6.setTrafficClass(ip, 0xb8);
            Ip.setEcn(ip, Ip.ECT_0);
            assertEquals(0xba, Ip.trafficClass(ip));
            assertEquals(Ip.ECT_0, Ip.ecn(ip));
            assertEquals(0x6ba12345, Memory.getInt(ip));
            assertTrue(OraclePackets.checksumsAreRight(bytes.bytes()));
        }
    }

    @Test
    @Tag("N45")
    void sourceRoutesAndGarbageOptionsAreSeen() {
        assertTrue(sourceRoute(131, 7, 4, 1, 2, 3, 4, 0));
        assertTrue(sourceRoute(1, 137, 7, 4, 1, 2, 3, 4));
        assertTrue(sourceRoute(7, 0, 0, 0), "length 0 would loop");
        assertTrue(sourceRoute(1, 1, 1, 7), "length cut off");
        assertTrue(sourceRoute(7, 9, 0, 0), "longer than the header");
        assertFalse(sourceRoute(1, 1, 1, 0));
        assertFalse(sourceRoute(7, 3, 4, 0, 131, 7, 4, 0), "behind the end of options");
    }

    private static boolean sourceRoute(int... options) {
        byte[] header = new byte[20 + options.length];
        header[0] = (byte) (0x40 + header.length / 4);
        for (int i = 0; i < options.length; i++) {
            header[20 + i] = (byte) options[i];
        }
        try (NativeBytes bytes = new NativeBytes(header)) {
            return Ipv4.hasSourceRoute(bytes.address());
        }
    }

    @Test
    void writtenPacketsAreRightForTheOracle() {
        try (NativeBytes bytes = new NativeBytes(new byte[20 + 8 + 30])) {
            long ip = bytes.address();
            Ipv4.write(ip, 0xc0, 58, 64, Protocol.ICMP, 0x0a000001, 0x0a000002);
            Icmp.write(ip + 20, Icmp.ECHO_REQUEST, 0, 0x00070003, 38);
            assertTrue(OraclePackets.checksumsAreRight(bytes.bytes()));
            Packet packet = bytes.packet();
            assertNull(PacketParser.parse(packet));
            assertEquals(7, packet.sourcePort);
        }
        try (NativeBytes bytes = new NativeBytes(new byte[20 + 20])) {
            long ip = bytes.address();
            Ipv4.write(ip, 0, 40, 64, Protocol.TCP, 0x0a000001, 0x0a000002);
            Tcp.write(ip + 20, 80, 4000, 5, 6, Tcp.RST | Tcp.ACK, 0);
            long sum =
                    (long) Checksum.pseudoHeader(ip, 4, Protocol.TCP, 20)
                            + Checksum.sum(ip + 20, 20);
            Tcp.setChecksum(ip + 20, Checksum.complement(sum));
            assertTrue(OraclePackets.checksumsAreRight(bytes.bytes()));
        }
        byte[] six = OraclePackets.echo("fd00::5", "2001:db8::1", 9, PAYLOAD);
        try (NativeBytes bytes = new NativeBytes(six)) {
            long ip = bytes.address();
            Ipv6.write(ip, 0, six.length - 40, Protocol.ICMPV6, 64);
            Icmpv6.write(ip + 40, ip, Icmpv6.ECHO_REPLY, 0, 0x00090003, six.length - 40);
            assertTrue(OraclePackets.checksumsAreRight(bytes.bytes()));
        }
    }
}
