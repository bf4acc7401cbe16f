package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.PUBLIC;
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
import io.jnat.nat.NatConfig.Action;
import io.jnat.nat.NatConfig.Allow;
import io.jnat.nat.NatConfig.Capture;
import io.jnat.nat.NatConfig.Forward;
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

/** What {@code jnat why} is told must be what the engine then does. */
@Tag("N56")
final class ExplainerTest {
    private static final String CLIENT = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final String HOST = "192.168.20.99";

    private TranslatorBench bench;

    @BeforeEach
    void open() {
        bench = new TranslatorBench();
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private void relay() {
        Ipv4Prefix club = Ipv4Prefix.parse("198.18.0.0/15");
        bench.apply(
                NatConfig.of(
                                bench.relayLinks(),
                                Wire.ip("10.99.0.1"),
                                Ipv4Prefix.parse("10.99.0.0/24"))
                        .withRules(
                                List.of(
                                        new Site(
                                                0,
                                                "wa7vc",
                                                List.of(
                                                        Ipv4Prefix.parse("192.168.20.0/24"),
                                                        Ipv4Prefix.parse("10.99.0.2")))),
                                List.of(
                                        forward("dmr", 55193, List.of()),
                                        forward("club", 6000, List.of(club))),
                                List.of(),
                                List.of(),
                                Others.KERNEL));
    }

    private static Forward forward(String name, int port, List<Ipv4Prefix> sources) {
        PortRange ports = new PortRange(Protocol.UDP, port, port);
        return new Forward(name, ports, 0, sources, 0, Wire.ip(RADIO), port, false);
    }

    private void router() {
        bench.apply(
                NatConfig.of(
                                bench.routerLinks(),
                                Wire.ip("10.99.0.2"),
                                Ipv4Prefix.parse("10.99.0.0/24"))
                        .withRules(
                                List.of(),
                                List.of(),
                                List.of(new Capture("radio", List.of(Ipv4Prefix.parse(RADIO)))),
                                List.of(
                                        allow("blocked", HOST, 81, Action.REJECT),
                                        allow("web", HOST, 80, Action.ACCEPT),
                                        allow("dmr", RADIO, 55193, Action.ACCEPT)),
                                Others.WAN));
        bench.wanAddress("100.64.7.7");
    }

    private static Allow allow(String name, String to, int port, Action action) {
        return new Allow(
                name,
                Zone.TUNNEL,
                List.of(),
                List.of(Ipv4Prefix.parse(to)),
                List.of(new PortRange(PortRange.ANY_PROTOCOL, port, port)),
                action);
    }

    private Explanation explain(byte[] packet, int link, int peer) {
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        new NatCommand.Explain(bench.policy, ByteBuffer.wrap(packet), link, peer, answer)
                .apply(bench.now);
        return answer.join();
    }

    private static byte[] bytes(Explanation explained) {
        byte[] bytes = new byte[explained.leaving().remaining()];
        explained.leaving().duplicate().get(bytes);
        return bytes;
    }

    private static Explanation.Step step(Explanation explained, Asked asked) {
        return explained.steps().stream()
                .filter(step -> step.asked() == asked)
                .findFirst()
                .orElseThrow(() -> new AssertionError(explained.toString()));
    }

    @Test
    void aForwardIsNamedWithWhereItLeads() {
        relay();
        Explanation explained = explain(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 20), WAN, -1);
        assertEquals(Outcome.FORWARDED, explained.outcome());
        assertEquals("forward dmr", explained.rule());
        assertEquals("forward dmr", step(explained, Asked.FORWARD).rule());
        assertEquals(TUNNEL, explained.outLink());
        assertEquals(0, explained.outPeer());
        assertEquals(
                Wire.read(Wire.udp(CLIENT, 4000, RADIO, 55193, 20)).getHeader().getDstAddr(),
                Wire.read(bytes(explained)).getHeader().getDstAddr());
    }

    @Test
    void whatNoForwardMatchesSaysSo() {
        relay();
        Explanation explained = explain(Wire.udp(CLIENT, 4000, PUBLIC, 6000, 20), WAN, -1);
        assertEquals(Outcome.DROPPED, explained.outcome());
        assertEquals(DropReason.NO_FORWARD, explained.reason());
        assertTrue(step(explained, Asked.FORWARD).answer().startsWith("none of 2"));
        assertEquals("", explained.rule());
    }

