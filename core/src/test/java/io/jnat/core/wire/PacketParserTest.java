package io.jnat.core.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PacketParserTest {
    private static final byte[] TEN = new byte[10];

    private static byte[] tcp4() {
        return OraclePackets.tcp("192.168.1.20", "203.0.113.9", 4000, 443, 1, false, TEN);
    }

    private static byte[] udp4() {
        return OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 1, TEN);
    }

    private static byte[] udp6() {
        return OraclePackets.udp("fd00::5", "2001:db8::1", 4000, 443, 0, TEN);
    }

    private static DropReason parse(byte[] bytes, Consumer<Packet> prepare, Consumer<Packet> look) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Packet packet = memory.packet();
            prepare.accept(packet);
            DropReason reason = PacketParser.parse(packet);
            look.accept(packet);
            return reason;
        }
    }

    private static DropReason parse(byte[] bytes) {
        return parse(bytes, packet -> {}, packet -> {});
    }

    /** Sets bytes and repairs the IPv4 header checksum. */
    private static byte[] with(byte[] bytes, int at, int... values) {
        byte[] changed = bytes.clone();
        for (int i = 0; i < values.length; i++) {
            changed[at + i] = (byte) values[i];
        }
        if (changed[0] >>> 4 == 4) {
            try (NativeBytes memory = new NativeBytes(changed)) {
                if (Ipv4.headerLength(memory.address()) <= changed.length) {
                    Ipv4.writeChecksum(memory.address());
                }
                return memory.bytes();
            }
        }
        return changed;
    }

    @Test
    void portsAndOffsetsAreWrittenDown() {
        assertNull(
                parse(
                        tcp4(),
                        packet -> {},
                        packet -> {
                            assertEquals(4, packet.ipVersion);
                            assertEquals(Protocol.TCP, packet.protocol);
                            assertEquals(20, packet.transportOffset);
                            assertEquals(20, packet.transportHeaderLength);
                            assertEquals(4000, packet.sourcePort);
                            assertEquals(443, packet.destinationPort);
                            assertFalse(packet.fragment);
                            assertTrue(packet.parsed);
                        }));
        assertNull(
                parse(
                        udp6(),
                        packet -> {},
                        packet -> {
                            assertEquals(6, packet.ipVersion);
                            assertEquals(Protocol.UDP, packet.protocol);
                            assertEquals(40, packet.transportOffset);
                            assertEquals(8, packet.transportHeaderLength);
                            assertEquals(443, packet.destinationPort);
                        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.168.1.20", "fd00::5"})
    void queryIdentifierStandsInBothPorts(String source) {
        String destination = source.contains(":") ? "2001:db8::1" : "203.0.113.9";
        assertNull(
                parse(
                        OraclePackets.echo(source, destination, 0xabcd, TEN),
                        packet -> {},
                        packet -> {
                            assertEquals(0xabcd, packet.sourcePort);
                            assertEquals(0xabcd, packet.destinationPort);
                        }));
    }

    @Test
    void icmpErrorsHaveNoPorts() {
        byte[] error = with(OraclePackets.echo("192.168.1.20", "203.0.113.9", 7, TEN), 20, 3, 1);
        assertNull(
                parse(
                        error,
                        packet -> {},
                        packet -> {
                            assertEquals(0, packet.sourcePort);
                            assertEquals(8, packet.transportHeaderLength);
                        }));
    }

    @Test
    void paddingBehindThePacketIsCutOff() {
        byte[] padded = Arrays.copyOf(udp4(), udp4().length + 14);
        assertNull(parse(padded, p -> {}, packet -> assertEquals(udp4().length, packet.length)));
        byte[] padded6 = Arrays.copyOf(udp6(), udp6().length + 1);
        assertNull(parse(padded6, p -> {}, packet -> assertEquals(udp6().length, packet.length)));
    }

    @Test
    void malformedIpHeadersAreNamed() {
        assertEquals(DropReason.TRUNCATED, parse(new byte[0]));
        assertEquals(DropReason.TRUNCATED, parse(new byte[19]));
        assertEquals(DropReason.BAD_IP_VERSION, parse(new byte[20]));
        assertEquals(DropReason.BAD_IP_VERSION, parse(with(udp4(), 0, 0x55)));
        assertEquals(DropReason.BAD_IP_HEADER, parse(with(udp4(), 0, 0x44)));
        assertEquals(DropReason.BAD_IP_HEADER, parse(with(udp4(), 2, 0, 19)));
        assertEquals(DropReason.TRUNCATED, parse(with(udp4(), 2, 0, 39)));
        assertEquals(DropReason.TRUNCATED, parse(Arrays.copyOf(udp6(), 39)));
        assertEquals(DropReason.TRUNCATED, parse(with(udp6(), 4, 0, 19)));
        byte[] wrongSum = udp4();
        wrongSum[10] ^= 1;
        assertEquals(DropReason.BAD_IP_CHECKSUM, parse(wrongSum));
    }

    @Test
    void malformedTransportHeadersAreNamed() {
        assertEquals(DropReason.BAD_TRANSPORT_HEADER, parse(with(tcp4(), 32, 0x40)));
        assertEquals(DropReason.BAD_TRANSPORT_HEADER, parse(with(tcp4(), 32, 0xf0)));
        assertEquals(
                DropReason.BAD_TRANSPORT_HEADER, parse(with(Arrays.copyOf(tcp4(), 39), 2, 0, 39)));
        assertEquals(DropReason.BAD_TRANSPORT_HEADER, parse(with(udp4(), 24, 0, 7)));
        assertEquals(DropReason.BAD_TRANSPORT_HEADER, parse(with(udp4(), 24, 0, 19)));
        assertEquals(
                DropReason.BAD_TRANSPORT_HEADER, parse(with(Arrays.copyOf(udp4(), 27), 2, 0, 27)));
        byte[] echo = OraclePackets.echo("192.168.1.20", "203.0.113.9", 7, TEN);
        assertEquals(
                DropReason.BAD_TRANSPORT_HEADER, parse(with(Arrays.copyOf(echo, 27), 2, 0, 27)));
    }

    @Test
    void udpWithRoomBehindItIsLetThrough() {
        assertNull(parse(with(udp4(), 24, 0, 10)));
    }

    @Test
    @Tag("N32")
    void fragmentsAreTold() {
        assertNull(
                parse(
                        with(Arrays.copyOf(udp4(), 36), 2, 0, 36, 0x12, 0x34, 0x20, 0),
                        p -> {},
                        packet -> {
                            assertTrue(packet.fragment);
                            assertEquals(0, packet.fragmentOffset);
                            assertEquals(0x1234, packet.fragmentId);
                            assertEquals(4000, packet.sourcePort);
                        }));
        assertNull(
                parse(
                        with(udp4(), 6, 0x00, 0x03),
                        p -> {},
                        packet -> {
                            assertTrue(packet.fragment);
                            assertEquals(24, packet.fragmentOffset);
                            assertEquals(0, packet.sourcePort);
                            assertEquals(0, packet.transportHeaderLength);
                        }));
    }

    @Test
    @Tag("N32")
    void senselessFragmentsAreRefused() {
        assertEquals(
                DropReason.FRAGMENT_MALFORMED,
                parse(with(udp4(), 6, 0x20, 0)),
                "more to come, and not a multiple of 8");
        assertEquals(
                DropReason.FRAGMENT_MALFORMED,
                parse(with(udp4(), 6, 0x1f, 0xff)),
                "reaches past 65,535");
        assertEquals(
                DropReason.FRAGMENT_MALFORMED,
                parse(with(Arrays.copyOf(udp4(), 20), 2, 0, 20, 0, 0, 0x00, 1)),
                "empty");
        assertEquals(
                DropReason.FRAGMENT_MALFORMED,
                parse(with(Arrays.copyOf(tcp4(), 36), 2, 0, 36, 0, 0, 0x20, 0)),
                "TCP header cut off");
        assertEquals(
                DropReason.FRAGMENT_MALFORMED, parse(with(tcp4(), 6, 0, 1)), "would change flags");
    }

    @Test
    void ipv6ExtensionHeadersAreWalked() {
        assertNull(
                parse(
                        extended(0, 60, 43, 60),
                        p -> {},
                        packet -> {
                            assertEquals(Protocol.UDP, packet.protocol);
                            assertEquals(40 + 4 * 8, packet.transportOffset);
                            assertEquals(443, packet.destinationPort);
                        }));
        assertEquals(DropReason.BAD_EXTENSION_HEADERS, parse(extended(60, 0)));
        assertEquals(
                DropReason.BAD_EXTENSION_HEADERS,
                parse(extended(60, 60, 60, 60, 60, 60, 60, 60, 60)));
        byte[] tooLong = extended(60);
        tooLong[41] = 9;
        assertEquals(DropReason.BAD_EXTENSION_HEADERS, parse(tooLong));
        assertNull(parse(extended(44)), "a fragment of its own is whole (RFC 6946)");
    }

    @Test
    @Tag("N32")
    void ipv6FragmentsAreTold() {
        byte[] first = Arrays.copyOf(extended(44), 40 + 8 + 16);
        first[5] = 24;
        first[43] = 1;
        first[47] = 9;
        assertNull(
                parse(
                        first,
                        p -> {},
                        packet -> {
                            assertTrue(packet.fragment);
                            assertEquals(9, packet.fragmentId);
                            assertEquals(16, packet.fragmentBytes);
                            assertEquals(443, packet.destinationPort);
                        }));
        byte[] nested = Arrays.copyOf(extended(44, 44), 40 + 16 + 16);
        nested[5] = 32;
        nested[43] = 1;
        nested[51] = 1;
        assertEquals(DropReason.BAD_EXTENSION_HEADERS, parse(nested));
        byte[] later = extended(44, 60);
        later[43] = 8;
        assertNull(
                parse(
                        later,
                        p -> {},
                        packet -> {
                            assertEquals(8, packet.fragmentOffset);
                            assertEquals(Protocol.DESTINATION_OPTIONS, packet.protocol);
                            assertEquals(48, packet.transportOffset);
                            assertEquals(0, packet.destinationPort);
                        }));
    }

    /** A UDP packet with 8-byte extension headers of these kinds, all zero inside. */
    private static byte[] extended(int... kinds) {
        byte[] plain = udp6();
        byte[] bytes = new byte[plain.length + 8 * kinds.length];
        System.arraycopy(plain, 0, bytes, 0, 40);
        System.arraycopy(plain, 40, bytes, 40 + 8 * kinds.length, plain.length - 40);
        bytes[5] += (byte) (8 * kinds.length);
        bytes[6] = (byte) kinds[0];
        for (int i = 0; i < kinds.length; i++) {
            bytes[40 + 8 * i] = (byte) (i + 1 < kinds.length ? kinds[i + 1] : Protocol.UDP);
        }
        return bytes;
    }

    private static void superFrame(Packet packet) {
        packet.gsoType = Packet.GSO_TCP4;
        packet.gsoSize = 4;
        packet.needsChecksum = true;
        packet.checksumStart = 20;
        packet.checksumOffset = 16;
    }

    @Test
    void superFramesMustHoldTogether() {
        Consumer<Packet> good = PacketParserTest::superFrame;
        assertNull(parse(tcp4(), good, packet -> assertEquals(3, packet.segments())));
        for (Consumer<Packet> spoil :
                java.util.List.<Consumer<Packet>>of(
                        packet -> packet.gsoSize = 0,
                        packet -> packet.gsoSize = -1,
                        packet -> packet.gsoType = Packet.GSO_TCP6,
                        packet -> packet.gsoType = Packet.GSO_UDP,
                        packet -> packet.gsoType = 3,
                        packet -> packet.gsoType = Packet.GSO_NONE,
                        packet -> packet.needsChecksum = false,
                        packet -> packet.checksumStart = 19,
                        packet -> packet.checksumOffset = 6)) {
            assertEquals(
                    DropReason.BAD_SUPER_FRAME, parse(tcp4(), good.andThen(spoil), packet -> {}));
        }
        byte[] longer = Arrays.copyOf(tcp4(), 60);
        assertEquals(DropReason.BAD_SUPER_FRAME, parse(longer, good, packet -> {}));
        byte[] empty = with(Arrays.copyOf(tcp4(), 40), 2, 0, 40);
        assertEquals(DropReason.BAD_SUPER_FRAME, parse(empty, good, packet -> {}));
    }

    @Test
    void superFrameOfTooManySegmentsIsRefused() {
        byte[] big =
                OraclePackets.tcp("192.168.1.20", "203.0.113.9", 1, 2, 3, false, new byte[1025]);
        assertEquals(
                DropReason.BAD_SUPER_FRAME,
                parse(
                        big,
                        packet -> {
                            superFrame(packet);
                            packet.gsoSize = 1;
                        },
                        packet -> {}));
    }

    @Test
    void partialChecksumOfASinglePacketMustLieWhereItBelongs() {
        Consumer<Packet> right =
                packet -> {
                    packet.needsChecksum = true;
                    packet.checksumStart = 20;
                    packet.checksumOffset = 6;
                };
        assertNull(parse(udp4(), right, packet -> {}));
        assertEquals(DropReason.BAD_RECEIVE_METADATA, parse(tcp4(), right, packet -> {}));
        assertEquals(
                DropReason.BAD_RECEIVE_METADATA,
                parse(udp4(), right.andThen(packet -> packet.checksumStart = 40), packet -> {}));
    }

    /** As Linux gives what goes through a VXLAN device to a TUN device. */
    @ParameterizedTest
    @ValueSource(strings = {"192.168.1.20", "fd00::5"})
    void thePartialChecksumOfAPacketWithinThePacketIsCompleted(String source) {
        String destination = source.contains(":") ? "2001:db8::1" : "203.0.113.9";
        for (byte[] inner : List.of(tcp4(), udp4(), udpWithSumOfZero())) {
            boolean tcp = inner[9] == Protocol.TCP;
            byte[] payload = new byte[22 + inner.length]; // VXLAN and Ethernet headers
            System.arraycopy(inner, 0, payload, 22, inner.length);
            byte[] outer = OraclePackets.udp(source, destination, 40_000, 4789, 1, payload);
            int start = outer.length - inner.length + 20;
            int offset = tcp ? Tcp.CHECKSUM : Udp.CHECKSUM;
            byte[] partial = outer.clone();
            try (NativeBytes memory = new NativeBytes(inner)) {
                int sum =
                        Checksum.pseudoHeader(
                                memory.address(),
                                4,
                                tcp ? Protocol.TCP : Protocol.UDP,
                                inner.length - 20);
                partial[start + offset] = (byte) (sum >>> 8);
                partial[start + offset + 1] = (byte) sum;
            }
            assertNull(
                    parse(
                            partial,
                            packet -> {
                                packet.needsChecksum = true;
                                packet.checksumStart = start;
                                packet.checksumOffset = offset;
                            },
                            packet -> {
                                assertFalse(packet.needsChecksum);
                                assertArrayEquals(
                                        outer, NativeBytes.bytes(packet.address, packet.length));
                            }));
        }
    }

    /** Whose checksum comes out as 0, and so stands there as 0xffff. */
    private static byte[] udpWithSumOfZero() {
        byte[] bytes = OraclePackets.udp("192.168.1.20", "203.0.113.9", 4000, 443, 1, new byte[2]);
        bytes[28] = bytes[26];
        bytes[29] = bytes[27];
        bytes[26] = (byte) 0xff;
        bytes[27] = (byte) 0xff;
        assertTrue(OraclePackets.checksumsAreRight(bytes));
        return bytes;
    }

    @Test
    void aPartialChecksumInItsOwnHeadersOrInAFragmentIsRefused() {
        for (int start : new int[] {0, 19, 21, 27}) {
            assertEquals(
                    DropReason.BAD_RECEIVE_METADATA,
                    parse(udp4(), packet -> partialAt(packet, start), packet -> {}));
        }
        byte[] first =
                with(
                        OraclePackets.udp("192.168.1.20", "203.0.113.9", 1, 2, 1, new byte[40]),
                        6,
                        0x20,
                        0);
        for (int start : new int[] {20, 40}) {
            assertEquals(
                    DropReason.BAD_RECEIVE_METADATA,
                    parse(first, packet -> partialAt(packet, start), packet -> {}));
        }
    }

    private static void partialAt(Packet packet, int start) {
        packet.needsChecksum = true;
        packet.checksumStart = start;
        packet.checksumOffset = Udp.CHECKSUM;
    }

    /** Reads outside are found by {@code Memory}'s assertions. */
    @Test
    void randomBytesOfEveryLengthNeverThrow() {
        Random random = new Random(4);
        for (int length = 0; length <= 128; length++) {
            for (int round = 0; round < 60; round++) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                if (length > 0 && round % 4 != 0) {
                    bytes[0] = (byte) (round % 2 == 0 ? 0x45 + random.nextInt(3) : 0x60);
                }
                if (length > 7 && round % 3 == 0) {
                    bytes[6] = (byte) new int[] {0, 43, 44, 60, 6, 17}[random.nextInt(6)];
                }
                fuzz(bytes, random);
            }
        }
    }

    @Test
    void mutatedPacketsNeverThrow() {
        Random random = new Random(5);
        byte[][] seeds = {
            tcp4(),
            udp4(),
            udp6(),
            extended(0, 60, 43, 44),
            OraclePackets.echo("fd00::5", "2001:db8::1", 9, TEN),
            OraclePackets.syn("192.168.1.20", "203.0.113.9", 1460, true)
        };
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = seeds[round % seeds.length].clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (random.nextBoolean()) {
                bytes = Arrays.copyOf(bytes, random.nextInt(129));
            }
            fuzz(with(pad(bytes), 0), random, bytes.length);
        }
    }

    private static byte[] pad(byte[] bytes) {
        return bytes.length < 60 ? Arrays.copyOf(bytes, 60) : bytes;
    }

    private static void fuzz(byte[] bytes, Random random) {
        fuzz(bytes, random, bytes.length);
    }

    private static void fuzz(byte[] bytes, Random random, int length) {
        byte[] cut = Arrays.copyOf(bytes, length);
        boolean offload = random.nextInt(3) == 0;
        DropReason reason =
                parse(
                        cut,
                        packet -> {
                            if (offload) {
                                packet.gsoType = random.nextInt(7);
                                packet.gsoSize = random.nextInt(20);
                                packet.needsChecksum = random.nextBoolean();
                                packet.checksumStart = random.nextBoolean() ? 20 : 40;
                                packet.checksumOffset = random.nextBoolean() ? 6 : 16;
                            }
                        },
                        packet -> {
                            if (packet.parsed) {
                                assertTrue(
                                        packet.transportOffset + packet.transportHeaderLength
                                                <= packet.length);
                                assertTrue(packet.length <= length);
                                useAccessors(packet);
                            }
                        });
        assertTrue(reason != null || length >= 20);
    }

    /** After a good parse no accessor may read outside. */
    private static void useAccessors(Packet packet) {
        long transport = packet.address + packet.transportOffset;
        if (packet.ipVersion == 4) {
            Ipv4.hasSourceRoute(packet.address);
        }
        if (packet.protocol == Protocol.TCP && packet.transportHeaderLength > 0) {
            Tcp.clampMssUpdatingChecksum(transport, 100, packet.needsChecksum);
        }
        if (packet.protocol == Protocol.UDP && packet.transportHeaderLength > 0) {
            Udp.updateChecksumForPseudoHeader(transport, 1, packet.needsChecksum);
        }
    }
}
