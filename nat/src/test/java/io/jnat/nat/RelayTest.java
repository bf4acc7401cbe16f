package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.RST;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.NatConfig.Forward;
import io.jnat.nat.NatConfig.Others;
import io.jnat.nat.NatConfig.Site;
import io.jnat.nat.TranslatorBench.Sent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.namednumber.IcmpV4Type;

/** A relay with two sites: packet tables in and out, built and read by pcap4j. */
final class RelayTest {
    private static final String CLIENT = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final int SITE = 0;
    private static final int OTHER_SITE = 1;

    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench();
        bench.apply(config());
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private NatConfig config() {
        return NatConfig.of(
                        bench.relayLinks(), Wire.ip("10.99.0.1"), Ipv4Prefix.parse("10.99.0.0/24"))
                .withRules(
                        List.of(
                                new Site(
                                        SITE,
                                        "wa7vc",
                                        List.of(
                                                Ipv4Prefix.parse("192.168.20.0/24"),
                                                Ipv4Prefix.parse("10.99.0.2"))),
                                new Site(
                                        OTHER_SITE,
                                        "club",
                                        List.of(
                                                Ipv4Prefix.parse("192.168.20.0/24"),
                                                Ipv4Prefix.parse("10.99.0.3")))),
                        List.of(
                                forward("dmr", Protocol.UDP, 55193, 55193, SITE, RADIO, 55193),
                                forward("ssh", Protocol.TCP, 2222, 2222, SITE, RADIO, 22),
                                forward("rtp", Protocol.UDP, 50000, 50100, SITE, RADIO, 40000),
                                forward("club", Protocol.UDP, 6000, 6000, OTHER_SITE, RADIO, 6000)),
                        List.of(),
                        List.of(),
                        Others.KERNEL);
    }

    private static Forward forward(
            String name, int protocol, int first, int last, int peer, String device, int toFirst) {
        return new Forward(
                name,
                new PortRange(protocol, first, last),
                0,
                List.of(),
                peer,
                Wire.ip(device),
                toFirst,
                false);
    }

