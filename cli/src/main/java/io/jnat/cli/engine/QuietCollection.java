package io.jnat.cli.engine;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Collects garbage while no packet is on its way. A collection of the whole heap stops all threads
 * for 30 to 40 ms; in a call that would be heard. Start and training leave some of it, and after
 * them next to nothing is allocated, so there is one soon after the start, and another whenever the
 * heap has grown (docs/decisions/019-memory-where-it-is-used.md). As long as calls go on, there is
 * none.
 */
final class QuietCollection {
    /** More than the pause between two packets of any call. */
    static final int QUIET_LOOKS = 3;

    static final long LOOK_MILLIS = 100;

    /** How often the heap is looked at. */
    static final long REST_MILLIS = 10_000;

    /** By how much the heap must have grown since the last time. */
    static final long GROWTH_BYTES = 4L << 20;

    /** Waits; not longer than it is told to. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(long millis) throws InterruptedException;
    }

    private final LongSupplier packets;
    private final LongSupplier heapBytes;
    private final Runnable collector;
    private final BooleanSupplier closed;
    private final Sleeper sleeper;

    /**
     * @param packets how many have come so far
     * @param heapBytes what the heap takes of the machine
     * @param collector collects
     * @param closed whether to end
     */
    QuietCollection(
            LongSupplier packets,
            LongSupplier heapBytes,
            Runnable collector,
            BooleanSupplier closed,
            Sleeper sleeper) {
        this.packets = packets;
        this.heapBytes = heapBytes;
        this.collector = collector;
        this.closed = closed;
        this.sleeper = sleeper;
    }

    /** This process's heap. */
    static QuietCollection of(LongSupplier packets, BooleanSupplier closed) {
        return new QuietCollection(
                packets, Runtime.getRuntime()::totalMemory, System::gc, closed, Thread::sleep);
    }

    /** Goes on until it is closed, or the thread is interrupted. */
    void run() throws InterruptedException {
        while (awaitQuiet()) {
            collector.run();
            long least = heapBytes.getAsLong();
            while (!closed.getAsBoolean() && heapBytes.getAsLong() - least < GROWTH_BYTES) {
                sleeper.sleep(REST_MILLIS);
            }
        }
    }

    /** Returns whether nothing is on its way now; not so when it is closed. */
    private boolean awaitQuiet() throws InterruptedException {
        long last = packets.getAsLong();
        int quiet = 0;
        while (quiet < QUIET_LOOKS && !closed.getAsBoolean()) {
            sleeper.sleep(LOOK_MILLIS);
            long now = packets.getAsLong();
            quiet = now == last ? quiet + 1 : 0;
            last = now;
        }
        return !closed.getAsBoolean();
    }
}
