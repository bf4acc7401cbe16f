package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.NatReport;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Attacks get a name from counters alone. */
final class AttackWatchTest {
    private final AttackWatch watch = new AttackWatch();
    private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
    private long flows;
    private long second;
    private NatReport.Opener limited;

    /** One second in which counters grow. */
    private List<AttackWatch.Attack> pass(DropReason reason, long packets, long newFlows) {
        drops.merge(reason, packets, Long::sum);
        flows += newFlows;
        NatReport nat =
                new NatReport(
                        10,
                        1000,
                        0,
                        0,
                        0,
                        0,
                        null,
                        limited,
                        List.of(new NatReport.Rule("forward dmr", flows, 0, 0)));
        return watch.sample(
                ++second, AttackSignals.of(nat, List.of(), each -> drops.getOrDefault(each, 0L)));
    }

    @Test
    void aFloodOfNewFlowsIsNamedWithItsForwardRateAndBeginning() {
        pass(DropReason.MARTIAN, 0, 5);
        assertEquals(List.of(), pass(DropReason.MARTIAN, 0, 20_000));
        List<AttackWatch.Attack> begun = pass(DropReason.MARTIAN, 0, 30_000);
        assertEquals(1, begun.size());
        assertTrue(begun.getFirst().what().contains("forward dmr lets in 30000 a second"));
        assertEquals(2, begun.getFirst().seconds());
        assertEquals(50_000, begun.getFirst().total());
        assertEquals(List.of(), pass(DropReason.MARTIAN, 0, 30_000), "it is told once");
        assertEquals(80_000, watch.attacks().getFirst().total());
    }

    /** Calls that a peer goes on with after a restart of this end are no forgery. */
    @Test
    void whatMayBeAPeersIsNotCalledForged() {
        pass(DropReason.TUNNEL_UNKNOWN_INDEX, 0, 0);
        pass(DropReason.TUNNEL_UNKNOWN_INDEX, 300, 0);
        String told = pass(DropReason.TUNNEL_UNKNOWN_INDEX, 300, 0).getFirst().what();
        assertTrue(told.startsWith("packets of unknown sessions at the tunnel's port, 300"), told);
        pass(DropReason.TUNNEL_BAD_TAG, 300, 0);
        String forged = pass(DropReason.TUNNEL_BAD_TAG, 300, 0).getFirst().what();
        assertTrue(forged.startsWith("forged packets at the tunnel's port, 300"), forged);
    }

    /** As that of a peer that is there anew. */
    @Test
    void aCounterThatBeginsAnewHasNoRate() {
        for (int seconds = 0; seconds < 4; seconds++) {
            pass(DropReason.NO_FORWARD, 6000, 0);
        }
        drops.clear();
        pass(DropReason.NO_FORWARD, 0, 0);
        assertEquals(6000, watch.attacks().getFirst().perSecond());
    }

    @Test
    void itIsOverAfterTenQuietSeconds() {
        pass(DropReason.NO_FORWARD, 0, 0);
        for (int seconds = 0; seconds < 5; seconds++) {
            pass(DropReason.NO_FORWARD, 6000, 0);
        }
        assertTrue(watch.attacks().getFirst().what().startsWith("port scan or flood"));
        for (int seconds = 0; seconds < 9; seconds++) {
            pass(DropReason.NO_FORWARD, 1, 0);
        }
        assertEquals(1, watch.attacks().size());
        pass(DropReason.NO_FORWARD, 1, 0);
        assertEquals(List.of(), watch.attacks());
    }

    @Test
    void aBurstOfOneSecondAndOrdinaryTrafficAreNoAttack() {
        for (int seconds = 0; seconds < 60; seconds++) {
            pass(DropReason.NO_FORWARD, seconds % 5 == 0 ? 1000 : 20, 100);
            assertEquals(List.of(), watch.attacks());
        }
    }

    @Test
    void aDeviceThatOpensTooManyFlowsIsNamed() {
        limited = new NatReport.Opener(-1, "192.168.20.66", 16_384);
        for (int seconds = 0; seconds < 3; seconds++) {
            pass(DropReason.FLOW_LIMIT, 5000, 0);
        }
        assertTrue(
                watch.attacks().getFirst().what().startsWith("192.168.20.66 (16384 flows)"),
                () -> watch.attacks().toString());
    }

    @Test
    void aFloodOfHandshakesIsOneAttackWhateverTheyDieOf() {
        for (int seconds = 0; seconds < 3; seconds++) {
            pass(DropReason.TUNNEL_UNDER_LOAD, 9000, 0);
            drops.merge(DropReason.TUNNEL_BAD_MAC, 1000L, Long::sum);
        }
        assertEquals(1, watch.attacks().size());
        assertTrue(watch.attacks().getFirst().what().startsWith("flood of handshakes"));
    }
}
