package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.PortRange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What can be chosen per rule or site: mapping, filtering, pools, masquerade, idle limits. */
final class BehaviourTest {
    private static final String DEVICE = "192.168.20.31";
    private static final String SERVER = "203.0.113.7";
    private static final String OTHER = "203.0.113.8";
    private static final FlowTimeouts SHORT = new FlowTimeouts(120, 7440, 240, 60, 30, 180, 600);

    private final TranslatorBench bench = new TranslatorBench();

    @AfterEach
    void release() {
        bench.close();
    }

    private void relay(List<String> addresses, Behaviour site, Forward... forwards) {
        bench.apply(config(addresses, site, forwards));
    }

    private NatConfig config(List<String> addresses, Behaviour site, Forward... forwards) {
        return bench.relayAt(addresses)
                .withRules(
                        List.of(
                                TranslatorBench.site(0, "one", site),
                                TranslatorBench.site(1, "two")),
                        List.of(forwards),
                        List.of(),
                        List.of(),
                        Others.KERNEL);
    }

    private static Behaviour behaviour(Dependence mapping, Dependence filtering) {
        return new Behaviour(mapping, filtering, false, Lifetime.DEVICE_ONLY);
    }

    private int externalPort(String to, int toPort) {
        return Wire.get16(bench.fromTunnel(Wire.udp(DEVICE, 5000, to, toPort, 10), 0).bytes(), 20);
    }

    private Sent in(String from, int fromPort) {
        return bench.fromWan(Wire.udp(from, fromPort, TranslatorBench.PUBLIC, 5000, 10));
    }

    @Test
    @Tag("N1")
    void mappingMayDependOnTheAddress() {
        relay(List.of(TranslatorBench.PUBLIC), behaviour(Dependence.ADDRESS, Dependence.ADDRESS));
        int first = externalPort(SERVER, 1);
        assertEquals(first, externalPort(SERVER, 2));
        assertNotEquals(first, externalPort(OTHER, 1));
    }

    @Test
    @Tag("N1")
    void mappingMayDependOnAddressAndPort() {
        relay(
                List.of(TranslatorBench.PUBLIC),
                behaviour(Dependence.ADDRESS_AND_PORT, Dependence.ADDRESS_AND_PORT));
        int first = externalPort(SERVER, 1);
        assertNotEquals(first, externalPort(SERVER, 2));
        assertEquals(first, externalPort(SERVER, 1));
    }

    @Test
    @Tag("N2")
    void filteringMayDependOnNothing() {
        relay(List.of(TranslatorBench.PUBLIC), behaviour(Dependence.NOTHING, Dependence.NOTHING));
        externalPort(SERVER, 1);
        assertNotNull(in(OTHER, 9));
    }