    @Test
    void anExistingFlowAnswersForItself() {
        relay();
        byte[] packet = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 20);
        assertNotNull(bench.fromWan(packet));
        Explanation explained = explain(packet, WAN, -1);
        assertTrue(step(explained, Asked.FLOW_TABLE).rule().startsWith("flow "));
        assertEquals("forward dmr", explained.rule());
        assertEquals(Outcome.FORWARDED, explained.outcome());
        Explanation answered = explain(Wire.udp(RADIO, 55193, CLIENT, 4000, 20), TUNNEL, 0);
        assertTrue(step(answered, Asked.FLOW_TABLE).answer().startsWith("answers it"));
    }

    @Test
    void askingChangesNothing() {
        router();
        bench.fromLan(Wire.udp(HOST, 4000, CLIENT, 53, 20));
        NatReport before = bench.report();
        List<FlowView> flows = bench.flows();
        explain(Wire.udp(HOST, 4000, CLIENT, 53, 20), LAN, -1);
        explain(Wire.udp(HOST, 4001, CLIENT, 53, 20), LAN, -1);
        explain(Wire.tcp(RADIO, 4000, CLIENT, 80, SYN), LAN, -1);
        explain(Wire.tcp(CLIENT, 4000, HOST, 81, SYN), TUNNEL, RELAY_PEER);
        assertEquals(before, bench.report());
        assertEquals(flows, bench.flows());
        assertTrue(bench.emitted.isEmpty());
    }

    @Test
    void anythingMayBeAskedAbout() {
        relay();
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            byte[] packet = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 20);
            if (random.nextBoolean()) {
                packet = java.util.Arrays.copyOf(packet, random.nextInt(packet.length + 1));
            }
            for (int hit = random.nextInt(4); hit >= 0 && packet.length > 0; hit--) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt();
            }
            assertNotNull(explain(packet, random.nextInt(4) - 1, random.nextInt(3) - 1));
        }
        assertEquals(0, bench.report().flows());
        assertEquals(0, bench.report().mappings());
    }

    @Test
    void theEngineDoesOnTheRelayWhatWasSaid() {
        relay();
        String[] hosts = {CLIENT, "198.18.0.9", PUBLIC, RADIO, "10.99.0.2", "10.99.0.1", "8.8.8.8"};
        compare(hosts, new int[] {WAN, TUNNEL}, 3);
    }

    @Test
    void theEngineDoesOnTheRouterWhatWasSaid() {
        router();
        String[] hosts = {CLIENT, HOST, RADIO, "192.168.20.1", "10.99.0.2", "10.99.0.1", "8.8.8.8"};
        compare(hosts, new int[] {WAN, TUNNEL, LAN}, 5);
    }

    private static byte[] comparable(byte[] before, Sent sent) {
        return comparable(before, sent.bytes());
    }

    private static byte[] comparable(byte[] before, Explanation said) {
        return comparable(before, bytes(said));
    }

    /** Without the port or identifier, and its checksum, where it was drawn by lot. */
    private static byte[] comparable(byte[] before, byte[] after) {
        int at = before[9] == Protocol.ICMP ? 24 : 20;
        boolean kept = before[at] == after[at] && before[at + 1] == after[at + 1];
        return kept ? after : java.util.Arrays.copyOf(after, 20);
    }

    private void compare(String[] hosts, int[] links, int seed) {
        Random random = new Random(seed);
        int[] ports = {4000, 55193, 6000, 80, 81};
        int forwarded = 0;
        for (int round = 0; round < 4000; round++) {
            String from = hosts[random.nextInt(hosts.length)];
            String to = hosts[random.nextInt(hosts.length)];
            int fromPort = random.nextBoolean() ? 2000 + round : ports[random.nextInt(5)];
            int toPort = ports[random.nextInt(5)];
            byte[] packet =
                    switch (random.nextInt(4)) {
                        case 0 -> Wire.udp(from, fromPort, to, toPort, 20);
                        case 1 -> Wire.tcp(from, fromPort, to, toPort, SYN);
                        case 2 -> Wire.tcp(from, fromPort, to, toPort, ACK);
                        default -> Wire.echo(from, to, fromPort, random.nextBoolean(), 20);
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
                    assertArrayEquals(comparable(packet, sent), comparable(packet, said), about);
                    assertEquals(sent.link(), said.outLink(), about);
                    assertEquals(sent.peer(), said.outPeer(), about);
                    forwarded++;
                }
                case HANDED_BACK -> assertArrayEquals(packet, sent.bytes(), about);
                case ANSWERED -> assertEquals(link, sent.link(), about);
                case DROPPED, REJECTED -> assertEquals(bench.dropped, said.reason(), about);
            }
        }
        assertTrue(forwarded > 100, "only " + forwarded + " were forwarded");
    }
}
