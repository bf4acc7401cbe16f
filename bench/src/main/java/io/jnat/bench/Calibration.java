package io.jnat.bench;

import org.openjdk.jmh.annotations.Benchmark;

/**
 * How fast this machine is at nothing in particular: 1536 dependent shifts and exclusive ors
 * (Marsaglia's xorshift64), which no compiler can shorten. The bounds of the budgets are stretched
 * by what it takes here against what it took where they were set.
 */
public class Calibration extends StageBench {
    private static final int ROUNDS = 256;

    private long state = 88_172_645_463_325_252L;

    /** For JMH. */
    public Calibration() {}

    /** The whole chain. */
    @Benchmark
    public long chain() {
        long value = state;
        for (int round = 0; round < ROUNDS; round++) {
            value ^= value << 13;
            value ^= value >>> 7;
            value ^= value << 17;
        }
        state = value;
        return value;
    }
}
