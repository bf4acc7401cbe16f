package io.jnat.core.offload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.NativeBytes;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Tcp;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CoalescerTest {
    private static final Burst BURST = new Burst();
    private static final byte[] OUT = new byte[65536];

    private final Coalescer coalescer = new Coalescer();
    private long room;

    @AfterAll
    static void freeBurst() {
        BURST.release();
    }

    @BeforeEach
    void emptyBurst() {
        BURST.reset(0);
        BURST.sealed = true;
        room = BURST.in.address();
    }

    private Packet add(byte[] bytes) {
        room += Packet.HEADROOM_BYTES;
        Memory.copy(bytes, 0, room, bytes.length);
        Packet packet = BURST.append(room, bytes.length);
        packet.inPeer = 0;
        packet.inLink = 1;
        room = (room + bytes.length + 7) & -8;
        return packet;
    }

    private static byte[] tcp(int flow, int seq, boolean push, int length) {
        return OraclePackets.tcp(
                "10.0.0." + (1 + flow % 4),
                "203.0.113.9",
                4000 + flow,
                443,
                seq,
                push,
                data(seq, length));
    }

    private static byte[] tcp6(int flow, int seq, boolean push, int length) {
        return OraclePackets.tcp(
                "fd00::" + (1 + flow % 4),
                "2001:db8::9",
                4000 + flow,
                443,
                seq,
                push,
                data(seq, length));
    }

    private static byte[] udp(int flow, int id, int length) {
        return OraclePackets.udp(
                "10.0.0." + (1 + flow % 4), "203.0.113.9", 4000 + flow, 5060, id, data(id, length));
    }

    private static byte[] udp6(int flow, int id, int length) {
        return OraclePackets.udp(
                "fd00::" + (1 + flow % 4), "2001:db8::9", 4000 + flow, 5060, 0, data(id, length));
    }

    private static byte[] data(int seed, int length) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    /** All packets that go on, cut again, in order. */
    private static List<byte[]> cut() {
        List<byte[]> packets = new ArrayList<>();
        try (NativeBytes out = new NativeBytes(OUT)) {
            for (int at = 0; at < BURST.count; at++) {
                Packet packet = BURST.packets[at];
                if (packet.verdict != Packet.FORWARD || PacketParser.parse(packet) != null) {
                    continue;
                }
                for (int i = 0; i < Segmenter.segmentCount(packet); i++) {
                    int length = Segmenter.writeSegment(packet, i, out.address());
                    packets.add(NativeBytes.bytes(out.address(), length));
                }
            }
        }
        return packets;
    }

    /** With DF set the identification means nothing, and is counted up by the cut. */
    private static byte[] normal(byte[] bytes) {
        byte[] copy = bytes.clone();
        if (copy[0] >>> 4 == 4 && (copy[6] & 0x40) != 0) {
            Arrays.fill(copy, 4, 6, (byte) 0);
            Arrays.fill(copy, 10, 12, (byte) 0);
        }
        return copy;
    }

    private static String flow(byte[] bytes) {
        int header = bytes[0] >>> 4 == 4 ? 20 : 40;
        return Arrays.toString(Arrays.copyOfRange(bytes, header == 20 ? 12 : 8, header))
                + (header == 20 ? bytes[9] : bytes[6])
                + Arrays.toString(Arrays.copyOfRange(bytes, header, header + 4));
    }

    private static Map<String, List<byte[]>> byFlow(List<byte[]> packets) {
        Map<String, List<byte[]>> flows = new HashMap<>();
        for (byte[] packet : packets) {
            flows.computeIfAbsent(flow(packet), key -> new ArrayList<>()).add(normal(packet));
        }
        return flows;
    }

    private static void assertSameFlows(List<byte[]> expected, List<byte[]> actual) {
        Map<String, List<byte[]>> want = byFlow(expected);
        Map<String, List<byte[]>> got = byFlow(actual);
        assertEquals(want.keySet(), got.keySet());
        want.forEach((flow, packets) -> {
            assertEquals(packets.size(), got.get(flow).size());
            for (int at = 0; at < packets.size(); at++) {
                assertArrayEquals(packets.get(at), got.get(flow).get(at), flow + " " + at);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void neighboursBecomeOneSuperFrameThatIsRight(boolean v6, boolean udp) {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int length = i == 4 ? 333 : 1000;
            packets.add(
                    udp
                            ? v6 ? udp6(1, i, length) : udp(1, i, length)
                            : v6
                                    ? tcp6(1, 1000 * i, i == 4, length)
                                    : tcp(1, 1000 * i, i == 4, length));
        }
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(1, BURST.count);
        Packet frame = BURST.packets[0];
        assertEquals(1000, frame.gsoSize);
        assertEquals(5, frame.segments());
        assertTrue(frame.needsChecksum);
        assertFalse(frame.checksumValid, "it is partial now");
        frame.parsed = false;
        assertNull(PacketParser.parse(frame), "holds together for the parser");
        List<byte[]> cut = cut();
        assertSameFlows(packets, cut);
        for (byte[] packet : cut) {
            assertTrue(OraclePackets.checksumsAreRight(packet));
        }
        Segmenter.finishChecksum(frame);
        assertTrue(frame.needsChecksum, "a super-frame stays partial");
    }

    /** What spoils the second of three segments so that it joins nothing. */
    @ParameterizedTest
    @CsvSource({
        "1, 0x03, true", // ECN
        "1, 0xb8, true", // DSCP
        "8, 0x3f, true", // TTL
        "6, 0x00, true", // DF
        "27, 0x63, true", // sequence: a gap
        "31, 0x4e, true", // acknowledgment
        "35, 0xf6, true", // window
        "33, 0x12, true", // SYN
        "33, 0x14, true", // RST
        "33, 0x30, true", // URG
        "33, 0x50, true", // ECE
        "33, 0x90, true", // CWR
        "32, 0x51, true", // reserved bit
        "60, 0x55, false", // checksum is wrong
    })
    void whatDiffersDoesNotJoinAndKeepsTheOrder(int at, String value, boolean repair) {
        byte[] odd = tcp(1, 100, false, 100);
        odd[at] = (byte) (int) Integer.decode(value);
        if (repair) {
            odd = repaired(odd);
        }
        List<byte[]> packets =
                List.of(
                        tcp(1, 0, false, 100),
                        odd,
                        tcp(1, 200, false, 100),
                        tcp(1, 300, false, 100));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
        assertEquals(0, BURST.packets[1].gsoSize);
        assertEquals(100, BURST.packets[2].gsoSize);
        assertSameFlows(packets, cut());
    }

    private static byte[] repaired(byte[] bytes) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            if (bytes[0] >>> 4 == 4) {
                Ipv4.writeChecksum(memory.address());
            }
            Packet packet = memory.packet();
            assertNull(PacketParser.parse(packet));
            long tcp = packet.address + packet.transportOffset;
            int length = packet.length - packet.transportOffset;
            Tcp.setChecksum(
                    tcp, Checksum.pseudoHeader(packet.address, packet.ipVersion, 6, length));
            Tcp.setChecksum(tcp, Checksum.of(tcp, length));
            return memory.bytes();
        }
    }

    /** What spoils the second of three IPv6 segments; checksums stay right or are not covered. */
    @ParameterizedTest
    @CsvSource({"0, 0x6b", "1, 0x11", "3, 0x46", "7, 0x3f", "23, 0x01", "39, 0x0a", "15, 0x01"})
    void ipv6HeadersThatDifferDoNotJoin(int at, String value) {
        byte[] odd = tcp6(1, 100, false, 100);
        odd[at] = (byte) (int) Integer.decode(value);
        odd = repaired(odd);
        List<byte[]> packets = List.of(tcp6(1, 0, false, 100), odd, tcp6(1, 200, false, 100));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
        assertSameFlows(packets, cut());
    }

    @Test
    void tcpOptionsMustBeTheSame() {
        add(withTimestamp(tcp(1, 0, false, 100), 7));
        add(withTimestamp(tcp(1, 100, false, 100), 7));
        add(withTimestamp(tcp(1, 200, false, 100), 8));
        add(withTimestamp(tcp(1, 300, false, 100), 8));
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
        assertEquals(32, BURST.packets[0].transportHeaderLength);
        assertEquals(2, BURST.packets[1].segments());
    }

    /** Puts NOP, NOP and a timestamp option (RFC 7323 section 3.2) into a TCP segment. */
    private static byte[] withTimestamp(byte[] bytes, int value) {
        byte[] wider = new byte[bytes.length + 12];
        System.arraycopy(bytes, 0, wider, 0, 40);
        System.arraycopy(bytes, 40, wider, 52, bytes.length - 40);
        wider[3] = (byte) (wider[3] + 12);
        wider[32] = (byte) 0x80;
        wider[40] = 1;
        wider[41] = 1;
        wider[42] = 8;
        wider[43] = 10;
        wider[47] = (byte) value;
        return repaired(wider);
    }

    @Test
    void acknowledgmentBetweenEndsTheRun() {
        List<byte[]> packets =
                List.of(tcp(1, 0, false, 100), tcp(1, 100, false, 0), tcp(1, 100, false, 100));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
        assertSameFlows(packets, cut());
    }

    @Test
    void fragmentBetweenEndsTheRun() {
        byte[] fragment = udp(1, 5, 100);
        fragment[6] = 0;
        fragment[7] = 50;
        add(udp(1, 0, 100));
        add(repairedIp(fragment));
        add(udp(1, 1, 100));
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
    }

    @Test
    void datagramWithRoomBehindItDoesNotJoin() {
        byte[] wide = udp(1, 1, 100);
        wide[25] = (byte) (wide[25] - 4);
        // right for whoever takes the length from the IP header, so that only the rule is left
        int checksum = (wide[26] & 0xff) << 8 | wide[27] & 0xff;
        checksum += 4;
        wide[26] = (byte) (checksum >>> 8);
        wide[27] = (byte) checksum;
        add(udp(1, 0, 100));
        add(wide);
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
    }

    private static byte[] repairedIp(byte[] bytes) {
        try (NativeBytes memory = new NativeBytes(bytes)) {
            Ipv4.writeChecksum(memory.address());
            return memory.bytes();
        }
    }

    @Test
    void pushEndsTheRunAndIsKept() {
        List<byte[]> packets =
                List.of(
                        tcp(1, 0, false, 100),
                        tcp(1, 100, true, 100),
                        tcp(1, 200, false, 100),
                        tcp(1, 300, true, 40));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
        assertSameFlows(packets, cut());
    }

    @Test
    void shorterOneEndsTheRunAndLongerOneDoesNotJoin() {
        List<byte[]> packets =
                List.of(udp(1, 0, 100), udp(1, 1, 60), udp(1, 2, 60), udp(1, 3, 100));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
        assertSameFlows(packets, cut());
    }

    @Test
    void identificationThatJumpsDoesNotJoinWithoutDf() {
        List<byte[]> packets = List.of(udp(1, 7, 100), udp(1, 9, 100), udp(1, 10, 100));
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
        assertSameFlows(packets, cut());
    }

    @Test
    void udpWithoutChecksumDoesNotJoin() {
        byte[] without = udp(1, 0, 100);
        without[26] = 0;
        without[27] = 0;
        List<byte[]> packets = List.of(without, udp(1, 1, 100), without);
        packets.forEach(this::add);
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
    }

    @Test
    void pureAcknowledgmentsAndOtherProtocolsStayAlone() {
        add(tcp(1, 0, false, 0));
        add(tcp(1, 0, false, 0));
        add(OraclePackets.echo("10.0.0.1", "10.0.0.2", 1, new byte[40]));
        add(OraclePackets.echo("10.0.0.1", "10.0.0.2", 1, new byte[40]));
        coalescer.coalesce(BURST);
        assertEquals(4, BURST.count);
    }

    @Test
    void peersAreNotMixed() {
        add(udp(1, 0, 100));
        add(udp(1, 1, 100)).inPeer = 1;
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
    }

    @Test
    void droppedPacketsTakeNoPartAndStayCounted() {
        add(tcp(1, 0, false, 100));
        add(tcp(1, 100, false, 100)).drop(DropReason.TUNNEL_REPLAY);
        add(tcp(1, 100, false, 100));
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
        assertEquals(200, BURST.packets[0].length - 40);
        assertEquals(Packet.DROP, BURST.packets[1].verdict);
    }

    @Test
    void superFramesEndAt64SegmentsAnd65535Bytes() {
        for (int i = 0; i < 130; i++) {
            add(udp(1, i, 10));
        }
        coalescer.coalesce(BURST);
        assertEquals(3, BURST.count);
        assertEquals(64, BURST.packets[0].segments());
        assertEquals(2, BURST.packets[2].segments());
        emptyBurst();
        for (int i = 0; i < 60; i++) {
            add(tcp(1, 1400 * i, false, 1400));
        }
        coalescer.coalesce(BURST);
        assertEquals(2, BURST.count);
        assertEquals(46, BURST.packets[0].segments());
        assertTrue(BURST.packets[0].length <= 65_535);
    }

    @Test
    void withoutRoomThePacketsGoOnOneByOne() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            packets.add(tcp(1, 1400 * i, false, 1400));
        }
        packets.forEach(this::add);
        while (BURST.make(20_000) != 0) {
            assertTrue(true);
        }
        coalescer.coalesce(BURST);
        assertEquals(20, BURST.count);
        assertSameFlows(packets, cut());
    }

    /** Flows of all kinds interleaved, with losses, ends and odd packets between. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void cuttingWhatWasCoalescedGivesTheSamePacketsInTheSameOrder(int seed) {
        Random random = new Random(seed);
        int frames = 0;
        for (int round = 0; round < 6; round++) {
            emptyBurst();
            int flows = round % 2 == 0 ? 64 : 1 + random.nextInt(8);
            int[] seq = new int[flows];
            int[] id = new int[flows];
            List<byte[]> packets = new ArrayList<>();
            while (packets.size() < Burst.MAX_RECEIVED_PACKETS) {
                int flow = random.nextInt(flows);
                for (int run = random.nextInt(8); run >= 0; run--) {
                    packets.add(someOf(random, flow, seq, id));
                }
            }
            packets = packets.subList(0, Burst.MAX_RECEIVED_PACKETS);
            packets.forEach(this::add);
            coalescer.coalesce(BURST);
            for (int at = 0; at < BURST.count; at++) {
                frames += BURST.packets[at].gsoSize > 0 ? 1 : 0;
            }
            assertSameFlows(packets, cut());
        }
        assertTrue(frames > 100, "super-frames: " + frames);
    }

    private static byte[] someOf(Random random, int flow, int[] seq, int[] id) {
        int length = random.nextInt(5) == 0 ? 1 + random.nextInt(700) : 700;
        if (random.nextInt(12) == 0) {
            seq[flow] += 50; // a loss
            id[flow]++;
        }
        int at = seq[flow];
        seq[flow] += length;
        byte[] packet =
                switch (flow % 4) {
                    case 0 -> tcp(flow, at, random.nextInt(6) == 0, length);
                    case 1 -> tcp6(flow, at, random.nextInt(6) == 0, length);
                    case 2 -> udp(flow, id[flow]++ & 0xffff, length);
                    default -> udp6(flow, id[flow]++, length);
                };
        if (random.nextInt(15) == 0) {
            packet[packet.length - 1] ^= 1; // broken on the way
        }
        if (random.nextInt(15) == 0 && packet[0] == 0x45) {
            packet[1] = 3; // congestion experienced
            return repairedIp(packet);
        }
        return packet;
    }

    @Test
    void randomBytesNeverThrow() {
        Random random = new Random(12);
        for (int round = 0; round < 300; round++) {
            emptyBurst();
            for (int i = 0; i < 50; i++) {
                byte[] bytes = random.nextBoolean() ? tcp(1, 100 * i, false, 60) : udp6(2, i, 60);
                for (int change = random.nextInt(3); change > 0; change--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                add(random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(129)) : bytes);
            }
            int before = BURST.count;
            coalescer.coalesce(BURST);
            assertTrue(BURST.count <= before);
            assertFalse(cut().isEmpty());
        }
    }

    @Test
    void parsingCoalescingAndCuttingAllocateNothing() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            packets.add(tcp(i % 3, 1000 * (i / 3), false, 1000));
            packets.add(udp6(i % 2 + 5, i, 172));
        }
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (NativeBytes out = new NativeBytes(OUT)) {
            long allocated = -1;
            for (int round = 0; round < 200; round++) {
                emptyBurst();
                packets.forEach(this::add);
                long before = threads.getCurrentThreadAllocatedBytes();
                coalescer.coalesce(BURST);
                for (int at = 0; at < BURST.count; at++) {
                    Packet packet = BURST.packets[at];
                    packet.parsed = false;
                    PacketParser.parse(packet);
                    for (int i = 0; i < Segmenter.segmentCount(packet); i++) {
                        Segmenter.writeSegment(packet, i, out.address());
                    }
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(5, BURST.count);
            assertEquals(0, allocated);
        }
    }
}
