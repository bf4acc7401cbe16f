package io.jnat.tun;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what a piece of the data path allocates once it is compiled. */
public final class Allocation {
    private static final int ROUNDS_PER_WINDOW = 1_000;
    private static final int MAX_WINDOWS = 60;

    private Allocation() {}

    /**
     * Runs rounds until a window of 1000 of them allocates nothing, because the compiler is through
     * with them, or 60 windows are over.
     *
     * @return bytes allocated by this thread in the last window
     */
    public static long inSteadyState(Runnable round) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int window = 0; window < MAX_WINDOWS && allocated != 0; window++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int at = 0; at < ROUNDS_PER_WINDOW; at++) {
                round.run();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        return allocated;
    }
}
