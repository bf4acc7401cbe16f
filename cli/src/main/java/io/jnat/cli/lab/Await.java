package io.jnat.cli.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;

/** Waits for a condition; never for a fixed time. */
public final class Await {

    private static final long PAUSE_MILLIS = 10;

    private Await() {}

    /** Something that may come true, and may fail to be looked at. */
    @FunctionalInterface
    public interface Condition {
        /** True as soon as there is no more to wait for. */
        boolean holds() throws IOException;
    }

    /** Waits until the condition holds; false if it did not within the limit. */
    public static boolean within(Duration limit, Condition condition) throws IOException {
        long startNanos = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - startNanos > limit.toNanos()) {
                return false;
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting");
            }
        }
        return true;
    }

    /**
     * Waits until the condition holds.
     *
     * @throws IOException saying what did not happen within the limit
     */
    public static void until(Duration limit, String what, Condition condition) throws IOException {
        if (!within(limit, condition)) {
            throw new IOException("not within " + limit.toMillis() + " ms: " + what);
        }
    }
}
