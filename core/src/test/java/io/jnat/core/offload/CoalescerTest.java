package io.jnat.core.offload;

import static io.jnat.core.offload.TestBurst.assertSameFlows;
import static io.jnat.core.offload.TestBurst.repaired;
import static io.jnat.core.offload.TestBurst.repairedIp;
import static io.jnat.core.offload.TestBurst.tcp;
import static io.jnat.core.offload.TestBurst.tcp6;
import static io.jnat.core.offload.TestBurst.udp;
import static io.jnat.core.offload.TestBurst.udp6;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.OraclePackets;
import io.jnat.core.wire.PacketParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CoalescerTest {
    private final TestBurst burst = new TestBurst();

    @AfterEach
    void freeBurst() {
        burst.close();
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
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(1, burst.count());
        Packet frame = burst.packet(0);
        assertEquals(1000, frame.gsoSize);
        assertEquals(5, frame.segments());
        assertTrue(frame.needsChecksum);
        assertFalse(frame.checksumValid, "it is partial now");
        frame.parsed = false;
        assertNull(PacketParser.parse(frame), "holds together for the parser");
        List<byte[]> cut = burst.cut();
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
        "39, 0x01, true", // urgent pointer
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
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(3, burst.count());
        assertEquals(0, burst.packet(1).gsoSize);
        assertEquals(100, burst.packet(2).gsoSize);
        assertSameFlows(packets, burst.cut());
    }

    /** What spoils the second of three IPv6 segments; checksums stay right or are not covered. */
    @ParameterizedTest
    @CsvSource({"0, 0x6b", "1, 0x11", "3, 0x46", "7, 0x3f", "23, 0x01", "39, 0x0a", "15, 0x01"})
    void ipv6HeadersThatDifferDoNotJoin(int at, String value) {
        byte[] odd = tcp6(1, 100, false, 100);
        odd[at] = (byte) (int) Integer.decode(value);
        odd = repaired(odd);
        List<byte[]> packets = List.of(tcp6(1, 0, false, 100), odd, tcp6(1, 200, false, 100));
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(3, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    @Test
    void superFrameOfADeviceIsLeftAsItIs() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            packets.add(tcp(1, 1000 * i, false, 1000));
            burst.add(packets.get(i));
            if (i == 1) {
                burst.coalesce();
            }
        }
        burst.coalesce();
        assertEquals(2, burst.count());
        assertEquals(2, burst.packet(0).segments());
        assertEquals(2, burst.packet(1).segments());
        assertSameFlows(packets, burst.cut());
    }

    /** With so many ports that some of both protocols meet in a bucket. */
    @Test
    void protocolsWithTheSameAddressesAndPortsAreNotMixed() {
        byte[] payload = new byte[100];
        for (int port = 1; port <= 500; port++) {
            burst.empty();
            burst.add(OraclePackets.tcp("fd00::1", "2001:db8::9", port, 443, 0, false, payload));
            burst.add(OraclePackets.udp("fd00::1", "2001:db8::9", port, 443, 0, payload));
            burst.coalesce();
            assertEquals(2, burst.count());
        }
    }

    @Test
    void tcpOptionsMustBeTheSame() {
        burst.add(withTimestamp(tcp(1, 0, false, 100), 7));
        burst.add(withTimestamp(tcp(1, 100, false, 100), 7));
        burst.add(withTimestamp(tcp(1, 200, false, 100), 8));
        burst.add(withTimestamp(tcp(1, 300, false, 100), 8));
        burst.coalesce();
        assertEquals(2, burst.count());
        assertEquals(32, burst.packet(0).transportHeaderLength);
        assertEquals(2, burst.packet(1).segments());
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
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(3, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    @Test
    void fragmentBetweenEndsTheRun() {
        byte[] fragment = udp(1, 5, 100);
        fragment[6] = 0;
        fragment[7] = 50;
        burst.add(udp(1, 0, 100));
        burst.add(repairedIp(fragment));
        burst.add(udp(1, 1, 100));
        burst.coalesce();
        assertEquals(3, burst.count());
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
        burst.add(udp(1, 0, 100));
        burst.add(wide);
        burst.coalesce();
        assertEquals(2, burst.count());
    }

    @Test
    void pushEndsTheRunAndIsKept() {
        List<byte[]> packets =
                List.of(
                        tcp(1, 0, false, 100),
                        tcp(1, 100, true, 100),
                        tcp(1, 200, false, 100),
                        tcp(1, 300, true, 40));
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(2, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    @Test
    void shorterOneEndsTheRunAndLongerOneDoesNotJoin() {
        List<byte[]> packets =
                List.of(udp(1, 0, 100), udp(1, 1, 60), udp(1, 2, 60), udp(1, 3, 100));
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(3, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    @Test
    void identificationThatJumpsDoesNotJoinWithoutDf() {
        List<byte[]> packets = List.of(udp(1, 7, 100), udp(1, 9, 100), udp(1, 10, 100));
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(2, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    @Test
    void udpWithoutChecksumDoesNotJoin() {
        byte[] without = udp(1, 0, 100);
        without[26] = 0;
        without[27] = 0;
        List<byte[]> packets = List.of(without, udp(1, 1, 100), without);
        packets.forEach(burst::add);
        burst.coalesce();
        assertEquals(3, burst.count());
    }

    @Test
    void pureAcknowledgmentsAndOtherProtocolsStayAlone() {
        burst.add(tcp(1, 0, false, 0));
        burst.add(tcp(1, 0, false, 0));
        burst.add(OraclePackets.echo("10.0.0.1", "10.0.0.2", 1, new byte[40]));
        burst.add(OraclePackets.echo("10.0.0.1", "10.0.0.2", 1, new byte[40]));
        burst.coalesce();
        assertEquals(4, burst.count());
    }

    @Test
    void peersAreNotMixed() {
        burst.add(udp(1, 0, 100));
        burst.add(udp(1, 1, 100)).inPeer = 1;
        burst.coalesce();
        assertEquals(2, burst.count());
    }

    @Test
    void partialChecksumsJoinWithoutBeingVerified() {
        List<byte[]> packets = List.of(udp(1, 0, 100), udp(1, 1, 100), udp(1, 2, 100));
        for (byte[] packet : packets) {
            byte[] partial = packet.clone();
            partial[26] ^= 1; // the sum of the pseudo-header alone would differ, too
            leavesPartial(burst.add(partial));
        }
        burst.coalesce();
        assertEquals(1, burst.count());
        assertSameFlows(packets, burst.cut());
    }

    private static void leavesPartial(Packet packet) {
        packet.needsChecksum = true;
        packet.checksumStart = 20;
        packet.checksumOffset = 6;
    }

    /** A device's header may say that another place is to be summed: then nobody else's is. */
    @ParameterizedTest
    @CsvSource({"24, 6", "20, 4"})
    void partialChecksumsElsewhereDoNotJoin(int start, int offset) {
        for (int i = 0; i < 3; i++) {
            leavesPartial(burst.add(udp(1, i, 100)));
        }
        burst.packet(1).checksumStart = start;
        burst.packet(1).checksumOffset = offset;
        burst.coalesce();
        assertEquals(3, burst.count());
    }

    @Test
    void whatLeavesByTheTunnelOrByOtherLinksStaysApart() {
        for (int link : new int[] {0, 1, TestBurst.TUNNEL, TestBurst.TUNNEL, 0, 0}) {
            burst.add(udp(1, burst.count(), 100)).outLink = link;
        }
        burst.coalesce();
        assertEquals(5, burst.count());
        assertEquals(2, burst.packet(4).segments());
    }

    @Test
    void droppedPacketsTakeNoPartAndStayCounted() {
        burst.add(tcp(1, 0, false, 100));
        burst.add(tcp(1, 100, false, 100)).drop(DropReason.TUNNEL_REPLAY);
        burst.add(tcp(1, 100, false, 100));
        burst.coalesce();
        assertEquals(2, burst.count());
        assertEquals(200, burst.packet(0).length - 40);
        assertEquals(Packet.DROP, burst.packet(1).verdict);
    }

    @Test
    void superFramesEndAt64SegmentsAnd65535Bytes() {
        for (int i = 0; i < 130; i++) {
            burst.add(udp(1, i, 10));
        }
        burst.coalesce();
        assertEquals(3, burst.count());
        assertEquals(64, burst.packet(0).segments());
        assertEquals(2, burst.packet(2).segments());
        burst.empty();
        for (int i = 0; i < 60; i++) {
            burst.add(tcp(1, 1400 * i, false, 1400));
        }
        burst.coalesce();
        assertEquals(2, burst.count());
        assertEquals(46, burst.packet(0).segments());
        assertTrue(burst.packet(0).length <= 65_535);
    }

    @Test
    void withoutRoomThePacketsGoOnOneByOne() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            packets.add(tcp(1, 1400 * i, false, 1400));
        }
        packets.forEach(burst::add);
        while (burst.make(20_000) != 0) {
            assertTrue(true);
        }
        burst.coalesce();
        assertEquals(20, burst.count());
        assertSameFlows(packets, burst.cut());
    }
}
