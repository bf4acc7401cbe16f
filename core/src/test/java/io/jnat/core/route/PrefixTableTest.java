package io.jnat.core.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("W23")
final class PrefixTableTest {
    private final PrefixTable table = new PrefixTable();

    @Test
    void longestPrefixWins() {
        table.putIpv4(0, 0, 0, 1);
        table.putIpv4(0, 0x0a000000, 8, 2);
        table.putIpv4(0, 0x0a010200, 24, 3);
        table.putIpv4(0, 0x0a010203, 32, 4);
        assertEquals(1, table.findIpv4(0, 0x08080808));
        assertEquals(2, table.findIpv4(0, 0x0aff0000));
        assertEquals(3, table.findIpv4(0, 0x0a0102ff));
        assertEquals(4, table.findIpv4(0, 0x0a010203));
        table.removeAll(3);
        assertEquals(2, table.findIpv4(0, 0x0a0102ff));
        assertEquals(4, table.findIpv4(0, 0x0a010203));
        table.removeAll(1);
        assertEquals(PrefixTable.NONE, table.findIpv4(0, 0x08080808));
    }

    @Test
    void ipv6PrefixesOfEveryLength() {
        for (int bits = 0; bits <= 128; bits++) {
            table.putIpv6(0, 0x20010db8_00000000L, 1, bits, bits);
        }
        for (int bits = 0; bits < 128; bits++) {
            long high = 0x20010db8_00000000L ^ (bits < 64 ? 1L << (63 - bits) : 0);
            long low = 1 ^ (bits < 64 ? 0 : 1L << (127 - bits));
            assertEquals(bits, table.findIpv6(0, high, low), "differs at bit " + bits);
        }
        assertEquals(128, table.findIpv6(0, 0x20010db8_00000000L, 1));
    }

    @Test
    void familiesAndDomainsAreApart() {
        table.putIpv4(0, 0xc0a80100, 24, 1);
        table.putIpv4(7, 0xc0a80100, 24, 2);
        table.putIpv6(0, 0xc0a80100_00000000L, 0, 24, 3);
        assertEquals(1, table.findIpv4(0, 0xc0a80105));
        assertEquals(2, table.findIpv4(7, 0xc0a80105));
        assertEquals(3, table.findIpv6(0, 0xc0a80105_00000000L, 0));
        assertEquals(PrefixTable.NONE, table.findIpv4(3, 0xc0a80105));
        assertEquals(PrefixTable.NONE, table.findIpv4(99, 0xc0a80105));
    }

    @Test
    void addingAnothersPrefixMovesItAndTellsWhose() {
        assertEquals(PrefixTable.NONE, table.putIpv4(0, 0x0a000005, 8, 1));
        assertEquals(1, table.putIpv4(0, 0x0a000000, 8, 2), "host bits do not matter");
        assertEquals(2, table.findIpv4(0, 0x0a000005));
        assertEquals(1, table.size());
        assertEquals(0, table.removeAll(1));
        assertEquals(1, table.removeAll(2));
    }

    @Test
    void aForkHasNoValue() {
        table.putIpv4(0, 0x0a000000, 24, 1);
        table.putIpv4(0, 0x0a000100, 24, 2);
        assertEquals(PrefixTable.NONE, table.findIpv4(0, 0x0a000200));
        assertEquals(PrefixTable.NONE, table.putIpv4(0, 0x0a000000, 23, 3));
        assertEquals(3, table.size());
    }

