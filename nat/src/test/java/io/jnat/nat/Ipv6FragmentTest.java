package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.TUNNEL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** IPv6 fragments follow the first one of their packet, unchanged (N32). */
@Tag("N32")
final class Ipv6FragmentTest {
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String DEVICE = "2001:db8:1::31";

    private final TranslatorBench bench = new TranslatorBench();

    @BeforeEach
    void relay() {
        bench.apply(
                bench.relay()
                        .withIpv6(
                                new Ipv6Config(
                                        List.of(),
                                        List.of(
                                                new Ipv6Config.Site(
                                                        0,
                                                        List.of(
                                                                Ipv6Prefix.parse(
                                                                        "2001:db8:1::/48")))),
                                        List.of(),
                                        List.of(
                                                new Ipv6Config.Allow(
                                                        "forward voice",
                                                        Zone.WAN,
                                                        List.of(),
                                                        List.of(Ipv6Prefix.parse(DEVICE)),
                                                        List.of(
                                                                new PortRange(
                                                                        Protocol.UDP, 5000, 5000)),
                                                        Action.ACCEPT,
                                                        Lifetime.BOTH_SIDES)))));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private static byte[][] pieces(int port, int id) {
        return WireIpv6.fragments(WireIpv6.udp(CLIENT, 4000, DEVICE, port, 3000), 1280, id);
    }

    private void assertPasses(byte[] piece) {
        Sent sent = bench.fromWan(piece);
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        assertArrayEquals(piece, sent.bytes());
        assertEquals(TUNNEL, sent.link());
        assertEquals(0, sent.peer());
    }

    @Test
    void fragmentsInOrderPassAndAreCounted() {
        byte[][] pieces = pieces(5000, 1);
        assertEquals(3, pieces.length);
        for (byte[] piece : pieces) {
            assertPasses(piece);
        }
        assertEquals(3, bench.flows().get(0).packetsIn());
    }

    @Test
    void fragmentsBeforeTheFirstOneWaitForIt() {
        byte[][] pieces = pieces(5000, 0xdeadbeef);
        assertNull(bench.fromWan(pieces[2]));
        assertTrue(bench.taken);
        assertNull(bench.fromWan(pieces[1]));
        assertTrue(bench.taken);
        assertEquals(2, bench.report().heldFragments());
        Sent first = bench.fromWan(pieces[0]);
        assertArrayEquals(pieces[0], first.bytes());
        assertEquals(2, bench.emitted.size());
        assertArrayEquals(pieces[2], bench.emitted.get(0).bytes());
        assertArrayEquals(pieces[1], bench.emitted.get(1).bytes());
        assertEquals(TUNNEL, bench.emitted.get(0).link());
        assertEquals(0, bench.report().heldFragments());
    }

    @Test
    void fragmentsOfARefusedPacketAreRefused() {
        byte[][] pieces = pieces(5001, 2);
        for (byte[] piece : pieces) {
            assertNull(bench.fromWan(piece));
            assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        }
    }

    @Test
    void identificationsAreKeptApartByAllTheirBitsAndAddresses() {
        byte[][] one = pieces(5000, 0x10001);
        byte[][] refused = pieces(5001, 0x20001);
        assertPasses(one[0]);
        assertNull(bench.fromWan(refused[0]));
        assertPasses(one[1]);
        assertNull(bench.fromWan(refused[1]));
        assertPasses(one[2]);
    }

    @Test
    void overlapsAndBadOffsetsAreDropped() {
        byte[][] pieces = pieces(5000, 3);
        assertPasses(pieces[0]);
        assertNull(bench.fromWan(pieces[0]));
        assertEquals(DropReason.FRAGMENT_MALFORMED, bench.dropped);
        byte[] shifted = pieces[1].clone();
        Wire.put16(shifted, 42, Wire.get16(shifted, 42) - 8);
        assertNull(bench.fromWan(shifted));
        assertEquals(DropReason.FRAGMENT_MALFORMED, bench.dropped);
        byte[] beyond = pieces[1].clone();
        Wire.put16(beyond, 42, 0xfff0);
        assertNull(bench.fromWan(beyond));
        assertEquals(DropReason.FRAGMENT_MALFORMED, bench.dropped);
        assertPasses(pieces[1]);
        assertPasses(pieces[2]);
    }

    @Test
    void headersBehindTheFragmentHeaderAreCountedAsPayload() {
        byte[] whole =
                WireIpv6.withExtension(
                        WireIpv6.udp(CLIENT, 4000, DEVICE, 5000, 3000), 60, WireIpv6.options());
        byte[][] pieces = WireIpv6.fragments(whole, 1280, 4);
        for (byte[] piece : pieces) {
            assertPasses(piece);
        }
        // The entry is free again: the same identification may come at once.
        for (byte[] piece : pieces) {
            assertPasses(piece);
        }
    }

    @Test
    void aLonelyFragmentIsAWholePacket() {
        byte[] atomic =
                WireIpv6.withExtension(
                        WireIpv6.udp(CLIENT, 4000, DEVICE, 5000, 100),
                        44,
                        WireIpv6.fragmentHeader(0, 9));
        assertPasses(atomic);
        assertPasses(atomic);
        assertEquals(2, bench.flows().get(0).packetsIn());
    }

    @Test
    void waitingFragmentsAreGivenUpInTime() {
        assertNull(bench.fromWan(pieces(5000, 5)[1]));
        bench.now += 5_100_000_000L;
        bench.onTimer();
        assertEquals(1, bench.emittedDrops(DropReason.FRAGMENT_TIMEOUT));
        assertEquals(0, bench.report().heldFragments());
    }

    @Test
    void tooLargeFragmentIsAnsweredWithTheMtuAndTheRestDropped() {
        byte[][] pieces =
                WireIpv6.fragments(WireIpv6.udp(CLIENT, 4000, DEVICE, 5000, 3000), 1500, 6);
        assertNull(bench.fromWan(pieces[0]));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1, bench.emitted.size());
        assertNull(bench.fromWan(pieces[1]));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
    }
}
