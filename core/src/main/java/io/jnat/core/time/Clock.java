package io.jnat.core.time;

/**
 * Time as the engine sees it: monotonic nanoseconds with an arbitrary origin. Never compare two
 * readings, subtract them. Tests drive their own.
 */
@FunctionalInterface
public interface Clock {
    /** The machine's monotonic clock; the only place that reads it. */
    Clock MONOTONIC = System::nanoTime;

    /** Nanoseconds since some origin; may wrap. */
    long nowNanos();
}
