package io.jnat.bench.voice;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The moments in which the machine itself stood still: on each core a thread that goes before all
 * others sleeps for a millisecond at a time, and when it wakes up late, nothing else can have run
 * there either. Virtual machines on a shared host do that, for milliseconds; whatever carries the
 * packets, they are late by as much.
 *
 * <p>Its threads keep cores from sleeping deeply, so it watches where they are busy anyway: beside
 * a transfer.
 */
public final class Standstills implements AutoCloseable {
    /** Choice of our own: of a call nobody hears less, and a calm machine stays far below. */
    static final long LEAST_NANOS = 1_000_000;

    private static final long TICK_NANOS = 1_000_000;

    private final boolean watched;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    /** When the last one ended; before there was one, when the watch began. */
    private volatile long lastEndNanos;

    private int count;
    private long longestNanos;

    Standstills(boolean watched, long startNanos) {
        this.watched = watched;
        lastEndNanos = startNanos;
    }

    /**
     * What was noticed.
     *
     * @param count how often; cores that stood still together count once
     * @param longestNanos the longest
     */
    public record Noticed(int count, long longestNanos) {
        /** Of two runs. */
        Noticed plus(Noticed other) {
            return new Noticed(count + other.count, Math.max(longestNanos, other.longestNanos));
        }
    }

    /** Nobody watches: there is nothing to tell. */
    public static Standstills unwatched() {
        return new Standstills(false, 0);
    }

    /**
     * Starts to watch all cores that the calling thread may run on; {@link #unwatched} where this
     * process may not.
     */
    public static Standstills watch() {
        List<Integer> cores;
        try {
            cores = Linux.coresOfThisThread();
        } catch (IOException unknown) {
            return unwatched();
        }
        Standstills watching = new Standstills(true, System.nanoTime());
        BlockingQueue<Boolean> allowed = new ArrayBlockingQueue<>(cores.size());
        for (int core : cores) {
            watching.threads.add(
                    Thread.ofPlatform()
                            .daemon()
                            .name("standstills-" + core)
                            .start(() -> watching.watch(core, allowed)));
        }
        boolean all = true;
        try {
            for (int answers = 0; answers < cores.size(); answers++) {
                all &= allowed.take();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        if (all) {
            return watching;
        }
        watching.close();
        return unwatched();
    }

    private void watch(int core, BlockingQueue<Boolean> allowed) {
        try {
            Linux.pinThisThread(core);
            Linux.goBeforeOthers();
        } catch (IOException notAllowed) {
            allowed.add(false);
            return;
        }
        allowed.add(true);
        long dueNanos = System.nanoTime();
        while (!closed) {
            dueNanos += TICK_NANOS;
            long nowNanos = System.nanoTime();
            while (nowNanos - dueNanos < 0) {
                LockSupport.parkNanos(dueNanos - nowNanos);
                nowNanos = System.nanoTime();
            }
            if (nowNanos - dueNanos >= LEAST_NANOS) {
                notice(dueNanos, nowNanos);
                dueNanos = nowNanos;
            }
        }
    }

    /** A thread that should have run from then on has not done so until now. */
    synchronized void notice(long dueNanos, long nowNanos) {
        if (dueNanos - lastEndNanos >= 0) {
            count++;
        }
        longestNanos = Math.max(longestNanos, nowNanos - dueNanos);
        lastEndNanos = nowNanos;
    }

    /** Whether the machine has stood still at some moment since then. */
    boolean touched(long sinceNanos) {
        return watched && lastEndNanos - sinceNanos >= 0;
    }

    /** What came of it; null if nobody watched. */
    synchronized @Nullable Noticed noticed() {
        return watched ? new Noticed(count, longestNanos) : null;
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            try {
                thread.join(1000);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
