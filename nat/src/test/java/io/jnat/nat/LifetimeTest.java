package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Allow;
import io.jnat.nat.rule.NatConfig.Capture;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each rule's own idle limits, and what refreshes its flows; the clock is driven by hand. */
final class LifetimeTest {
    private static final String DEVICE = "192.168.20.31";
    private static final String HOST = "192.168.20.50";
    private static final String CLIENT = "203.0.113.7";
    private static final FlowTimeouts LONG = new FlowTimeouts(1800, 14_400, 300, 90, 30, 180, 600);

    private final TranslatorBench bench = new TranslatorBench();

    @AfterEach
    void release() {
        bench.close();
    }

    private void relay(Lifetime site, Lifetime forward) {
        bench.apply(
                bench.relay(
                        List.of(
                                TranslatorBench.site(
                                        0,
                                        "one",
                                        new Behaviour(
                                                Dependence.NOTHING,
                                                Dependence.NOTHING,
                                                false,
                                                site))),
                        List.of(forward(Protocol.UDP, forward), forward(Protocol.TCP, forward))));
    }

    private static Forward forward(int protocol, Lifetime lifetime) {
        return TranslatorBench.forward(
                "web",
                new PortRange(protocol, 8080, 8080),
                DEVICE,
                8080,
                Dependence.NOTHING,
                lifetime);
    }

    private void router(Lifetime capture, Lifetime allow) {
        bench.apply(
                bench.router(List.of())
                        .withRules(
                                List.of(),
                                List.of(),
                                List.of(
                                        new Capture(
                                                "radio",
                                                List.of(Ipv4Prefix.parse(DEVICE)),
                                                capture)),
                                List.of(
                                        new Allow(
                                                "host",
                                                Zone.TUNNEL,
                                                List.of(),
                                                List.of(Ipv4Prefix.parse(HOST)),
                                                List.of(),
                                                Action.ACCEPT,
                                                allow)),
                                Others.KERNEL));
    }

    private static Lifetime within(FlowTimeouts timeouts) {
        return new Lifetime(false, timeouts);
    }

