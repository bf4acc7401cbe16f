package io.jnat.bench;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How fast this machine is at nothing in particular. The bounds of the budgets are stretched by
 * what it takes here against what it took where they were set.
 */
public class Calibration extends StageBench {
    private static final int ROUNDS = 256;
    private static final int LINE_BYTES = 64;

    /** 16 MiB, as many as a table of 64 k flows with its packets. */
    private static final int LINES = 1 << 18;

    private static final int STEPS = 16;

    private Slab lines = Slab.allocate(1);
    private long line;
    private long state = 88_172_645_463_325_252L;

    /** For JMH. */
    public Calibration() {}

    /** Leads through all lines in one circle, in random order (Sattolo's shuffle). */
    @Setup
    public void lay() {
        int[] next = new int[LINES];
        for (int at = 0; at < LINES; at++) {
            next[at] = at;
        }
        Random random = new Random(1);
        for (int at = LINES - 1; at > 0; at--) {
            int other = random.nextInt(at);
            int kept = next[at];
            next[at] = next[other];
            next[other] = kept;
        }
        lines = Slab.allocate(LINES * LINE_BYTES);
        for (int at = 0; at < LINES; at++) {
            Memory.putLong(
                    lines.address() + (long) at * LINE_BYTES,
                    lines.address() + (long) next[at] * LINE_BYTES);
        }
        line = lines.address();
    }

    /** Frees the memory. */
    @TearDown
    public void free() {
        lines.close();
    }

    /**
     * The core: 1536 dependent shifts and exclusive ors (Marsaglia's xorshift64), which no compiler
     * can shorten.
     */
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

    /**
     * The caches behind the first, and who shares them: 16 loads, each from where the last said.
     */
    @Benchmark
    public long walk() {
        long at = line;
        for (int step = 0; step < STEPS; step++) {
            at = Memory.getLong(at);
        }
        line = at;
        return at;
    }
}
