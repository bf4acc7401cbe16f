package io.jnat.nat.rewrite;

/**
 * How many errors and resets may be sent (RFC 1812 section 4.3.2.8): a token bucket.
 *
 * <p>Owner: engine thread.
 */
public final class ErrorLimit {
    private static final int PER_SECOND = 200;
    private static final int BURST = 50;
    private static final long NANOS_PER_TOKEN = 1_000_000_000L / PER_SECOND;

    private int tokens = BURST;
    private long lastTokenNanos;
    private boolean started;

    /** A full bucket. */
    public ErrorLimit() {}

    /** Whether one more may be sent now; if so, it is counted. */
    boolean take(long nowNanos) {
        if (!started) {
            started = true;
            lastTokenNanos = nowNanos;
        }
        long earned = (nowNanos - lastTokenNanos) / NANOS_PER_TOKEN;
        if (earned > 0) {
            tokens = (int) Math.min(BURST, tokens + earned);
            lastTokenNanos += earned * NANOS_PER_TOKEN;
        }
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }
}
