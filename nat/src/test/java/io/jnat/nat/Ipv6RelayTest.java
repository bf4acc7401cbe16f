package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.FIN;
import static io.jnat.nat.Wire.RST;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.AddressPrefix;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Config.Allow;
import io.jnat.nat.rule.Ipv6Config.OwnAddress;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.PortRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.IcmpV6PacketTooBigPacket;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;

/**
 * A relay whose sites have IPv6 networks: a firewall that changes nothing, so what comes out is
 * compared byte by byte with what went in.
 */
final class Ipv6RelayTest {
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String STRANGER = "2001:db8:ffff:1::8";
    private static final String SERVER = "2001:db8:aaaa::53";
    private static final String OWN = "2001:db8:0:1::1";
    private static final String RADIO = "2001:db8:1:20::31";
    private static final String OTHER_DEVICE = "2001:db8:1:20::40";
    private static final String CLUB = "2001:db8:2:20::5";
    private static final int SITE = 0;
    private static final int CLUB_SITE = 1;

    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench();
        bench.apply(config(allows()));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private static List<Allow> allows() {
        return List.of(
                allow("forward dmr", Zone.WAN, RADIO, List.of(), udp(55193)),
                allow("forward web", Zone.WAN, RADIO, List.of(), tcp(443)),
                allow("forward gre", Zone.WAN, RADIO, List.of(), new PortRange(47, 0, 65535)),
                allow("forward club", Zone.WAN, CLUB, List.of(CLIENT + "/128"), udp(6000)),
                allow("between", Zone.TUNNEL, CLUB, List.of(RADIO), udp(7000)));
    }

    private static PortRange udp(int port) {
        return new PortRange(Protocol.UDP, port, port);
    }

    private static PortRange tcp(int port) {
        return new PortRange(Protocol.TCP, port, port);
    }

    private static Allow allow(
            String name, Zone zone, String device, List<String> sources, PortRange ports) {
        return new Allow(
                name,
                zone,
                sources.stream().map(Ipv6Prefix::parse).toList(),
                List.of(Ipv6Prefix.parse(device)),
                List.of(ports),
                Action.ACCEPT,
                Lifetime.BOTH_SIDES);
    }

    private NatConfig config(List<Allow> allows) {
        Ipv6Prefix own = Ipv6Prefix.parse(OWN);
        return bench.relay(List.of(TranslatorBench.site(SITE, "wa7vc")), List.of())
                .withIpv6(
                        new Ipv6Config(
                                List.of(new OwnAddress(WAN, own.high(), own.low())),
                                List.of(
                                        new Ipv6Config.Site(
                                                SITE, List.of(Ipv6Prefix.parse("2001:db8:1::/48"))),
                                        new Ipv6Config.Site(
                                                CLUB_SITE,
                                                List.of(
                                                        Ipv6Prefix.parse("2001:db8:2::/48"),
                                                        Ipv6Prefix.parse("fd12:3456::/32")))),
                                List.of(),
                                allows));
    }

    private void assertUnchanged(byte[] in, Sent out, int link, int peer) {
        assertNotNull(out, () -> "dropped: " + bench.dropped);
        assertArrayEquals(in, out.bytes());
        assertEquals(link, out.link());
        assertEquals(peer, out.peer());
    }

    private void assertToSite(byte[] packet) {
        assertUnchanged(packet, bench.fromWan(packet), TUNNEL, SITE);
    }

    private void assertToWan(byte[] packet) {
        assertUnchanged(packet, bench.fromTunnel(packet, SITE), WAN, -1);
    }

    private void assertWanDrops(DropReason reason, byte[] packet) {
        assertNull(bench.fromWan(packet));
        assertEquals(reason, bench.dropped);
        assertTrue(bench.emitted.isEmpty(), "answered");
    }

    private void assertTunnelDrops(DropReason reason, byte[] packet) {
        assertNull(bench.fromTunnel(packet, SITE));
        assertEquals(reason, bench.dropped);
    }

