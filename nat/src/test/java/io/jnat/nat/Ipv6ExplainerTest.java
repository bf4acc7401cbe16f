package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.Ipv6Config.Allow;
import io.jnat.nat.Ipv6Config.Capture;
import io.jnat.nat.Ipv6Config.OwnAddress;
import io.jnat.nat.NatConfig.Action;
import io.jnat.nat.NatConfig.Others;
import io.jnat.nat.NatConfig.Site;
import io.jnat.nat.TranslatorBench.Sent;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code jnat why} over IPv6: what is said must be what the engine then does. */
@Tag("N56")
final class Ipv6ExplainerTest {
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String RADIO = "2001:db8:1:20::31";
    private static final String OTHER_DEVICE = "2001:db8:1:20::40";
    private static final String CLUB = "2001:db8:2:20::5";
    private static final String RELAY = "2001:db8:0:1::1";
    private static final String ROUTER = "2001:db8:1:20::1";
    private static final int CLUB_PEER = RELAY_PEER + 1;

    private TranslatorBench bench;

    @BeforeEach
    void open() {
        bench = new TranslatorBench();
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private static Allow allow(String name, Zone zone, String to, int port, Action action) {
        return new Allow(
                name,
                zone,
                List.of(),
                List.of(Ipv6Prefix.parse(to)),
                List.of(new PortRange(Protocol.UDP, port, port)),
                action);
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
                NatConfig.of(
                                bench.relayLinks(),
                                Wire.ip("10.99.0.1"),
                                Ipv4Prefix.parse("10.99.0.0/24"))
                        .withRules(
                                List.of(
                                        new Site(RELAY_PEER, "wa7vc", none),
                                        new Site(CLUB_PEER, "club", none)),
                                List.of(),
                                List.of(),
                                List.of(),
                                Others.KERNEL)
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
                NatConfig.of(
                                bench.routerLinks(),
                                Wire.ip("10.99.0.2"),
                                Ipv4Prefix.parse("10.99.0.0/24"))
                        .withIpv6(
                                new Ipv6Config(
                                        List.of(own(LAN, ROUTER)),
                                        List.of(),
                                        List.of(
                                                new Capture(
                                                        "dmr", List.of(Ipv6Prefix.parse(RADIO)))),
                                        List.of(
                                                allow(
                                                        "allow dmr",
                                                        Zone.TUNNEL,
                                                        RADIO,
                                                        55193,
                                                        Action.ACCEPT)))));
    }

    private Explanation explain(byte[] packet, int link, int peer) {
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        new NatCommand.Explain(bench.policy, ByteBuffer.wrap(packet), link, peer, answer)
                .apply(bench.now);
        return answer.join();
    }

    private static String rule(Explanation explained, Asked asked) {
        return explained.steps().stream()
                .filter(step -> step.asked() == asked)
                .findFirst()
                .orElseThrow(() -> new AssertionError(explained.toString()))
                .rule();
    }

    private static byte[] bytes(Explanation explained) {
        byte[] bytes = new byte[explained.leaving().remaining()];
        explained.leaving().duplicate().get(bytes);
        return bytes;
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
        compare(new int[] {WAN, TUNNEL}, 3);
    }

    @Test
    void theEngineDoesOnTheRouterWhatWasSaid() {
        router();
        compare(new int[] {TUNNEL, LAN}, 5);
    }

    private void compare(int[] links, int seed) {
        // Those that may speak to each other come up more often.
        String[] hosts = {
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
        int[] ports = {4000, 55193, 80};
        Random random = new Random(seed);
        int forwarded = 0;
        for (int round = 0; round < 4000; round++) {
            String from = hosts[random.nextInt(hosts.length)];
            String to = hosts[random.nextInt(hosts.length)];
            int fromPort = random.nextBoolean() ? 2000 + round : ports[random.nextInt(3)];
            int toPort = ports[random.nextInt(3)];
            byte[] packet =
                    switch (random.nextInt(4)) {
                        case 0 -> WireIpv6.udp(from, fromPort, to, toPort, 20);
                        case 1 -> WireIpv6.tcp(from, fromPort, to, toPort, SYN);
                        case 2 -> WireIpv6.tcp(from, fromPort, to, toPort, ACK);
                        default -> WireIpv6.echo(from, to, fromPort, random.nextBoolean(), 20);
                    };
            int link = links[random.nextInt(links.length)];
            int peer = link == TUNNEL ? RELAY_PEER : -1;
            Explanation said = explain(packet, link, peer);
            boolean knew = said.steps().stream().anyMatch(step -> step.rule().startsWith("flow "));
            Sent sent = bench.send(packet, link, peer);
            if (knew && bench.dropped == DropReason.TCP_OUT_OF_STATE) {
                continue; // whether a segment is in a connection's window is not asked
            }
            String about = said + " but " + bench.dropped;
            switch (said.outcome()) {
                case FORWARDED -> {
                    assertNotNull(sent, about);
                    assertArrayEquals(sent.bytes(), bytes(said), about);
                    assertEquals(sent.link(), said.outLink(), about);
                    assertEquals(sent.peer(), said.outPeer(), about);
                    forwarded++;
                }
                case HANDED_BACK, ANSWERED -> assertArrayEquals(packet, sent.bytes(), about);
                case DROPPED, REJECTED -> assertEquals(bench.dropped, said.reason(), about);
            }
        }
        assertTrue(forwarded > 100, "only " + forwarded + " were forwarded");
    }
}
