package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Allow;
import io.jnat.nat.rule.NatConfig.Capture;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code jnat why} is told must be what the engine then does. */
@Tag("N56")
final class ExplainerTest extends ExplainerContract {
    private static final String CLIENT = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final String HOST = "192.168.20.99";
    private static final int[] PORTS = {4000, 55193, 6000, 80, 81};

    private void relay() {
        Ipv4Prefix club = Ipv4Prefix.parse("198.18.0.0/15");
        bench.apply(
                bench.relay(
                        List.of(
                                new Site(
                                        0,
                                        "wa7vc",
                                        List.of(
                                                Ipv4Prefix.parse("192.168.20.0/24"),
                                                Ipv4Prefix.parse("10.99.0.2")))),
                        List.of(
                                forward("dmr", 55193, List.of()),
                                forward("club", 6000, List.of(club)))));
    }

    private static Forward forward(String name, int port, List<Ipv4Prefix> sources) {
        PortRange ports = new PortRange(Protocol.UDP, port, port);
        return new Forward(name, ports, 0, sources, 0, Wire.ip(RADIO), port, false);
    }

    private void router() {
        bench.apply(
                bench.router(List.of("100.64.7.7"))
                        .withRules(
                                List.of(),
                                List.of(),
                                List.of(new Capture("radio", List.of(Ipv4Prefix.parse(RADIO)))),
                                List.of(
                                        allow("blocked", HOST, 81, Action.REJECT),
                                        allow("web", HOST, 80, Action.ACCEPT),
                                        allow("dmr", RADIO, 55193, Action.ACCEPT)),
                                Others.WAN));
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

    @Override
    byte[] udp(String from, int fromPort, String to, int toPort) {
        return Wire.udp(from, fromPort, to, toPort, 20);
    }

    @Override
    byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        return Wire.tcp(from, fromPort, to, toPort, flags);
    }

    @Override
    byte[] echo(String from, String to, int identifier, boolean request) {
        return Wire.echo(from, to, identifier, request, 20);
    }

    /** Without the port or identifier, and its checksum, where it was drawn by lot. */
    @Override
    byte[] foreseeable(byte[] before, byte[] after) {
        int at = before[9] == Protocol.ICMP ? 24 : 20;
        boolean kept = before[at] == after[at] && before[at + 1] == after[at + 1];
        return kept ? after : Arrays.copyOf(after, 20);
    }

    @Override
    void assertAnswered(byte[] asked, int link, Sent answer, String about) {
        assertEquals(link, answer.link(), about);
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
                packet = Arrays.copyOf(packet, random.nextInt(packet.length + 1));
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
        compare(hosts, PORTS, new int[] {WAN, TUNNEL}, 3);
    }

    @Test
    void theEngineDoesOnTheRouterWhatWasSaid() {
        router();
        String[] hosts = {CLIENT, HOST, RADIO, "192.168.20.1", "10.99.0.2", "10.99.0.1", "8.8.8.8"};
        compare(hosts, PORTS, new int[] {WAN, TUNNEL, LAN}, 5);
    }
}
