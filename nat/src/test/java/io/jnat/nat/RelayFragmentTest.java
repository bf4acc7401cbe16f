package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Fragments through a relay: they follow their first one, wait for it, or time out. */
final class RelayFragmentTest extends TwoSiteRelay {
    private void assertReachesTheRadio(List<byte[]> fragments) {
        Sent whole = new Sent(Wire.reassemble(fragments), TUNNEL, SITE);
        assertUdp(whole, CLIENT, 4000, RADIO, 40001, TUNNEL, SITE);
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
        assertReachesTheRadio(out);
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
        assertReachesTheRadio(out);
    }

    @Test
    @Tag("N32")
    @Tag("N56")
    void fragmentThatIsTooLargeToWaitIsDroppedForThat() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        assertNull(bench.fromWan(Wire.fragments(whole, 3000, 99)[1]));
        assertEquals(DropReason.FRAGMENT_LARGE, bench.dropped);
        assertEquals(0, bench.report().heldFragments());
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
}
