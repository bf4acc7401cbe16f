package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.WAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Others;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What becomes of a relay's flows when its rules change. */
final class RelayReloadTest extends TwoSiteRelay {
    private NatConfig allowingManyFlows() {
        NatConfig old = config();
        return old.withLimits(old.timeouts(), old.enginePorts(), old.keptPorts(), 20_000, false);
    }

    private NatConfig allowingManyFlows(TranslatorBench many, String address) {
        NatConfig all = config();
        return many.relayAt(List.of(address))
                .withRules(all.sites(), all.forwards(), List.of(), List.of(), Others.KERNEL)
                .withLimits(all.timeouts(), all.enginePorts(), all.keptPorts(), 20_000, false);
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
    void rulesThatComeBeforeTheReviewHasEndedLeaveNoFlowUnjudged() {
        try (TranslatorBench many =
                new TranslatorBench(new NatCapacity(10_000, 10_000, 64, 2048, 1))) {
            NatConfig all = allowingManyFlows();
            many.apply(all);
            openTenThousand(many);
            many.apply(withFirstForwardOnly(all));
            many.apply(withFirstForwardOnly(all));
            many.idle(50, 100_000);
            assertEquals(0, many.flows().size());
        }
    }

    @Test
    @Tag("N5")
    @Tag("N54")
    void addressThatWasAwayBeforeTheReviewHasEndedGivesNoPortTwice() {
        try (TranslatorBench many =
                new TranslatorBench(new NatCapacity(10_000, 10_000, 64, 2048, 1))) {
            many.apply(allowingManyFlows(many, PUBLIC));
            for (int flow = 0; flow < 9_000; flow++) {
                many.fromWan(Wire.udp(CLIENT, 1024 + flow, PUBLIC, 50001, 10));
            }
            byte[] radio = Wire.udp(RADIO, 5060, "203.0.113.20", 5060, 10);
            byte[] other = Wire.udp("192.168.20.32", 5060, "203.0.113.21", 5060, 10);
            assertNotNull(many.fromTunnel(radio, SITE));
            many.apply(allowingManyFlows(many, "198.51.100.2"));
            many.apply(allowingManyFlows(many, PUBLIC));
            assertNull(many.fromTunnel(other, SITE), "the radio's flow has that port still");
            byte[] more = Wire.udp(RADIO, 5060, "203.0.113.22", 5060, 10);
            assertNull(many.fromTunnel(more, SITE), "it would keep that mapping alive");
            many.idle(50, 100_000);
            assertUdp(many.fromTunnel(other, SITE), PUBLIC, 5060, "203.0.113.21", 5060, WAN, -1);
            Sent another = many.fromTunnel(radio, SITE);
            assertNotEquals(5060, Wire.get16(another.bytes(), 20));
        }
    }

    @Test
    @Tag("N5")
    @Tag("N54")
    void endpointThatOpensFlowsDuringTheReviewGetsTheNewAddress() {
        try (TranslatorBench many =
                new TranslatorBench(new NatCapacity(10_000, 10_000, 64, 2048, 1))) {
            many.apply(allowingManyFlows(many, PUBLIC));
            for (int flow = 0; flow < 5_000; flow++) {
                many.fromWan(Wire.udp(CLIENT, 1024 + flow, PUBLIC, 50001, 10));
            }
            assertNotNull(many.fromTunnel(Wire.udp(RADIO, 5060, CLIENT, 5060, 10), SITE));
            many.apply(allowingManyFlows(many, "198.51.100.2"));
            many.fromTunnel(Wire.udp(RADIO, 5060, "203.0.113.20", 5060, 10), SITE);
            many.pass(1);
            assertUdp(
                    many.fromTunnel(Wire.udp(RADIO, 5060, "203.0.113.20", 5060, 10), SITE),
                    "198.51.100.2",
                    5060,
                    "203.0.113.20",
                    5060,
                    WAN,
                    -1);
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
}