    @Test
    @Tag("N12")
    void forwardsOwnLimitsHoldForItsFlowsOfEveryProtocol() {
        relay(Lifetime.DEVICE_ONLY, within(LONG));
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10));
        bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, SYN));
        bench.fromTunnel(Wire.tcp(DEVICE, 8080, CLIENT, 4000, SYN | ACK), 0);
        bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 8080, ACK));
        bench.fromTunnel(Wire.udp(DEVICE, 5000, CLIENT, 53, 10), 0);
        bench.pass(310);
        assertEquals(2, bench.flows().size(), "the site's flow has the general limit");
        bench.pass(1485);
        assertEquals(2, bench.flows().size());
        bench.pass(10);
        assertEquals("tcp", bench.flows().getFirst().protocol());
        bench.pass(14_400 - 1805 - 5);
        assertEquals(1, bench.flows().size());
        bench.pass(10);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N4")
    @Tag("N12")
    void whatADeviceOpensFromAForwardsPortIsTheForwards() {
        relay(Lifetime.DEVICE_ONLY, new Lifetime(true, LONG));
        bench.fromTunnel(Wire.udp(DEVICE, 8080, CLIENT, 4000, 10), 0);
        assertEquals("forward web", bench.flows().getFirst().rule());
        for (int turn = 0; turn < 3; turn++) {
            bench.pass(1700);
            assertNotNull(bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10)));
        }
        assertEquals(1, bench.flows().size());
    }

    @Test
    @Tag("N10")
    void forwardMayBeKeptAliveByItsDeviceOnly() {
        relay(Lifetime.DEVICE_ONLY, new Lifetime(false, null));
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10));
        bench.fromTunnel(Wire.udp(DEVICE, 8080, CLIENT, 4000, 10), 0);
        bench.pass(200);
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10));
        bench.pass(110);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N12")
    void whatASitesFilterLetsInLivesAsTheSitesOwnFlows() {
        relay(new Lifetime(true, LONG), Lifetime.BOTH_SIDES);
        bench.fromTunnel(Wire.udp(DEVICE, 5000, CLIENT, 53, 10), 0);
        for (int turn = 0; turn < 5; turn++) {
            assertNotNull(bench.fromWan(Wire.udp("203.0.113.9", 9, PUBLIC, 5000, 10)));
            bench.pass(1000);
        }
        assertEquals(1, bench.flows().size());
        assertEquals("site one", bench.flows().getFirst().rule());
    }

    @Test
    @Tag("N12")
    void capturesAndAllowRulesHaveTheirOwnLimits() {
        router(within(LONG), Lifetime.BOTH_SIDES);
        bench.fromLan(Wire.udp(DEVICE, 5000, CLIENT, 53, 10));
        bench.fromTunnel(Wire.udp(CLIENT, 4000, HOST, 80, 10), RELAY_PEER);
        bench.pass(310);
        assertEquals("capture radio", bench.flows().getFirst().rule());
        assertEquals(1, bench.flows().size());
        router(Lifetime.DEVICE_ONLY, within(LONG));
        bench.fromTunnel(Wire.udp(CLIENT, 4000, HOST, 80, 10), RELAY_PEER);
        bench.pass(310);
        assertEquals("allow host", bench.flows().getFirst().rule());
    }

    @Test
    @Tag("N10")
    void capturedFlowsMayBeKeptAliveFromOutside() {
        for (boolean refreshes : new boolean[] {true, false}) {
            router(new Lifetime(refreshes, null), Lifetime.BOTH_SIDES);
            bench.fromLan(Wire.udp(DEVICE, 5000, CLIENT, 53, 10));
            for (int turn = 0; turn < 5; turn++) {
                bench.pass(80);
                bench.fromTunnel(Wire.udp(CLIENT, 53, DEVICE, 5000, 10), RELAY_PEER);
            }
            assertEquals(refreshes ? 1 : 0, bench.flows().size());
        }
    }

    @Test
    @Tag("N10")
    void allowRuleMayBeKeptAliveByItsDeviceOnly() {
        router(Lifetime.DEVICE_ONLY, Lifetime.DEVICE_ONLY);
        bench.fromTunnel(Wire.udp(CLIENT, 4000, HOST, 80, 10), RELAY_PEER);
        bench.pass(200);
        bench.fromTunnel(Wire.udp(CLIENT, 4000, HOST, 80, 10), RELAY_PEER);
        bench.pass(110);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N12")
    @Tag("N54")
    void changedLimitHoldsForFlowsThatAreThere() {
        relay(Lifetime.DEVICE_ONLY, Lifetime.BOTH_SIDES);
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10));
        bench.pass(200);
        relay(Lifetime.DEVICE_ONLY, new Lifetime(true, LONG));
        bench.pass(1590);
        assertEquals(1, bench.flows().size(), "the limit has grown");
        bench.pass(15);
        assertTrue(bench.flows().isEmpty(), "and counts from the last packet");
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 8080, 10));
        bench.fromWan(Wire.udp(CLIENT, 4001, PUBLIC, 8080, 10));
        bench.pass(400);
        bench.fromWan(Wire.udp(CLIENT, 4001, PUBLIC, 8080, 10));
        relay(Lifetime.DEVICE_ONLY, Lifetime.BOTH_SIDES);
        bench.pass(2);
        assertEquals(1, bench.flows().size(), "idle for longer than it may be now");
        bench.pass(290);
        assertEquals(1, bench.flows().size());
        bench.pass(12);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N10")
    @Tag("N54")
    void whatRefreshesChangesWithTheRules() {
        relay(Lifetime.DEVICE_ONLY, Lifetime.BOTH_SIDES);
        bench.fromTunnel(Wire.udp(DEVICE, 5000, CLIENT, 53, 10), 0);
        relay(Lifetime.BOTH_SIDES, Lifetime.BOTH_SIDES);
        for (int turn = 0; turn < 3; turn++) {
            bench.pass(200);
            assertNotNull(bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, 5000, 10)));
        }
        relay(Lifetime.DEVICE_ONLY, Lifetime.BOTH_SIDES);
        bench.pass(200);
        assertNotNull(bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, 5000, 10)));
        bench.pass(110);
        assertNull(bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, 5000, 10)));
    }
}
