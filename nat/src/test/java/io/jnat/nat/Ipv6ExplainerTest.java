package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Config.Allow;
import io.jnat.nat.rule.Ipv6Config.Capture;
import io.jnat.nat.rule.Ipv6Config.OwnAddress;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code jnat why} over IPv6: what is said must be what the engine then does. */
@Tag("N56")
final class Ipv6ExplainerTest extends ExplainerContract {
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String RADIO = "2001:db8:1:20::31";
    private static final String OTHER_DEVICE = "2001:db8:1:20::40";
    private static final String CLUB = "2001:db8:2:20::5";
    private static final String RELAY = "2001:db8:0:1::1";
    private static final String ROUTER = "2001:db8:1:20::1";
    private static final int CLUB_PEER = RELAY_PEER + 1;

    /** Those that may speak to each other come up more often. */
    private static final String[] HOSTS = {
        CLIENT,
        RADIO,
        CLIENT,
        RADIO,
        OTHER_DEVICE,
        CLUB,
        RELAY,
        ROUTER,
        "fe80::1",
        "fd00::9",
        "ff02::1"
    };

    private static final int[] PORTS = {4000, 55193, 80};

    private static Allow allow(String name, Zone zone, String to, int port, Action action) {
        return new Allow(
                name,
                zone,
                List.of(),
                List.of(Ipv6Prefix.parse(to)),
                List.of(new PortRange(Protocol.UDP, port, port)),
                action,
                Lifetime.BOTH_SIDES);
    }

    private static OwnAddress own(int link, String address) {
        Ipv6Prefix own = Ipv6Prefix.parse(address);
        return new OwnAddress(link, own.high(), own.low());
    }

    private static Ipv6Config.Site site(int peer, String network) {
        return new Ipv6Config.Site(peer, List.of(Ipv6Prefix.parse(network)));
    }

    private void relay() {
        List<Ipv4Prefix> none = List.of();
        bench.apply(
                bench.relay(
                                List.of(
                                        new Site(RELAY_PEER, "wa7vc", none),
                                        new Site(CLUB_PEER, "club", none)),
                                List.of())
                        .withIpv6(
                                new Ipv6Config(
                                        List.of(own(WAN, RELAY)),
                                        List.of(
                                                site(RELAY_PEER, "2001:db8:1::/48"),
                                                site(CLUB_PEER, "2001:db8:2::/48")),
                                        List.of(),
                                        List.of(
                                                allow(
                                                        "forward blocked",
                                                        Zone.WAN,
                                                        RADIO,
                                                        80,
                                                        Action.REJECT),
                                                allow(
                                                        "forward dmr",
                                                        Zone.WAN,
                                                        RADIO,
                                                        55193,
                                                        Action.ACCEPT)))));
    }

    private void router() {
        bench.apply(
                bench.router(List.of())
                        .withIpv6(
                                new Ipv6Config(
                                        List.of(own(LAN, ROUTER)),
                                        List.of(),
                                        List.of(
                                                new Capture(
                                                        "dmr",
                                                        List.of(Ipv6Prefix.parse(RADIO)),
                                                        Lifetime.DEVICE_ONLY)),
                                        List.of(
                                                allow(
                                                        "allow dmr",
                                                        Zone.TUNNEL,
                                                        RADIO,
                                                        55193,
                                                        Action.ACCEPT)))));
    }

    private static String rule(Explanation explained, Asked asked) {
        return step(explained, asked).rule();
    }

    @Override
    byte[] udp(String from, int fromPort, String to, int toPort) {
        return WireIpv6.udp(from, fromPort, to, toPort, 20);
    }

    @Override
    byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        return WireIpv6.tcp(from, fromPort, to, toPort, flags);
    }

    @Override
    byte[] echo(String from, String to, int identifier, boolean request) {
        return WireIpv6.echo(from, to, identifier, request, 20);
    }

    /** All of it: nothing is translated. */
    @Override
    byte[] foreseeable(byte[] before, byte[] after) {
        return after;
    }

    @Override
    void assertAnswered(byte[] asked, int link, Sent answer, String about) {
        assertArrayEquals(asked, answer.bytes(), about);
    }

    @Test
    void relayNamesTheForwardThatLetsItInUnchanged() {
        relay();
        byte[] packet = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 20);
        Explanation explained = explain(packet, WAN, -1);
        assertEquals(Outcome.FORWARDED, explained.outcome());
        assertEquals("forward dmr", rule(explained, Asked.FORWARD));
        assertEquals("forward dmr", explained.rule());
        assertEquals(TUNNEL, explained.outLink());
        assertEquals(RELAY_PEER, explained.outPeer());
        assertArrayEquals(packet, bytes(explained));
        Explanation closed = explain(WireIpv6.udp(CLIENT, 4000, RADIO, 9, 20), WAN, -1);
        assertEquals(DropReason.NOT_ALLOWED, closed.reason());
        assertEquals("", rule(closed, Asked.FORWARD));
    }

    @Test
    void routerNamesTheCaptureAndTheAllowRule() {
        router();
        Explanation out = explain(WireIpv6.udp(RADIO, 5060, CLIENT, 53, 20), LAN, -1);
        assertEquals("capture dmr", rule(out, Asked.CAPTURE));
        assertEquals(TUNNEL, out.outLink());
        Explanation in = explain(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 20), TUNNEL, RELAY_PEER);
        assertEquals("allow dmr", rule(in, Asked.ALLOW));
        assertEquals(LAN, in.outLink());
    }

    @Test
    void anExistingFlowAnswersForItself() {
        relay();
        byte[] packet = WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 20);
        assertNotNull(bench.fromWan(packet));
        assertTrue(rule(explain(packet, WAN, -1), Asked.FLOW_TABLE).startsWith("flow "));
        Explanation answer =
                explain(WireIpv6.udp(RADIO, 55193, CLIENT, 4000, 20), TUNNEL, RELAY_PEER);
        assertTrue(rule(answer, Asked.FLOW_TABLE).startsWith("flow "));
        assertEquals(WAN, answer.outLink());
    }

    @Test
    void askingChangesNothing() {
        relay();
        bench.fromWan(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 20));
        NatReport before = bench.report();
        List<FlowView> flows = bench.flows();
        explain(WireIpv6.udp(CLIENT, 4000, RADIO, 55193, 20), WAN, -1);
        explain(WireIpv6.udp(CLIENT, 4001, RADIO, 55193, 20), WAN, -1);
        explain(WireIpv6.udp(CLIENT, 4001, RADIO, 80, 20), WAN, -1);
        explain(WireIpv6.tcp(RADIO, 4000, CLIENT, 80, SYN), TUNNEL, RELAY_PEER);
        assertEquals(before, bench.report());
        assertEquals(flows, bench.flows());
        assertTrue(bench.emitted.isEmpty());
    }

    @Test
    void theEngineDoesOnTheRelayWhatWasSaid() {
        relay();
        compare(HOSTS, PORTS, new int[] {WAN, TUNNEL}, 3);
    }

    @Test
    void theEngineDoesOnTheRouterWhatWasSaid() {
        router();
        compare(HOSTS, PORTS, new int[] {TUNNEL, LAN}, 5);
    }
}