    @Test
    @Tag("N2")
    void filteringMayDependOnAddressAndPort() {
        relay(
                List.of(TranslatorBench.PUBLIC),
                behaviour(Dependence.NOTHING, Dependence.ADDRESS_AND_PORT));
        externalPort(SERVER, 1);
        assertNotNull(in(SERVER, 1));
        assertNull(in(SERVER, 2));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N3")
    @Tag("N4")
    void staticPortIsTheSourcesOwnOrNone() {
        Behaviour asIs =
                new Behaviour(Dependence.NOTHING, Dependence.ADDRESS, true, Lifetime.DEVICE_ONLY);
        relay(List.of(TranslatorBench.PUBLIC), asIs);
        assertEquals(5000, externalPort(SERVER, 1));
        assertNull(bench.fromTunnel(Wire.udp("192.168.20.32", 5000, SERVER, 1, 10), 0));
        assertEquals(DropReason.NO_FREE_PORT, bench.dropped);
        assertNull(bench.fromTunnel(Wire.udp(DEVICE, 123, SERVER, 1, 10), 0), "the host's port");
        assertNotNull(bench.fromTunnel(Wire.udp(DEVICE, 5000, SERVER, 1, 10), 1), "another site");
        assertEquals(2, bench.report().mappings());
        for (String each : List.of(DEVICE, "192.168.20.32")) {
            assertNotNull(bench.fromTunnel(Wire.echo(each, SERVER, 5, true, 56), 0));
        }
    }

    @Test
    @Tag("N54")
    void flowsOnReplacedPortsEndWhenPortsBecomeStatic() {
        relay(List.of(TranslatorBench.PUBLIC), Behaviour.DEFAULT);
        bench.fromTunnel(Wire.udp(DEVICE, 5000, SERVER, 1, 10), 0);
        bench.fromTunnel(Wire.udp("192.168.20.32", 5000, SERVER, 1, 10), 0);
        relay(
                List.of(TranslatorBench.PUBLIC),
                new Behaviour(Dependence.NOTHING, Dependence.ADDRESS, true, Lifetime.DEVICE_ONLY));
        bench.pass(1);
        assertEquals(1, bench.flows().size());
        assertEquals(DEVICE + ":5000", bench.flows().getFirst().inside());
    }

    @Test
    @Tag("N10")
    void siteMayLetInboundPacketsRefresh() {
        relay(
                List.of(TranslatorBench.PUBLIC),
                new Behaviour(Dependence.NOTHING, Dependence.ADDRESS, false, Lifetime.BOTH_SIDES));
        externalPort(SERVER, 1);
        for (int at = 0; at < 5; at++) {
            bench.pass(200);
            assertNotNull(in(SERVER, 1));
        }
    }

    @Test
    @Tag("N12")
    void siteAndForwardMayHaveTheirOwnLimits() {
        Forward quick =
                TranslatorBench.forward(
                        "quick",
                        new PortRange(Protocol.UDP, 7000, 7000),
                        DEVICE,
                        7000,
                        Dependence.NOTHING,
                        new Lifetime(false, SHORT));
        relay(
                List.of(TranslatorBench.PUBLIC),
                new Behaviour(
                        Dependence.NOTHING, Dependence.ADDRESS, false, new Lifetime(false, SHORT)),
                quick);
        externalPort(SERVER, 1);
        bench.fromWan(Wire.udp(SERVER, 9, TranslatorBench.PUBLIC, 7000, 10));
        bench.fromTunnel(Wire.udp(DEVICE, 5000, SERVER, 1, 10), 1);
        bench.pass(118);
        assertEquals(3, bench.flows().size());
        bench.pass(5);
        assertEquals(1, bench.flows().size());
        assertEquals("site two", bench.flows().get(0).rule());
    }

    @Test
    @Tag("N8")
    void devicesAreSpreadOverThePoolAndEachKeepsItsAddress() {
        List<String> addresses = List.of("198.51.100.1", "198.51.100.2", "198.51.100.3");
        NatConfig config = config(addresses, null);
        bench.apply(
                config.withTranslation(
                        addresses.stream().map(Wire::ip).toList(), Behaviour.DEFAULT));
        Map<Integer, Integer> chosen = new HashMap<>();
        Set<Integer> used = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            for (int host = 1; host < 100; host++) {
                byte[] out =
                        bench.fromTunnel(
                                        Wire.udp("192.168.20." + host, 2000 + round, SERVER, 1, 9),
                                        0)
                                .bytes();
                int external = Wire.get16(out, 12) << 16 | Wire.get16(out, 14);
                used.add(external);
                Integer before = chosen.put(host, external);
                assertTrue(before == null || before == external);
            }
        }
        assertEquals(3, used.size());
    }

    @Test
    void privateAddressBesideThePublicOneIsNotSentFrom() {
        relay(List.of("10.10.0.5", TranslatorBench.PUBLIC), null);
        Sent out = bench.fromTunnel(Wire.udp(DEVICE, 5000, SERVER, 1, 9), 0);
        assertEquals(
                TranslatorBench.PUBLIC,
                Wire.read(out.bytes()).getHeader().getSrcAddr().getHostAddress());
    }

    @Test
    @Tag("N47")
    @Tag("N54")
    void flowsEndWhenTheDeviceIsToSeeAnotherSource() {
        for (boolean masquerade : new boolean[] {true, false, true}) {
            relay(List.of(TranslatorBench.PUBLIC), null, masked(masquerade));
            bench.pass(1);
            assertTrue(bench.flows().isEmpty());
            Sent in = bench.fromWan(Wire.udp(SERVER, 9000, TranslatorBench.PUBLIC, 7000, 10));
            assertEquals(
                    masquerade ? "10.99.0.1" : SERVER,
                    Wire.read(in.bytes()).getHeader().getSrcAddr().getHostAddress());
        }
    }