    @Test
    void senselessPrefixesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> table.putIpv4(0, 0, 33, 1));
        assertThrows(IllegalArgumentException.class, () -> table.putIpv6(0, 0, 0, 129, 1));
        assertThrows(IllegalArgumentException.class, () -> table.putIpv4(0, 0, 8, -1));
        assertThrows(IllegalArgumentException.class, () -> table.putIpv4(-1, 0, 8, 1));
    }

    /** Nested, moved and removed prefixes against a list that is searched from end to end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void behavesLikeASlowReference(int seed) {
        Random random = new Random(seed);
        Map<Prefix, Integer> reference = new HashMap<>();
        List<Prefix> known = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            for (int change = 0; change < 200; change++) {
                change(random, reference, known);
            }
            for (int look = 0; look < 1000; look++) {
                Prefix target = near(random, known);
                assertEquals(slowFind(reference, target), find(target), target.toString());
            }
            assertEquals(reference.size(), table.size());
            assertTrue(table.nodes() <= 2 * table.size(), "forks that fork nothing are taken out");
        }
        for (int value = 0; value < 20; value++) {
            assertEquals(count(reference, value), table.removeAll(value));
        }
        assertEquals(0, table.size());
        assertEquals(0, table.nodes());
        for (Prefix prefix : known) {
            assertEquals(PrefixTable.NONE, find(prefix));
        }
    }

    @Test
    void manyPrefixesAreAddedAndRemovedQuickly() {
        var threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < 130_000; i++) {
            table.putIpv4(0, Integer.reverse(i), 32, i % 100);
        }
        int removed = 0;
        for (int value = 0; value < 100; value++) {
            removed += table.removeAll(value);
        }
        long millis = (threads.getCurrentThreadCpuTime() - start) / 1_000_000;
        assertEquals(130_000, removed);
        assertEquals(0, table.size());
        assertTrue(millis < 1000, "took " + millis + " ms");
    }

    @Test
    void lookUpsAllocateNothing() {
        Random random = new Random(9);
        for (int i = 0; i < 1000; i++) {
            table.putIpv4(0, random.nextInt(), 8 + random.nextInt(25), i);
            table.putIpv6(0, random.nextLong(), random.nextLong(), random.nextInt(129), i);
        }
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long found = 0;
        long allocated = -1;
        for (int round = 0; round < 50 && allocated != 0; round++) { // until it is compiled
            long before = threads.getCurrentThreadAllocatedBytes();
            found += lookUpMany();
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertTrue(found != 0);
        assertEquals(0, allocated);
    }

    private long lookUpMany() {
        long found = 0;
        for (int i = 0; i < 10_000; i++) {
            found += table.findIpv4(0, i * 0x9e3779b9);
            found += table.findIpv6(0, i * 0x9e3779b97f4a7c15L, i);
        }
        return found;
    }

    private record Prefix(int domain, boolean v6, long high, long low, int bits) {
        boolean covers(Prefix other) {
            if (domain != other.domain || v6 != other.v6 || bits > other.bits) {
                return false;
            }
            for (int at = 0; at < bits; at++) {
                if (bitAt(at) != other.bitAt(at)) {
                    return false;
                }
            }
            return true;
        }

        private long bitAt(int at) {
            return v6
                    ? (at < 64 ? high >>> (63 - at) : low >>> (127 - at)) & 1
                    : low >>> (31 - at) & 1;
        }

        Prefix masked() {
            long maskedHigh = 0;
            long maskedLow = 0;
            for (int at = 0; at < bits; at++) {
                long bit = bitAt(at);
                if (!v6) {
                    maskedLow |= bit << (31 - at);
                } else if (at < 64) {
                    maskedHigh |= bit << (63 - at);
                } else {
                    maskedLow |= bit << (127 - at);
                }
            }
            return new Prefix(domain, v6, maskedHigh, maskedLow, bits);
        }
    }

    private void change(Random random, Map<Prefix, Integer> reference, List<Prefix> known) {
        Prefix prefix = near(random, known).masked();
        int value = random.nextInt(20);
        if (random.nextInt(40) > 0) {
            known.add(prefix);
            Integer before = reference.put(prefix, value);
            assertEquals(before == null ? PrefixTable.NONE : before, put(prefix, value));
        } else {
            int removed = count(reference, value);
            reference.values().removeIf(held -> held == value);
            assertEquals(removed, table.removeAll(value));
        }
    }

    /** A known prefix made shorter, longer, or different in one bit; or a new one. */
    private static Prefix near(Random random, List<Prefix> known) {
        boolean fresh = known.isEmpty() || random.nextInt(6) == 0;
        boolean v6 = fresh ? random.nextBoolean() : known.get(random.nextInt(known.size())).v6;
        Prefix base =
                fresh
                        ? new Prefix(
                                random.nextInt(3),
                                v6,
                                v6 ? random.nextLong() : 0,
                                v6 ? random.nextLong() : random.nextLong() & 0xffff_ffffL,
                                0)
                        : known.get(random.nextInt(known.size()));
        int maxBits = base.v6 ? 128 : 32;
        long high = base.high;
        long low = base.low;
        int flip = random.nextInt(maxBits);
        if (base.v6 && flip < 64) {
            high ^= 1L << flip;
        } else {
            low ^= 1L << (flip % (base.v6 ? 64 : 32));
        }
        int bits = random.nextInt(3) == 0 ? base.bits : random.nextInt(maxBits + 1);
        return new Prefix(base.domain, base.v6, high, low, bits);
    }

    private static int slowFind(Map<Prefix, Integer> reference, Prefix target) {
        Prefix whole =
                new Prefix(target.domain, target.v6, target.high, target.low, target.v6 ? 128 : 32);
        int bestBits = -1;
        int best = PrefixTable.NONE;
        for (Map.Entry<Prefix, Integer> entry : reference.entrySet()) {
            if (entry.getKey().bits > bestBits && entry.getKey().covers(whole)) {
                bestBits = entry.getKey().bits;
                best = entry.getValue();
            }
        }
        return best;
    }

    private static int count(Map<Prefix, Integer> reference, int value) {
        return (int) reference.values().stream().filter(held -> held == value).count();
    }

    private int find(Prefix target) {
        return target.v6
                ? table.findIpv6(target.domain, target.high, target.low)
                : table.findIpv4(target.domain, (int) target.low);
    }

    private int put(Prefix prefix, int value) {
        return prefix.v6
                ? table.putIpv6(prefix.domain, prefix.high, prefix.low, prefix.bits, value)
                : table.putIpv4(prefix.domain, (int) prefix.low, prefix.bits, value);
    }
}