    @Test
    @Tag("N40")
    @Tag("N56")
    void allowedPortIsOpenBothWaysAndCounted() {
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 100));
        assertToWan(WireIpv6.udp(RADIO, 55193, CLIENT, 4000, 60));
        FlowView flow = bench.flows().get(0);
        assertEquals("udp", flow.protocol());
        assertEquals("[2001:db8:1:20::31]:55193", flow.inside());
        assertEquals("[2001:db8:ffff::7]:4000", flow.outside());
        assertEquals("[2001:db8:1:20::31]:55193", flow.external());
        assertEquals("two-way", flow.state());
        assertEquals("forward dmr", flow.rule());
        assertTrue(flow.inbound());
        assertEquals(1, flow.packetsIn());
        assertEquals(148, flow.bytesIn());
        assertEquals(1, flow.packetsOut());
        assertEquals(108, flow.bytesOut());
    }

    @Test
    @Tag("N40")
    void whatNoRuleNamesIsDroppedInSilence() {
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(CLIENT, 4000, RADIO, 55194, 10));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.tcp(CLIENT, 4000, RADIO, 55193, SYN));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(CLIENT, 1, OTHER_DEVICE, 55193, 10));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(STRANGER, 4000, CLUB, 6000, 10));
        assertWanDrops(DropReason.NO_FORWARD, WireIpv6.udp(CLIENT, 4000, "2001:db8:3::1", 53, 10));
        assertWanDrops(
                DropReason.NOT_ALLOWED,
                WireIpv6.udp(RADIO.replace(":1:", ":9:"), 1, CLUB, 7000, 1));
        assertTrue(bench.flows().isEmpty());
        byte[] allowed = WireIpv6.udp(CLIENT, 4000, CLUB, 6000, 10);
        assertUnchanged(allowed, bench.fromWan(allowed), TUNNEL, CLUB_SITE);
    }

    @Test
    void deviceReachesTheInternetAndOnlyAnswersComeBack() {
        assertToWan(WireIpv6.udp(OTHER_DEVICE, 5000, SERVER, 53, 30));
        assertToSite(WireIpv6.udp(SERVER, 53, OTHER_DEVICE, 5000, 200));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(SERVER, 54, OTHER_DEVICE, 5000, 9));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(CLIENT, 53, OTHER_DEVICE, 5000, 9));
        assertEquals("site wa7vc", bench.flows().get(0).rule());
    }

    @Test
    @Tag("N20")
    void tcpIsFollowedFromItsOpeningToItsEnd() {
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, SYN));
        assertEquals("opening", bench.flows().get(0).state());
        assertToWan(WireIpv6.tcp(RADIO, 443, CLIENT, 4000, SYN | ACK));
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, ACK, 500, 0));
        assertEquals("established", bench.flows().get(0).state());
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, FIN | ACK));
        assertToWan(WireIpv6.tcp(RADIO, 443, CLIENT, 4000, FIN | ACK));
        assertEquals("closed", bench.flows().get(0).state());
        bench.pass(245);
        assertTrue(bench.flows().isEmpty());
        assertWanDrops(DropReason.TCP_OUT_OF_STATE, WireIpv6.tcp(CLIENT, 9, RADIO, 443, ACK));
        assertWanDrops(DropReason.TCP_OUT_OF_STATE, WireIpv6.tcp(CLIENT, 9, RADIO, 443, RST));
    }

    @Tag("N35")
    @ParameterizedTest
    @ValueSource(ints = {47, 50, 51, 132, 136, 4, 99})
    void protocolsWithoutPortsAreKnownByAddress(int protocol) {
        byte[] payload = Wire.payload(40);
        assertToWan(WireIpv6.raw(OTHER_DEVICE, SERVER, protocol, payload));
        assertToSite(WireIpv6.raw(SERVER, OTHER_DEVICE, protocol, payload));
        assertWanDrops(
                DropReason.NOT_ALLOWED, WireIpv6.raw(CLIENT, OTHER_DEVICE, protocol, payload));
    }

    @Test
    @Tag("N35")
    void ruleMayOpenAProtocolWithoutPorts() {
        assertToSite(WireIpv6.raw(CLIENT, RADIO, 47, Wire.payload(40)));
        assertToWan(WireIpv6.raw(RADIO, CLIENT, 47, Wire.payload(40)));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.raw(CLIENT, RADIO, 50, Wire.payload(40)));
    }

    @ParameterizedTest
    @Tag("N45")
    @ValueSource(
            strings = {"::", "::1", "::5", "::ffff:0:203.0.113.7", "ff02::1", "ff0e::5", "fd00::1"})
    void sourcesThatCannotBeOnTheInternetAreDropped(String source) {
        assertWanDrops(DropReason.MARTIAN, WireIpv6.udp(source, 4000, RADIO, 55193, 10));
    }

    @Test
    @Tag("N45")
    void sourcesThatLieElsewhereAreSpoofed() {
        DropReason spoofed = DropReason.SPOOFED_SOURCE;
        assertWanDrops(spoofed, WireIpv6.udp(OTHER_DEVICE, 4000, RADIO, 55193, 10));
        assertWanDrops(spoofed, WireIpv6.udp(CLUB, 4000, RADIO, 55193, 10));
        assertWanDrops(spoofed, WireIpv6.udp(OWN, 4000, RADIO, 55193, 10));
        assertWanDrops(DropReason.MARTIAN, WireIpv6.udp(RADIO, 55193, RADIO, 55193, 10));
        assertTunnelDrops(spoofed, WireIpv6.udp(CLUB, 4000, SERVER, 53, 10));
        assertTunnelDrops(spoofed, WireIpv6.udp(SERVER, 4000, CLIENT, 53, 10));
        assertTunnelDrops(spoofed, WireIpv6.udp(OWN, 4000, SERVER, 53, 10));
        assertTunnelDrops(spoofed, WireIpv6.udp("fd99::1", 4000, SERVER, 53, 10));
        assertTunnelDrops(DropReason.MARTIAN, WireIpv6.udp(RADIO, 4000, "::1", 53, 10));
    }

    @Test
    @Tag("N40")
    void ruleWithoutPortsOpensAllOfADevice() {
        bench.apply(
                config(
                        List.of(
                                new Allow(
                                        "all",
                                        Zone.WAN,
                                        List.of(),
                                        List.of(Ipv6Prefix.parse(RADIO)),
                                        List.of(),
                                        Action.ACCEPT,
                                        Lifetime.BOTH_SIDES))));
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 1, 10));
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 65535, SYN));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(CLIENT, 4000, OTHER_DEVICE, 1, 10));
    }

    @Test
    @Tag("N44")
    @Tag("N45")
    void uniqueLocalAddressesNeverLeave() {
        byte[] local = WireIpv6.udp("fd12:3456::9", 4000, SERVER, 53, 10);
        Sent sent = bench.fromTunnel(local, CLUB_SITE);
        assertNull(sent);
        assertEquals(DropReason.UNTRANSLATED_EGRESS, bench.dropped);
        byte[] error = WireIpv6.error("fd12:3456::9", CLIENT, 1, 4, 0, local, 200);
        assertNull(bench.fromTunnel(error, CLUB_SITE));
        assertTunnelDrops(DropReason.CAPTURED_TO_PRIVATE, WireIpv6.udp(RADIO, 1, "fd99::1", 2, 1));
        assertWanDrops(DropReason.MARTIAN, WireIpv6.udp(CLIENT, 4000, "fd12:3456::9", 53, 10));
    }

    @Test
    @Tag("N45")
    void linkLocalAndMulticastAreNeverForwarded() {
        DropReason scope = DropReason.LINK_SCOPE;
        assertWanDrops(scope, WireIpv6.udp("fe80::1", 4000, RADIO, 55193, 10));
        assertWanDrops(scope, WireIpv6.udp(CLIENT, 4000, "fe80::31", 55193, 10));
        assertWanDrops(scope, WireIpv6.udp(CLIENT, 4000, "ff0e::1", 55193, 10));
        assertTunnelDrops(scope, WireIpv6.udp(RADIO, 4000, "ff02::fb", 5353, 10));
        assertTunnelDrops(scope, WireIpv6.udp("febf::1", 4000, SERVER, 5353, 10));
        assertTunnelDrops(scope, WireIpv6.icmp(RADIO, "ff02::1", 135, 0, 0, new byte[16]));
    }

    @Test
    void sitesReachEachOtherByRuleOnly() {
        byte[] open = WireIpv6.udp(CLUB, 5000, RADIO, 55193, 10);
        assertUnchanged(open, bench.fromTunnel(open, CLUB_SITE), TUNNEL, SITE);
        byte[] answer = WireIpv6.udp(RADIO, 55193, CLUB, 5000, 10);
        assertUnchanged(answer, bench.fromTunnel(answer, SITE), TUNNEL, CLUB_SITE);
        byte[] between = WireIpv6.udp(RADIO, 5000, CLUB, 7000, 10);
        assertUnchanged(between, bench.fromTunnel(between, SITE), TUNNEL, CLUB_SITE);
        assertTunnelDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(RADIO, 5000, CLUB, 7001, 10));
        assertTunnelDrops(DropReason.NO_FORWARD, WireIpv6.udp(RADIO, 1, OTHER_DEVICE, 2, 10));
        assertTunnelDrops(DropReason.NOT_ALLOWED, WireIpv6.udp(RADIO, 1, OWN, 2, 10));
    }

    @Test
    void echoReachesWhoeverHasAnOpening() {
        assertToSite(WireIpv6.echo(CLIENT, RADIO, 77, true, 56));
        assertToWan(WireIpv6.echo(RADIO, CLIENT, 77, false, 56));
        assertEquals("icmpv6", bench.flows().get(0).protocol());
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.echo(CLIENT, OTHER_DEVICE, 77, true, 56));
        assertWanDrops(DropReason.ICMP_UNRELATED, WireIpv6.echo(CLIENT, RADIO, 78, false, 56));
        assertToWan(WireIpv6.echo(OTHER_DEVICE, SERVER, 5, true, 56));
        assertToSite(WireIpv6.echo(SERVER, OTHER_DEVICE, 5, false, 56));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.echo(SERVER, OTHER_DEVICE, 6, false, 56));
        assertWanDrops(DropReason.NOT_ALLOWED, WireIpv6.echo(SERVER, OTHER_DEVICE, 5, true, 56));
        bench.pass(62);
        assertTrue(bench.flows().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 141, 143, 148, 151, 200})
    void otherInformationalMessagesAreNeverForwarded(int type) {
        byte[] body = new byte[16];
        // They have no identifier, and so are no part of an echo's flow that has 0.
        assertToSite(WireIpv6.echo(CLIENT, RADIO, 0, true, 8));
        assertToWan(WireIpv6.echo(RADIO, SERVER, 0, true, 8));
        assertWanDrops(
                DropReason.ICMPV6_NOT_FORWARDED, WireIpv6.icmp(CLIENT, RADIO, type, 0, 0, body));
        assertTunnelDrops(
                DropReason.ICMPV6_NOT_FORWARDED, WireIpv6.icmp(RADIO, SERVER, type, 0, 0, body));
    }

    @ParameterizedTest
    @Tag("N30")
    @ValueSource(ints = {1, 2, 3, 4})
    void errorsAboutAFlowReachItsSenderAndChangeNothing(int type) {
        byte[] out = WireIpv6.udp(OTHER_DEVICE, 5000, SERVER, 53, 900);
        assertToWan(out);
        long remaining = bench.flows().get(0).remainingMillis();
        bench.now += 10_000_000_000L;
        String router = "2001:db8:bbbb::1";
        assertToSite(WireIpv6.error(router, OTHER_DEVICE, type, 0, 1300, out, 1232));
        assertToSite(WireIpv6.error(router, OTHER_DEVICE, type, 0, 1300, out, 44));
        assertEquals(1, bench.flows().size());
        assertEquals("one-way", bench.flows().get(0).state());
        assertEquals(remaining - 10_000, bench.flows().get(0).remainingMillis());
    }

    @Test
    @Tag("N30")
    void errorsFromTheDeviceReachTheClient() {
        byte[] in = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 100);
        assertToSite(in);
        assertToWan(WireIpv6.error(RADIO, CLIENT, 1, 4, 0, in, 1232));
        byte[] echo = WireIpv6.echo(CLIENT, RADIO, 9, true, 56);
        assertToSite(echo);
        assertToWan(WireIpv6.error(RADIO, CLIENT, 3, 0, 0, echo, 1232));
        byte[] gre = WireIpv6.raw(CLIENT, RADIO, 47, Wire.payload(40));
        assertToSite(gre);
        assertToWan(WireIpv6.error(RADIO, CLIENT, 1, 3, 0, gre, 1232));
    }

    @Test
    @Tag("N30")
    void quotesAreReadThroughExtensionHeaders() {
        byte[] plain = WireIpv6.tcp(CLIENT, 4000, RADIO, 443, SYN);
        byte[] out =
                WireIpv6.withExtension(
                        WireIpv6.withExtension(
                                WireIpv6.withExtension(plain, 44, WireIpv6.fragmentHeader(0, 9)),
                                60,
                                WireIpv6.options()),
                        0,
                        WireIpv6.options());
        assertToSite(out);
        assertToWan(WireIpv6.error(RADIO, CLIENT, 1, 1, 0, out, 1232));
        byte[] later = WireIpv6.withExtension(plain, 44, WireIpv6.fragmentHeader(64, 9));
        assertTunnelDrops(
                DropReason.ICMP_MALFORMED, WireIpv6.error(RADIO, CLIENT, 1, 1, 0, later, 1232));
    }

    @Test
    @Tag("N30")
    void errorsThatBelongToNothingAreDropped() {
        byte[] out = WireIpv6.udp(OTHER_DEVICE, 5000, SERVER, 53, 100);
        assertToWan(out);
        String router = "2001:db8:bbbb::1";
        byte[] right = WireIpv6.error(router, OTHER_DEVICE, 1, 0, 0, out, 200);
        byte[] broken = right.clone();
        broken[60]++;
        assertWanDrops(DropReason.ICMP_MALFORMED, broken);
        assertWanDrops(
                DropReason.ICMP_MALFORMED, WireIpv6.error(router, OTHER_DEVICE, 1, 0, 0, out, 43));
        assertWanDrops(DropReason.ICMP_UNRELATED, WireIpv6.error(router, RADIO, 1, 0, 0, out, 200));
        byte[] other = WireIpv6.udp(OTHER_DEVICE, 5001, SERVER, 53, 100);
        assertWanDrops(
                DropReason.ICMP_UNRELATED,
                WireIpv6.error(router, OTHER_DEVICE, 1, 0, 0, other, 99));
        assertWanDrops(
                DropReason.SPOOFED_SOURCE, WireIpv6.error(RADIO, OTHER_DEVICE, 1, 0, 0, out, 200));
        assertWanDrops(
                DropReason.SPOOFED_SOURCE,
                WireIpv6.error("fe80::1", OTHER_DEVICE, 1, 0, 0, out, 200));
        assertWanDrops(
                DropReason.ICMPV6_NOT_FORWARDED,
                WireIpv6.error(router, OTHER_DEVICE, 100, 0, 0, out, 200));
        assertWanDrops(
                DropReason.ICMP_MALFORMED,
                WireIpv6.error(
                        router, OTHER_DEVICE, 1, 0, 0, Wire.udp(PUBLIC, 1, "1.2.3.4", 2, 9), 99));
        assertToSite(right);
    }

    @Test
    @Tag("N31")
    void tooLargeIsAnsweredWithTheMtu() {
        byte[] large = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 1420 - 48 + 1);
        assertNull(bench.fromWan(large));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1, bench.emitted.size());
        Sent error = bench.emitted.get(0);
        IpV6Packet ip = WireIpv6.read(error.bytes());
        assertEquals(WAN, error.link());
        assertEquals(WireIpv6.address(OWN), ip.getHeader().getSrcAddr());
        assertEquals(WireIpv6.address(CLIENT), ip.getHeader().getDstAddr());
        assertEquals(1420, ip.get(IcmpV6PacketTooBigPacket.class).getHeader().getMtu());
        assertTrue(error.bytes().length <= 1280);
        for (int at = 0; at < error.bytes().length - 48; at++) {
            assertEquals(large[at], error.bytes()[48 + at]);
        }
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 1420 - 48));
    }

    @Test
    @Tag("N30")
    void senderIsToldWhenItsHopsRunOutBehindTheTun() {
        byte[] last = WireIpv6.withHopLimit(WireIpv6.udp(RADIO, 5000, CLIENT, 33434, 100), 1);
        assertNull(bench.fromTunnel(last, SITE));
        assertEquals(DropReason.HOP_LIMIT, bench.dropped);
        Sent error = bench.emitted.get(0);
        IpV6Packet ip = WireIpv6.read(error.bytes());
        assertEquals(WireIpv6.address(OWN), ip.getHeader().getSrcAddr());
        assertEquals(WireIpv6.address(RADIO), ip.getHeader().getDstAddr());
        assertEquals(3 << 8, Wire.get16(error.bytes(), 40));
        assertEquals(TUNNEL, error.link());
        assertEquals(SITE, error.peer());
        // Into the tunnel it may go: its other end is where they run out.
        assertToSite(WireIpv6.withHopLimit(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 100), 1));
    }

    @Test
    @Tag("N31")
    void whatTheTunnelRefusesIsAnsweredToo() {
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 100));
        bench.undeliverable(DropReason.TUNNEL_NO_ENDPOINT);
        byte[] error = bench.emitted.get(0).bytes();
        WireIpv6.read(error);
        assertEquals(1 << 8 | 3, Wire.get16(error, 40));
        byte[] piece =
                WireIpv6.fragments(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 3000), 1500, 5)[0];
        assertNull(bench.fromWan(piece));
        assertEquals(2 << 8, Wire.get16(bench.emitted.get(0).bytes(), 40));
    }

    @Test
    @Tag("N22")
    void mssIsClampedBothWays() {
        Sent syn = bench.fromWan(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, SYN, 0, 1440));
        assertEquals(1360, mss(syn));
        Sent answer =
                bench.fromTunnel(WireIpv6.tcp(RADIO, 443, CLIENT, 4000, SYN | ACK, 0, 1440), SITE);
        assertEquals(1360, mss(answer));
        assertToSite(WireIpv6.tcp(CLIENT, 4001, RADIO, 443, SYN, 0, 1220));
        byte[] behindOptions =
                WireIpv6.withExtension(
                        WireIpv6.tcp(CLIENT, 4002, RADIO, 443, SYN, 0, 1440),
                        60,
                        WireIpv6.options());
        assertEquals(1360, mss(bench.fromWan(behindOptions)));
    }

    private int mss(Sent sent) {
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        TcpPacket tcp = WireIpv6.read(sent.bytes()).get(TcpPacket.class);
        assertNotNull(tcp);
        assertTrue(
                tcp.hasValidChecksum(
                        WireIpv6.read(sent.bytes()).getHeader().getSrcAddr(),
                        WireIpv6.read(sent.bytes()).getHeader().getDstAddr(),
                        false));
        return ((TcpMaximumSegmentSizeOption) tcp.getHeader().getOptions().get(0))
                .getMaxSegSizeAsInt();
    }

    @Test
    @Tag("N45")
    void routingHeadersThatLeadElsewhereAreDropped() {
        byte[] plain = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10);
        byte[] typeZero = WireIpv6.withExtension(plain, 43, WireIpv6.routing(0, 0));
        assertWanDrops(DropReason.SOURCE_ROUTED, typeZero);
        assertWanDrops(
                DropReason.SOURCE_ROUTED,
                WireIpv6.withExtension(plain, 43, WireIpv6.routing(4, 1)));
        assertWanDrops(
                DropReason.SOURCE_ROUTED, WireIpv6.withExtension(typeZero, 0, WireIpv6.options()));
        assertToSite(WireIpv6.withExtension(plain, 43, WireIpv6.routing(2, 0)));
    }

    @Test
    void extensionHeadersBelongToTheFlowAndAreBounded() {
        byte[] packet = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10);
        for (int headers = 1; headers <= 8; headers++) {
            packet = WireIpv6.withExtension(packet, 60, WireIpv6.options());
            assertToSite(packet);
        }
        assertEquals(8, bench.flows().get(0).packetsIn());
        assertWanDrops(
                DropReason.BAD_EXTENSION_HEADERS,
                WireIpv6.withExtension(packet, 60, WireIpv6.options()));
        byte[] cut = WireIpv6.withExtension(packet, 60, new byte[] {0, 50, 1, 4, 0, 0, 0, 0});
        assertWanDrops(DropReason.BAD_EXTENSION_HEADERS, cut);
    }

    @Test
    @Tag("N54")
    void newRulesEndWhatTheyNoLongerAllow() {
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10));
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, SYN));
        assertToWan(WireIpv6.udp(OTHER_DEVICE, 5000, SERVER, 53, 10));
        bench.apply(config(List.of(allow("renamed", Zone.WAN, RADIO, List.of(), tcp(443)))));
        assertEquals(
                List.of("tcp", "udp"), bench.flows().stream().map(FlowView::protocol).toList());
        assertToSite(WireIpv6.udp(SERVER, 53, OTHER_DEVICE, 5000, 10));
        bench.apply(config(List.of()).withIpv6(Ipv6Config.NONE));
        assertTrue(bench.flows().isEmpty());
        assertWanDrops(DropReason.IPV6_NOT_ROUTED, WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10));
    }

    @Test
    @Tag("N10")
    void idleFlowsEndWhenTheIpv4OnesDo() {
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10));
        bench.pass(297);
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10));
        bench.pass(297);
        assertEquals(1, bench.flows().size());
        bench.pass(6);
        assertTrue(bench.flows().isEmpty());
    }

    /** Whoever is outside has 2^64 addresses to send from. */
    @Test
    @Tag("N52")
    void oneOutsideNetworkCannotTakeAllFlowsAndDevicesOfOneAreToldApart() {
        NatConfig old = config(allows());
        bench.apply(old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 10, false));
        for (int host = 1; host <= 10; host++) {
            String client = "2001:db8:ffff::" + host;
            assertToSite(WireIpv6.udp(client, 4000, RADIO, 55193, 10));
            String device = "2001:db8:1:20::" + host;
            assertToWan(WireIpv6.udp(device, 4000, SERVER, 53, 10));
        }
        assertWanDrops(
                DropReason.FLOW_LIMIT, WireIpv6.udp("2001:db8:ffff::11", 4000, RADIO, 55193, 10));
        assertToSite(WireIpv6.udp(STRANGER, 4000, RADIO, 55193, 10));
        assertToWan(WireIpv6.udp("2001:db8:1:20::11", 4000, SERVER, 53, 10));
    }

    @Test
    @Tag("N56")
    void flowsAreFilteredByAddressAndEnded() {
        assertToSite(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 10));
        bench.fromTunnel(Wire.udp("192.168.20.31", 5000, "203.0.113.7", 53, 10), SITE);
        assertEquals(0, end(Ipv6Prefix.parse("2001:db8:2::/48")));
        assertEquals(0, end(Ipv4Prefix.parse("10.0.0.0/8")));
        assertEquals(1, end(Ipv6Prefix.parse("2001:db8:ffff::/48")));
        assertEquals(1, end(Ipv4Prefix.parse("203.0.113.7")));
        assertTrue(bench.flows().isEmpty());
    }

    private int end(AddressPrefix address) {
        CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
        FlowFilter filter = FlowFilter.ALL.withAddress(address);
        new NatCommand.EndFlows(bench.policy, filter, 1, answer).apply(bench.now);
        return answer.join().flows().size();
    }

    @Test
    @Tag("N34")
    void refusalsAreSaidAsTheRuleWants() {
        Allow reject = allow("reject", Zone.WAN, RADIO, List.of(), udp(1));
        Allow reset = allow("reset", Zone.WAN, RADIO, List.of(), tcp(1));
        bench.apply(
                config(
                        List.of(
                                new Allow(
                                        "allow reject",
                                        Zone.WAN,
                                        List.of(),
                                        reject.destinations(),
                                        reject.ports(),
                                        Action.REJECT,
                                        Lifetime.BOTH_SIDES),
                                new Allow(
                                        "allow reset",
                                        Zone.WAN,
                                        List.of(),
                                        reset.destinations(),
                                        reset.ports(),
                                        Action.RESET,
                                        Lifetime.BOTH_SIDES))));
        assertNull(bench.fromWan(WireIpv6.udp(CLIENT, 4000, RADIO, 1, 10)));
        assertEquals(DropReason.DENIED_BY_RULE, bench.dropped);
        byte[] error = bench.emitted.get(0).bytes();
        WireIpv6.read(error);
        assertEquals(1 << 8 | 1, Wire.get16(error, 40));
        assertNull(bench.fromWan(WireIpv6.tcp(STRANGER, 4000, RADIO, 1, SYN)));
        IpV6Packet answer = WireIpv6.read(bench.emitted.get(0).bytes());
        TcpPacket tcp = answer.get(TcpPacket.class);
        assertTrue(tcp.getHeader().getRst() && tcp.getHeader().getAck());
        assertEquals(1001, tcp.getHeader().getAcknowledgmentNumber());
        assertEquals(WireIpv6.address(RADIO), answer.getHeader().getSrcAddr());
        assertEquals(WireIpv6.address(STRANGER), answer.getHeader().getDstAddr());
    }

    @Test
    @Tag("N33")
    void superFramesKeepPartialChecksums() {
        assertToSite(WireIpv6.tcp(CLIENT, 4000, RADIO, 443, SYN));
        assertToWan(WireIpv6.tcp(RADIO, 443, CLIENT, 4000, SYN | ACK));
        byte[] large = WireIpv6.tcp(CLIENT, 4000, RADIO, 443, ACK, 6000, 0);
        Wire.put16(large, 40 + 16, 0x1234);
        for (int gsoSize : new int[] {1360, 1361}) {
            Packet packet = bench.load(large, WAN, -1);
            packet.gsoType = Packet.GSO_TCP6;
            packet.gsoSize = gsoSize;
            packet.needsChecksum = true;
            packet.checksumStart = 40;
            packet.checksumOffset = 16;
            assertNull(PacketParser.parse(packet));
            Sent sent = bench.send(packet);
            if (gsoSize == 1360) {
                assertUnchanged(large, sent, TUNNEL, SITE);
            } else {
                assertNull(sent);
                assertEquals(DropReason.TOO_BIG, bench.dropped);
            }
        }
        assertEquals(1 + 5, bench.flows().get(0).packetsIn());
    }

    @Test
    @Tag("N53")
    void flowsOutliveARestart(@TempDir Path folder) throws IOException {
        bench.fromWan(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 100));
        bench.fromTunnel(WireIpv6.tcp(OTHER_DEVICE, 5000, SERVER, 80, SYN), SITE);
        Path path = folder.resolve("jnat.flows");
        FlowChanges changes = new FlowChanges();
        new NatCommand.CollectFlows(bench.policy, changes, true, true, new CompletableFuture<>())
                .apply(bench.now);
        try (FlowFile file = FlowFile.create(path)) {
            file.write(changes, bench.now, 0);
            file.publish();
        }
        List<FlowView> flows = bench.flows();
        bench.close();
        bench = new TranslatorBench();
        bench.apply(config(allows()));
        assertEquals(
                new FlowRestore.Result(2, 0, 0, 0),
                FlowFile.restore(path, bench.policy, bench.now, 0));
        assertEquals(flows, bench.flows());
    }
}