    @Test
    @Tag("N3")
    @Tag("N47")
    void portThatSpeaksToAMasqueradedForwardReachesTheInternetToo() {
        Forward masked =
                new Forward(
                        "masked",
                        new PortRange(Protocol.UDP, 7000, 7000),
                        0,
                        List.of(),
                        1,
                        Wire.ip(DEVICE),
                        7001,
                        true);
        relay(List.of(TranslatorBench.PUBLIC), null, masked);
        byte[] toForward = Wire.udp("192.168.20.32", 5060, TranslatorBench.PUBLIC, 7000, 10);
        Sent across = bench.fromTunnel(toForward, 0);
        assertEquals(
                "10.99.0.1", Wire.read(across.bytes()).getHeader().getSrcAddr().getHostAddress());
        Sent out = bench.fromTunnel(Wire.udp("192.168.20.32", 5060, SERVER, 5060, 10), 0);
        assertNotNull(out, () -> "dropped: " + bench.dropped);
        assertEquals(
                TranslatorBench.PUBLIC,
                Wire.read(out.bytes()).getHeader().getSrcAddr().getHostAddress());
        assertEquals(5060, Wire.get16(out.bytes(), 20));
        Sent again = bench.fromTunnel(toForward, 0);
        assertEquals(
                "10.99.0.1", Wire.read(again.bytes()).getHeader().getSrcAddr().getHostAddress());
    }

    @Test
    @Tag("N4")
    void portOfAForwardIsKeptAlsoBehindAMasqueradedOneToTheSameDevice() {
        Forward plain =
                TranslatorBench.forward(
                        "plain", new PortRange(Protocol.UDP, 8000, 8000), 0, DEVICE, 7001);
        relay(List.of(TranslatorBench.PUBLIC), null, masked(true), plain);
        Sent out = bench.fromTunnel(Wire.udp(DEVICE, 7001, SERVER, 9000, 10), 0);
        assertEquals(8000, Wire.get16(out.bytes(), 20));
    }

    private static Forward masked(boolean masquerade) {
        return new Forward(
                "masked",
                new PortRange(Protocol.UDP, 7000, 7000),
                0,
                List.of(Ipv4Prefix.parse("203.0.113.0/24")),
                0,
                Wire.ip(DEVICE),
                7001,
                masquerade);
    }

    @Test
    @Tag("N47")
    void masqueradeShowsTheDeviceTheTunnelAddress() {
        relay(List.of(TranslatorBench.PUBLIC), null, masked(true));
        Sent in = bench.fromWan(Wire.udp(SERVER, 9000, TranslatorBench.PUBLIC, 7000, 10));
        assertEquals("10.99.0.1", Wire.read(in.bytes()).getHeader().getSrcAddr().getHostAddress());
        assertEquals(SERVER + ":9000", bench.flows().get(0).outside(), "whom people look for");
        int port = Wire.get16(in.bytes(), 20);
        Sent out = bench.fromTunnel(Wire.udp(DEVICE, 7001, "10.99.0.1", port, 10), 0);
        assertEquals(SERVER, Wire.read(out.bytes()).getHeader().getDstAddr().getHostAddress());
        assertEquals(7000, Wire.get16(out.bytes(), 20));
        assertEquals(9000, Wire.get16(out.bytes(), 22));
        byte[] error = Wire.error(DEVICE, "10.99.0.1", 3, 3, 0, in.bytes());
        Sent unreachable = bench.fromTunnel(error, 0);
        assertNotNull(unreachable, () -> "dropped: " + bench.dropped);
        assertEquals(
                SERVER, Wire.read(unreachable.bytes()).getHeader().getDstAddr().getHostAddress());
        assertNull(bench.fromWan(Wire.udp("198.18.0.1", 9, TranslatorBench.PUBLIC, 7000, 10)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
    }
}