    private void assertUdp(
            Sent sent, String from, int fromPort, String to, int toPort, int link, int peer) {
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(sent.bytes());
        UdpPacket udp = ip.get(UdpPacket.class);
        assertEquals(from, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(to, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(fromPort, udp.getHeader().getSrcPort().valueAsInt());
        assertEquals(toPort, udp.getHeader().getDstPort().valueAsInt());
        assertEquals(link, sent.link());
        assertEquals(peer, sent.peer());
        assertEquals((byte) 0xb8, ip.getHeader().getTos().value());
    }

    private void assertTcp(
            Sent sent, String from, int fromPort, String to, int toPort, int link, int peer) {
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(sent.bytes());
        TcpPacket tcp = ip.get(TcpPacket.class);
        assertEquals(from, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(to, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(fromPort, tcp.getHeader().getSrcPort().valueAsInt());
        assertEquals(toPort, tcp.getHeader().getDstPort().valueAsInt());
        assertEquals(link, sent.link());
        assertEquals(peer, sent.peer());
    }

    @Test
    @Tag("N47")
    void forwardKeepsRealSourceAndAnswersLeaveFromPublicPort() {
        Sent in = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        assertUdp(in, CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE);
        assertUdp(out, PUBLIC, 55193, CLIENT, 4000, WAN, -1);
        assertEquals("two-way", bench.flows().get(0).state());
        assertEquals("forward dmr", bench.flows().get(0).rule());
    }

    @Test
    void rangeForwardsKeepTheOffset() {
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50042, 100)),
                CLIENT,
                4000,
                RADIO,
                40042,
                TUNNEL,
                SITE);
        assertUdp(
                bench.fromTunnel(Wire.udp(RADIO, 40042, CLIENT, 4000, 100), SITE),
                PUBLIC,
                50042,
                CLIENT,
                4000,
                WAN,
                -1);
    }

    @Test
    void tcpForwardTranslatesThePortBothWays() {
        assertTcp(
                bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, SYN)),
                CLIENT,
                4000,
                RADIO,
                22,
                TUNNEL,
                SITE);
        assertTcp(
                bench.fromTunnel(Wire.tcp(RADIO, 22, CLIENT, 4000, SYN | ACK), SITE),
                PUBLIC,
                2222,
                CLIENT,
                4000,
                WAN,
                -1);
        assertEquals("established", bench.flows().get(0).state());
    }

    @Test
    @Tag("N40")
    void unsolicitedPacketsAreDroppedInSilence() {
        assertNull(bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 1234, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 55193, SYN)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertTrue(bench.emitted.isEmpty());
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N3")
    void sourcePortIsKeptWhenFree() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), SITE);
        assertUdp(out, PUBLIC, 5353, CLIENT, 53, WAN, -1);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, 5353, 100)),
                CLIENT,
                53,
                RADIO,
                5353,
                TUNNEL,
                SITE);
    }

    @Test
    @Tag("N3")
    @Tag("N49")
    void twoSitesWithTheSameAddressGetDifferentPorts() {
        Sent one = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), SITE);
        Sent two = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), OTHER_SITE);
        int portOne = Wire.get16(one.bytes(), 20);
        int portTwo = Wire.get16(two.bytes(), 20);
        assertEquals(5353, portOne);
        assertNotEquals(portOne, portTwo);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, portTwo, 100)),
                CLIENT,
                53,
                RADIO,
                5353,
                TUNNEL,
                OTHER_SITE);
    }

    @Test
    @Tag("N1")
    void mappingIsEndpointIndependent() {
        int first =
                Wire.get16(bench.fromTunnel(Wire.udp(RADIO, 70, CLIENT, 53, 9), SITE).bytes(), 20);
        int second =
                Wire.get16(
                        bench.fromTunnel(Wire.udp(RADIO, 70, "203.0.113.99", 54, 9), SITE).bytes(),
                        20);
        assertEquals(first, second);
        assertEquals(1, bench.report().mappings());
    }

    @Test
    @Tag("N2")
    void filteringDependsOnTheAddress() {
        bench.fromTunnel(Wire.udp(RADIO, 4993, CLIENT, 4993, 100), SITE);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 9999, PUBLIC, 4993, 100)),
                CLIENT,
                9999,
                RADIO,
                4993,
                TUNNEL,
                SITE);
        assertNull(bench.fromWan(Wire.udp("203.0.113.8", 4993, PUBLIC, 4993, 100)));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N4")
    void forwardedEndpointSendsFromItsPublicPort() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 40007, CLIENT, 62031, 100), SITE);
        assertUdp(out, PUBLIC, 50007, CLIENT, 62031, WAN, -1);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 62031, PUBLIC, 50007, 100)),
                CLIENT,
                62031,
                RADIO,
                40007,
                TUNNEL,
                SITE);
    }

    @Test
    @Tag("N5")
    void dynamicMappingNeverTakesAForwardsPort() {
        Sent out = bench.fromTunnel(Wire.udp("192.168.20.77", 55193, CLIENT, 53, 100), SITE);
        assertNotEquals(55193, Wire.get16(out.bytes(), 20));
    }

    @Test
    @Tag("N7")
    void hairpinShowsTheExternalSource() {
        Sent there = bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 55193, 100), SITE);
        assertUdp(there, PUBLIC, 7000, RADIO, 55193, TUNNEL, SITE);
        Sent back = bench.fromTunnel(Wire.udp(RADIO, 55193, PUBLIC, 7000, 100), SITE);
        assertUdp(back, PUBLIC, 55193, "192.168.20.50", 7000, TUNNEL, SITE);
    }

    @Test
    @Tag("N7")
    void hairpinBetweenTwoDynamicMappingsThatKnowEachOther() {
        bench.fromTunnel(Wire.udp("192.168.20.50", 7000, CLIENT, 9, 100), SITE);
        bench.fromTunnel(Wire.udp("192.168.20.51", 7001, CLIENT, 9, 100), OTHER_SITE);
        assertNull(bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 7001, 9), SITE));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N7")
    @Tag("N30")
    void errorsOfHairpinFlowsReachTheOtherDevice() {
        Sent there = bench.fromTunnel(Wire.udp("192.168.20.50", 7000, PUBLIC, 55193, 100), SITE);
        byte[] error = Wire.error(RADIO, PUBLIC, 3, 3, 0, there.bytes());
        Sent back = bench.fromTunnel(error, SITE);
        assertNotNull(back, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(back.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals("192.168.20.50", ip.getHeader().getDstAddr().getHostAddress());
        assertQuotes(back.bytes(), "192.168.20.50", 7000, PUBLIC, 55193);
    }

    @Test
    @Tag("N7")
    void endpointThatSpeaksToItsOwnExternalEndpointHearsItself() {
        bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        Sent self = bench.fromTunnel(Wire.udp(RADIO, 5000, PUBLIC, 5000, 100), SITE);
        assertUdp(self, PUBLIC, 5000, RADIO, 5000, TUNNEL, SITE);
        self = bench.fromTunnel(Wire.udp(RADIO, 55193, PUBLIC, 55193, 100), SITE);
        assertUdp(self, PUBLIC, 55193, RADIO, 55193, TUNNEL, SITE);
        Sent other = bench.fromTunnel(Wire.udp(RADIO, 5001, PUBLIC, 5000, 100), SITE);
        assertUdp(other, PUBLIC, 5001, RADIO, 5000, TUNNEL, SITE);
        // The same address at another site is somebody else.
        assertNull(bench.fromTunnel(Wire.udp(RADIO, 5000, PUBLIC, 5000, 100), OTHER_SITE));
        assertEquals(DropReason.FILTERED, bench.dropped);
        assertEquals(List.of("held"), bench.flows().stream().skip(2).map(FlowView::state).toList());
    }

    @Test
    @Tag("N7")
    void echoToTheOwnPublicAddressIsAnswered() {
        Sent answer = bench.fromTunnel(Wire.echo(RADIO, PUBLIC, 5, true, 20), SITE);
        IpV4Packet ip = Wire.read(answer.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
    }

    @Test
    @Tag("N44")
    void privateDestinationsNeverLeave() {
        for (String to : List.of("10.1.2.3", "192.168.1.1", "100.64.0.1", "169.254.1.1")) {
            assertNull(bench.fromTunnel(Wire.udp(RADIO, 5000, to, 53, 100), SITE));
            assertEquals(DropReason.CAPTURED_TO_PRIVATE, bench.dropped);
        }
    }

    @Test
    @Tag("N45")
    void sourcesThatCantBeThereAreDropped() {
        assertNull(bench.fromTunnel(Wire.udp("192.168.99.1", 5000, CLIENT, 53, 100), SITE));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        assertNull(bench.fromWan(Wire.udp("192.168.20.31", 5000, PUBLIC, 55193, 100)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        assertNull(bench.fromWan(Wire.udp("127.0.0.1", 5000, PUBLIC, 55193, 100)));
        assertEquals(DropReason.MARTIAN, bench.dropped);
        assertNull(bench.fromWan(Wire.udp(PUBLIC, 55193, PUBLIC, 55193, 100)));
        assertEquals(DropReason.MARTIAN, bench.dropped);
    }

    @Test
    void pingToTheRelayIsHandedBackAsItIs() {
        byte[] ping = Wire.echo(CLIENT, PUBLIC, 77, true, 56);
        Sent back = bench.fromWan(ping);
        assertArrayEquals(ping, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    void errorAboutTheHostsOwnConnectionIsHandedBack() {
        byte[] quoted = Wire.tcp(PUBLIC, 61000, CLIENT, 443, SYN);
        byte[] error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, quoted);
        Sent back = bench.fromWan(error);
        assertArrayEquals(error, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    void pingThroughTheTunnelIsAnswered() {
        Sent answer = bench.fromTunnel(Wire.echo("10.99.0.2", "10.99.0.1", 77, true, 56), SITE);
        IpV4Packet ip = Wire.read(answer.bytes());
        assertEquals("10.99.0.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals("10.99.0.2", ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(IcmpV4Type.ECHO_REPLY, ip.get(IcmpV4CommonPacket.class).getHeader().getType());
        assertEquals(TUNNEL, answer.link());
        assertEquals(SITE, answer.peer());
    }

    @Test
    void echoLeavesAndComesBack() {
        Sent out = bench.fromTunnel(Wire.echo(RADIO, CLIENT, 77, true, 56), SITE);
        IpV4Packet ip = Wire.read(out.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        int id = Wire.get16(out.bytes(), 24);
        Sent back = bench.fromWan(Wire.echo(CLIENT, PUBLIC, id, false, 56));
        assertEquals(RADIO, Wire.read(back.bytes()).getHeader().getDstAddr().getHostAddress());
        assertEquals(77, Wire.get16(back.bytes(), 24));
        assertEquals(TUNNEL, back.link());
    }

    @Test
    @Tag("N1")
    void twoDevicesWithTheSameEchoIdentifierAreToldApart() {
        Sent one = bench.fromTunnel(Wire.echo(RADIO, CLIENT, 77, true, 56), SITE);
        Sent two = bench.fromTunnel(Wire.echo("192.168.20.32", CLIENT, 77, true, 56), SITE);
        int idOne = Wire.get16(one.bytes(), 24);
        int idTwo = Wire.get16(two.bytes(), 24);
        assertNotEquals(idOne, idTwo);
        Sent back = bench.fromWan(Wire.echo(CLIENT, PUBLIC, idTwo, false, 56));
        assertEquals(
                "192.168.20.32", Wire.read(back.bytes()).getHeader().getDstAddr().getHostAddress());
    }

    @Test
    @Tag("N30")
    void errorForAForwardedFlowReachesTheDevice() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        Sent answer = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE);
        Sent error = bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, answer.bytes()));
        assertNotNull(error, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(error.bytes());
        assertEquals("203.0.113.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(TUNNEL, error.link());
        assertQuotes(error.bytes(), RADIO, 55193, CLIENT, 4000);
    }

    @Test
    @Tag("N30")
    void quotedChecksumIsWhatTheSenderSent() {
        byte[] sent = Wire.udp(RADIO, 5000, CLIENT, 53, 100);
        Sent out = bench.fromTunnel(sent, SITE);
        byte[] error = Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, out.bytes());
        assertQuoted(sent, 64, bench.fromWan(error));
        byte[] cut = Arrays.copyOf(out.bytes(), 28);
        assertQuoted(sent, 28, bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 11, 0, 0, cut)));
        byte[] segment = Wire.tcp(RADIO, 5001, CLIENT, 80, SYN);
        byte[] outside = bench.fromTunnel(segment, SITE).bytes();
        error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, outside);
        assertQuoted(segment, segment.length, bench.fromWan(error));
        cut = Arrays.copyOf(outside, 28);
        error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, cut);
        assertQuoted(segment, 28, bench.fromWan(error));
    }

    private void assertQuoted(byte[] sent, int bytes, Sent error) {
        assertNotNull(error, () -> "dropped: " + bench.dropped);
        Wire.read(error.bytes());
        byte[] quoted = Arrays.copyOfRange(error.bytes(), 28, error.bytes().length);
        assertArrayEquals(Arrays.copyOf(sent, bytes), quoted);
    }

    @Test
    @Tag("N30")
    void redirectsAreNotPassedOn() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        byte[] redirect =
                Wire.error("203.0.113.1", PUBLIC, 5, 1, Wire.ip("203.0.113.9"), out.bytes());
        assertNull(bench.fromWan(redirect));
        assertEquals(DropReason.ICMP_REDIRECT, bench.dropped);
    }

    @Test
    @Tag("N30")
    void senderIsToldWhenItsTtlRunsOutBehindTheTranslation() {
        byte[] last = Wire.withTtl(Wire.udp(RADIO, 5000, CLIENT, 33434, 100), 1);
        assertNull(bench.fromTunnel(last, SITE));
        assertEquals(DropReason.HOP_LIMIT, bench.dropped);
        Sent error = bench.emitted.get(0);
        IpV4Packet ip = Wire.read(error.bytes());
        assertEquals("10.99.0.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(11 << 8, Wire.get16(error.bytes(), 20));
        assertEquals(TUNNEL, error.link());
        assertQuotes(error.bytes(), RADIO, 5000, CLIENT, 33434);
        // Into the tunnel it may go: its other end is where it runs out.
        byte[] in = Wire.withTtl(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100), 1);
        assertEquals(TUNNEL, bench.fromWan(in).link());
    }

    @Test
    @Tag("N35")
    void protocolWithoutPortsThatIsNotOursIsHandedBack() {
        byte[] gre = Wire.raw(CLIENT, PUBLIC, 47, Wire.payload(40));
        Sent back = bench.fromWan(gre);
        assertArrayEquals(gre, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    @Tag("N30")
    void errorFromTheDeviceLeavesFromThePublicAddress() {
        Sent in = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50001, 100));
        for (String from : List.of(RADIO, "192.168.20.1")) {
            Sent error = bench.fromTunnel(Wire.error(from, CLIENT, 3, 3, 0, in.bytes()), SITE);
            assertNotNull(error, () -> "dropped: " + bench.dropped);
            IpV4Packet ip = Wire.read(error.bytes());
            assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
            assertEquals(CLIENT, ip.getHeader().getDstAddr().getHostAddress());
            assertQuotes(error.bytes(), CLIENT, 4000, PUBLIC, 50001);
        }
    }

    @Test
    @Tag("N30")
    void errorsNeitherRefreshNorEndAFlow() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        bench.pass(200);
        assertNotNull(bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, out.bytes())));
        assertEquals(1, bench.flows().size());
        bench.pass(110);
        assertTrue(bench.flows().isEmpty());
    }

    private static void assertQuotes(
            byte[] error, String from, int fromPort, String to, int toPort) {
        byte[] quoted = new byte[28];
        System.arraycopy(error, 28, quoted, 0, 28);
        assertEquals(0, Wire.onesComplement(quoted, 0, 20));
        assertEquals(Wire.ip(from), Wire.get16(quoted, 12) << 16 | Wire.get16(quoted, 14));
        assertEquals(Wire.ip(to), Wire.get16(quoted, 16) << 16 | Wire.get16(quoted, 18));
        assertEquals(fromPort, Wire.get16(quoted, 20));
        assertEquals(toPort, Wire.get16(quoted, 22));
    }

    @Test
    @Tag("N22")
    void mssIsClampedInBothDirections() {
        Sent in = bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, SYN, 1, 0, 0, 1460));
        assertEquals(1380, mss(in.bytes()));
        Sent out =
                bench.fromTunnel(Wire.tcp(RADIO, 22, CLIENT, 4000, SYN | ACK, 1, 2, 0, 1460), SITE);
        assertEquals(1380, mss(out.bytes()));
    }

    private static int mss(byte[] packet) {
        TcpPacket tcp = Wire.read(packet).get(TcpPacket.class);
        return ((TcpMaximumSegmentSizeOption) tcp.getHeader().getOptions().get(0))
                .getMaxSegSizeAsInt();
    }

    @Test
    @Tag("N31")
    void tooLargeWithDontFragmentIsAnsweredWithTheMtu() {
        byte[] large = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 1450);
        assertNull(bench.fromWan(large));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1, bench.emitted.size());
        byte[] error = bench.emitted.get(0).bytes();
        IpV4Packet ip = Wire.read(error);
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(CLIENT, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(3 << 8 | 4, Wire.get16(error, 20));
        assertEquals(1420, Wire.get16(error, 26));
        assertQuotes(error, CLIENT, 4000, PUBLIC, 55193);
        assertEquals(WAN, bench.emitted.get(0).link());
    }

    @Test
    @Tag("N31")
    void tooLargeWithoutDontFragmentPasses() {
        byte[] large = Wire.udp(CLIENT, 4000, PUBLIC, 55193, Wire.payload(1450), true, false);
        assertUdp(bench.fromWan(large), CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
    }

    @Test
    @Tag("N33")
    void absentUdpChecksumStaysAbsent() {
        byte[] in = Wire.udp(CLIENT, 4000, PUBLIC, 55193, Wire.payload(10), false, true);
        assertEquals(0, Wire.get16(in, 26));
        Sent out = bench.fromWan(in);
        assertUdp(out, CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
        assertEquals(0, Wire.get16(out.bytes(), 26));
    }

    @Test
    @Tag("N33")
    void checksumsThatComeOutAsZeroAreSentAsAllOnes() {
        int allOnes = 0;
        byte[] payload = new byte[2];
        for (int word = 0; word < 65536; word++) {
            Wire.put16(payload, 0, word);
            byte[] in = Wire.udp(CLIENT, 4000, PUBLIC, 50001, payload, true, true);
            if (Wire.get16(in, 26) == 0) {
                Wire.put16(in, 26, 0xffff); // pcap4j does not know the rule
            }
            Sent out = bench.fromWan(in);
            int checksum = Wire.get16(out.bytes(), 26);
            assertNotEquals(0, checksum);
            if (checksum == 0xffff) {
                allOnes++;
                Wire.read(out.bytes());
            }
        }
        assertEquals(1, allOnes);
    }

    @Test
    @Tag("N32")
    void fragmentsFollowTheFirstInOrder() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        List<byte[]> out = new ArrayList<>();
        for (byte[] piece : Wire.fragments(whole, 1400, 99)) {
            Sent sent = bench.fromWan(piece);
            assertNotNull(sent, () -> "dropped: " + bench.dropped);
            assertEquals(TUNNEL, sent.link());
            assertEquals(SITE, sent.peer());
            out.add(sent.bytes());
        }
        assertUdp(
                new Sent(Wire.reassemble(out), TUNNEL, SITE),
                CLIENT,
                4000,
                RADIO,
                40001,
                TUNNEL,
                SITE);
        assertEquals(0, bench.report().heldFragments());
    }

    @Test
    @Tag("N32")
    void fragmentsBeforeTheFirstWaitForIt() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        byte[][] pieces = Wire.fragments(whole, 1400, 99);
        List<byte[]> out = new ArrayList<>();
        for (int at = pieces.length - 1; at > 0; at--) {
            assertNull(bench.fromWan(pieces[at]));
            assertTrue(bench.taken);
        }
        Sent first = bench.fromWan(pieces[0]);
        out.add(first.bytes());
        assertEquals(pieces.length - 1, bench.emitted.size());
        for (Sent sent : bench.emitted) {
            assertEquals(TUNNEL, sent.link());
            out.add(sent.bytes());
        }
        assertUdp(
                new Sent(Wire.reassemble(out), TUNNEL, SITE),
                CLIENT,
                4000,
                RADIO,
                40001,
                TUNNEL,
                SITE);
    }

    @Test
    @Tag("N32")
    void overlappingFragmentsAreDropped() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        byte[][] pieces = Wire.fragments(whole, 1400, 99);
        bench.fromWan(pieces[0]);
        bench.fromWan(pieces[1]);
        assertNull(bench.fromWan(pieces[1]));
        assertEquals(DropReason.FRAGMENT_MALFORMED, bench.dropped);
    }

    @Test
    @Tag("N32")
    void fragmentsWithoutAFirstOneTimeOutAndAreCounted() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        bench.fromWan(Wire.fragments(whole, 1400, 99)[2]);
        assertEquals(1, bench.report().heldFragments());
        bench.now += 6_000_000_000L;
        bench.burst.reset(bench.now);
        bench.pass(1);
        assertEquals(0, bench.report().heldFragments());
    }

    @Test
    @Tag("N20")
    void strayTcpSegmentsAreDropped() {
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, ACK)));
        assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, RST)));
        assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
    }

    /** What a SIP gateway would rewrite, and thereby break. */
    @Test
    @Tag("N55")
    void whatAPacketSaysAboutAddressesIsNobodysBusiness() {
        byte[] said =
                """
                INVITE sip:a@203.0.113.7 SIP/2.0
                Via: SIP/2.0/UDP 192.168.20.31:5060
                Contact: <sip:b@192.168.20.31>

                c=IN IP4 192.168.20.31
                m=audio 40000 RTP/AVP 0
                """
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] packet = Wire.udp(RADIO, 5060, CLIENT, 5060, said.length);
        System.arraycopy(said, 0, packet, 28, said.length);
        Wire.put16(packet, 26, 0); // no checksum
        byte[] out = bench.fromTunnel(packet, SITE).bytes();
        assertArrayEquals(said, Arrays.copyOfRange(out, 28, out.length));
    }

    private NatConfig allowingManyFlows() {
        NatConfig old = config();
        return old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 20_000, false);
    }

    private static NatConfig withFirstForwardOnly(NatConfig all) {
        return all.withRules(
                all.sites(), all.forwards().subList(0, 1), List.of(), List.of(), Others.KERNEL);
    }

    private static void openTenThousand(TranslatorBench many) {
        for (int flow = 0; flow < 10_000; flow++) {
            many.fromWan(Wire.udp(CLIENT, 1024 + flow, PUBLIC, 50001, 10));
        }
    }

    @Test
    @Tag("N54")
    void reloadKeepsWhatIsStillAllowedAndEndsTheRest() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50001, 100));
        bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        bench.apply(withFirstForwardOnly(config()));
        assertEquals(2, bench.flows().size());
        assertUdp(
                bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE),
                PUBLIC,
                55193,
                CLIENT,
                4000,
                WAN,
                -1);
        assertNull(bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50001, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
    }

    @Test
    @Tag("N54")
    void flowIsJudgedAtItsNextPacketWhenTheReviewHasNotComeToIt() {
        try (TranslatorBench many =
                new TranslatorBench(new NatCapacity(10_000, 10_000, 64, 2048, 1))) {
            NatConfig all = allowingManyFlows();
            many.apply(all);
            openTenThousand(many);
            assertEquals(10_000, many.flows().size());
            many.apply(withFirstForwardOnly(all));
            int left = many.flows().size();
            assertTrue(left > 0 && left < 10_000, "left " + left);
            assertNull(many.fromWan(Wire.udp(CLIENT, 1024 + 9_999, PUBLIC, 50001, 10)));
            assertEquals(DropReason.NO_FORWARD, many.dropped);
            many.apply(all); // before the review has ended: what is left is allowed again
            many.pass(1);
            assertEquals(left - 1, many.flows().size());
        }
    }

    @Test
    @Tag("N54")
    void reviewEndsWithinMillisecondsHoweverOftenItsDeadlineIsAskedFor() {
        try (TranslatorBench many =
                new TranslatorBench(new NatCapacity(10_000, 10_000, 64, 2048, 1))) {
            NatConfig all = allowingManyFlows();
            many.apply(all);
            many.idle(50, 100_000);
            openTenThousand(many);
            many.apply(withFirstForwardOnly(all));
            many.idle(50, 100_000);
            assertEquals(0, many.flows().size());
            assertTrue(
                    many.policy.nextDeadlineNanos(many.now) - many.now > 1_000_000_000L,
                    "nothing to do, and yet in a hurry");
        }
    }

    @Test
    @Tag("N32")
    void fragmentsTimeOutHoweverOftenTheDeadlineIsAskedFor() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 3000);
        bench.idle(50, 1_000_000);
        bench.fromWan(Wire.fragments(whole, 1400, 99)[2]);
        long waiting = bench.policy.nextDeadlineNanos(bench.now) - bench.now;
        assertTrue(waiting <= 500_000_000L, "checked in " + waiting + " ns");
        bench.idle(40_000, 10_000_000);
        assertTrue(bench.policy.nextDeadlineNanos(bench.now) - bench.now > 1_000_000_000L);
    }

    @Test
    void undeliverableForwardTellsTheClient() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        bench.undeliverable(DropReason.TUNNEL_NO_ENDPOINT);
        byte[] error = bench.emitted.get(0).bytes();
        Wire.read(error);
        assertEquals(3 << 8 | 1, Wire.get16(error, 20));
        assertQuotes(error, CLIENT, 4000, PUBLIC, 55193);
    }
}
