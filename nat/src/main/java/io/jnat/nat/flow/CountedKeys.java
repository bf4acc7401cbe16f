package io.jnat.nat.flow;

/**
 * A bounded multiset of 63-bit keys: open addressing over arrays, at most half full. Serves to know
 * whom a mapping has spoken to (RFC 4787 REQ-8, address-dependent filtering), and how many flows a
 * device has.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class CountedKeys {
    private static final long PRESENT = 1L << 63;
    private static final long IPV6 = 1L << 62;

    private final KeyHash hash;
    private final int mask;
    private final int limit;
    private final long[] keys;
    private final int[] counts;
    private int size;

    /** An empty multiset for so many different keys; seeds as in {@link FlowTable}. */
    public CountedKeys(int capacity, long firstSeed, long secondSeed) {
        hash = new KeyHash(firstSeed, secondSeed);
        int slots = Math.max(16, Integer.highestOneBit(Math.max(capacity, 1) * 2 - 1) << 1);
        mask = slots - 1;
        limit = slots / 2;
        keys = new long[slots];
        counts = new int[slots];
    }

    /** A key of two 32-bit parts, of which the upper one has 31 bits. */
    public static long key(int upper, int lower) {
        return (long) upper << 32 | Integer.toUnsignedLong(lower);
    }

    /** A key of a domain and an IPv6 address; never one that {@link #key} gives a small domain. */
    public long keyIpv6(int domain, long high, long low) {
        return hash.of(hash.of(high, low), domain) >>> 2 | IPV6;
    }

    /** Whether {@link #keyIpv6} made a key. */
    public static boolean isIpv6(long key) {
        return (key & IPV6) != 0;
    }

    /** How often a key was added and not removed. */
    public int count(long key) {
        int slot = slot(key);
        return keys[slot] == 0 ? 0 : counts[slot];
    }

    /**
     * Adds a key once.
     *
     * @return its count now, or 0 when there is no room for one more key
     */
    public int add(long key) {
        int slot = slot(key);
        if (keys[slot] == 0) {
            if (size == limit) {
                return 0;
            }
            size++;
            keys[slot] = key | PRESENT;
            counts[slot] = 0;
        }
        return ++counts[slot];
    }

    /** Removes a key once, if it is there. */
    public void remove(long key) {
        int slot = slot(key);
        if (keys[slot] == 0 || --counts[slot] > 0) {
            return;
        }
        size--;
        int gap = slot;
        for (int at = (slot + 1) & mask; keys[at] != 0; at = (at + 1) & mask) {
            int home = home(keys[at]);
            if (((at - home) & mask) >= ((at - gap) & mask)) {
                keys[gap] = keys[at];
                counts[gap] = counts[at];
                gap = at;
            }
        }
        keys[gap] = 0;
    }

    /** The key that was added most often; -1: there is none. Looks at every place. */
    public long most() {
        long most = -1;
        int highest = 0;
        for (int slot = 0; slot <= mask; slot++) {
            if (keys[slot] != 0 && counts[slot] > highest) {
                highest = counts[slot];
                most = keys[slot] & ~PRESENT;
            }
        }
        return most;
    }

    /** Number of different keys. */
    int size() {
        return size;
    }

    private int slot(long key) {
        long wanted = key | PRESENT;
        int slot = home(wanted);
        while (keys[slot] != 0 && keys[slot] != wanted) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private int home(long key) {
        return (int) hash.of(key, 0) & mask;
    }
}
