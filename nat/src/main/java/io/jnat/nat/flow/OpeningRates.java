package io.jnat.nat.flow;

/**
 * How fast each device may open flows: a token bucket a device. The buckets lie in a fixed table by
 * a keyed hash; two devices that share one share its rate, which is rare with as many buckets as
 * there are, and harms nobody but them.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class OpeningRates {
    private static final int BUCKETS = 4096;
    private static final int TOKEN = 1000;

    private final KeyHash hash;

    /** In thousandths: what a millisecond earns is a whole number of them. */
    private final long[] tokens = new long[BUCKETS];

    private final int[] filledMillis = new int[BUCKETS];
    private final boolean[] started = new boolean[BUCKETS];

    /** Full buckets; seeds as in {@link FlowTable}. */
    public OpeningRates(long firstSeed, long secondSeed) {
        hash = new KeyHash(firstSeed, secondSeed);
    }

    /**
     * Takes a token.
     *
     * @param device key of the device, as in {@link CountedKeys}
     * @param perSecond tokens that a bucket earns in a second, and as many it holds at most
     * @return false when there was none
     */
    public boolean take(long device, int perSecond, long nowNanos) {
        int bucket = filled(device, perSecond, nowNanos);
        if (tokens[bucket] < TOKEN) {
            return false;
        }
        tokens[bucket] -= TOKEN;
        return true;
    }

    /** Whether {@link #take} would be given one now. */
    public boolean has(long device, int perSecond, long nowNanos) {
        return tokens[filled(device, perSecond, nowNanos)] >= TOKEN;
    }

    /** A device's bucket, with what it has earned until now. */
    private int filled(long device, int perSecond, long nowNanos) {
        int bucket = (int) hash.of(device, 0) & (BUCKETS - 1);
        int nowMillis = (int) (nowNanos / 1_000_000);
        long most = (long) perSecond * TOKEN;
        if (!started[bucket]) {
            started[bucket] = true;
            filledMillis[bucket] = nowMillis;
            tokens[bucket] = most;
        }
        int passed = nowMillis - filledMillis[bucket];
        if (passed < 0 || passed >= 1000) {
            tokens[bucket] = most;
        } else {
            tokens[bucket] = Math.min(most, tokens[bucket] + (long) passed * perSecond);
        }
        filledMillis[bucket] = nowMillis;
        return bucket;
    }
}
