package io.jnat.wireguard.cookie;

import io.jnat.core.packet.Endpoint;

/**
 * Token buckets per source (W7): 20 handshake messages a second, 5 at once, for each IPv4 address
 * and each IPv6 /64. The table is bounded: a source looks at four places and may take over the one
 * whose bucket is full again; if there is none it is refused.
 *
 * <p>Owner: the handshake thread. Allocates nothing.
 */
public final class SourceLimiter {
    /** Nanoseconds that one message costs. */
    public static final long COST_NANOS = 1_000_000_000L / 20;

    /** Messages that may come at once. */
    public static final int BURST = 5;

    private static final int SETS = 2048;
    private static final int WAYS = 4;

    /** A bucket that was left alone for so long is full. */
    private static final long FULL_NANOS = BURST * COST_NANOS;

    private final long hashSeed;
    private final long[] source = new long[SETS * WAYS];
    private final boolean[] used = new boolean[SETS * WAYS];
    private final boolean[] v6 = new boolean[SETS * WAYS];
    private final long[] tokenNanos = new long[SETS * WAYS];
    private final long[] lastNanos = new long[SETS * WAYS];

    /** An empty table; the seed keeps others from aiming at one set. */
    public SourceLimiter(long hashSeed) {
        this.hashSeed = hashSeed;
    }

    /** Takes a token of the source's bucket; false when there is none, or no place in the table. */
    public boolean allow(Endpoint from, long nowNanos) {
        long key = from.v6 ? from.high : from.low;
        int first = set(key) * WAYS;
        int free = -1;
        for (int at = first; at < first + WAYS; at++) {
            if (!used[at] || nowNanos - lastNanos[at] >= FULL_NANOS) {
                free = at;
            }
            if (used[at] && source[at] == key && v6[at] == from.v6) {
                return take(at, nowNanos);
            }
        }
        if (free < 0) {
            return false;
        }
        used[free] = true;
        source[free] = key;
        v6[free] = from.v6;
        tokenNanos[free] = FULL_NANOS;
        lastNanos[free] = nowNanos;
        return take(free, nowNanos);
    }

    private boolean take(int at, long nowNanos) {
        long tokens = Math.min(FULL_NANOS, tokenNanos[at] + (nowNanos - lastNanos[at]));
        lastNanos[at] = nowNanos;
        boolean allowed = tokens >= COST_NANOS;
        tokenNanos[at] = allowed ? tokens - COST_NANOS : tokens;
        return allowed;
    }

    private int set(long key) {
        long mixed = (key ^ hashSeed) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
        mixed *= 0xD6E8FEB86659FD93L;
        return (int) (mixed >>> 40) & (SETS - 1);
    }
}
