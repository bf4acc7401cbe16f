package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
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
    void packetHasOneLastFragmentAndNothingBehindIt() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(6000), true, false);
        byte[][] pieces = Wire.fragments(whole, 1400, 99);
        byte[] longer = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(9000), true, false);
        byte[][] behind = Wire.fragments(longer, 1400, 99);
        assertNotNull(bench.fromWan(pieces[0]));
        assertNotNull(bench.fromWan(pieces[4]));
        byte[] secondLast = pieces[2].clone();
        Wire.put16(secondLast, 6, Wire.get16(secondLast, 6) & ~0x2000);
        Wire.put16(secondLast, 10, 0);
        Wire.put16(secondLast, 10, Wire.onesComplement(secondLast, 0, 20));
        for (byte[] wrong : List.of(secondLast, behind[5], behind[6])) {
            assertNull(bench.fromWan(wrong));
            assertEquals(DropReason.FRAGMENT_MALFORMED, bench.dropped);
        }
        for (int at = 1; at < 4; at++) {
            assertNotNull(bench.fromWan(pieces[at]));
        }
    }

    private static byte[][] outgoing(String from, String to, int protocol, int id) {
        byte[] whole =
                protocol == 17
                        ? Wire.udp(from, 5000, to, 53, Wire.payload(3000), true, false)
                        : Wire.raw(from, to, protocol, Wire.payload(3000));
        return Wire.fragments(whole, 1400, id);
    }

    @Test
    @Tag("N32")
    @Tag("N44")
    void everyFragmentOfADeviceLeavesFromThePublicAddress() {
        byte[][] pieces = outgoing(RADIO, CLIENT, 17, 99);
        assertNull(bench.fromTunnel(pieces[2], SITE));
        List<byte[]> out = new ArrayList<>();
        out.add(bench.fromTunnel(pieces[0], SITE).bytes());
        bench.emitted.forEach(sent -> out.add(sent.bytes()));
        Sent last = bench.fromTunnel(pieces[1], SITE);
        assertNotNull(last, () -> "dropped: " + bench.dropped);
        out.add(last.bytes());
        Sent whole = new Sent(Wire.reassemble(out), WAN, -1);
        assertUdp(whole, PUBLIC, 5000, CLIENT, 53, WAN, -1);
    }

    /** Each kind of difference often enough that some that differ meet in the table's sets. */
    @Test
    @Tag("N32")
    @Tag("N49")
    void fragmentFollowsTheFirstOneOfItsOwnPacketOnly() {
        for (int id = 0; id < 1000; id++) {
            String other = "10.0." + id / 250 + "." + (1 + id % 250);
            byte[] later =
                    switch (id % 4) {
                        case 0 -> outgoing(other, CLIENT, 17, id)[1];
                        case 1 -> outgoing(RADIO, other, 17, id)[1];
                        case 2 -> outgoing(RADIO, CLIENT, 50, id)[1];
                        default -> outgoing(RADIO, CLIENT, 17, id)[1];
                    };
            assertNotNull(bench.fromTunnel(outgoing(RADIO, CLIENT, 17, id)[0], SITE));
            assertNull(bench.fromTunnel(later, id % 4 == 3 ? OTHER_SITE : SITE));
            assertTrue(bench.taken, "packet " + id);
        }
    }

    @Test
    @Tag("N32")
    void waitingFragmentsOfOnePacketAndOfAllAreBounded() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(60_000), true, false);
        for (int id = 0; id < 6; id++) {
            byte[][] pieces = Wire.fragments(whole, 1020, id);
            for (int at = 1; at < pieces.length; at++) {
                bench.fromWan(pieces[at]);
                assertEquals(at <= 48 && bench.dropped == null, bench.taken);
                assertTrue(bench.taken || bench.dropped == DropReason.FRAGMENT_MEMORY);
            }
            assertEquals(Math.min(48 * (id + 1), 256), bench.report().heldFragments());
        }
    }

    @Test
    @Tag("N32")
    @Tag("N56")
    void newestFragmentsKeepTheirPlacesAndThoseThatLoseThemAreCounted() {
        byte[] whole = Wire.udp(CLIENT, 4000, PUBLIC, 50001, Wire.payload(3000), true, false);
        for (int id = 0; id < 1000; id++) {
            bench.now += 1_000_000;
            assertNull(bench.fromWan(Wire.fragments(whole, 1400, id)[1]));
            assertTrue(bench.taken);
        }
        int lost = 1000 - bench.report().heldFragments();
        assertTrue(lost >= 744, "lost " + lost);
        for (int turn = 0; turn < 1000 / 48 + 1; turn++) {
            bench.onTimer();
            lost -= bench.emittedDrops(DropReason.FRAGMENT_MEMORY);
        }
        assertEquals(0, lost);
        for (int id = 968; id < 1000; id++) {
            assertNotNull(bench.fromWan(Wire.fragments(whole, 1400, id)[0]));
            assertEquals(1, bench.emitted.size(), "the fragment that waited");
        }
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
