package io.jnat.core.engine;

/**
 * Waits in the kernel for descriptors to become readable (epoll). Owner: one engine thread, but for
 * {@link #wake}.
 */
public interface ReadySet extends AutoCloseable {
    /**
     * Watches descriptors, 64 at most; {@code token}, 0 to 62, comes back from {@link #await} when
     * one of them is readable, and {@link #readable} tells which.
     *
     * @throws java.io.UncheckedIOException if the kernel watches no more
     */
    void watch(int[] fileDescriptors, int token);

    /** Stops watching descriptors. */
    void unwatch(int[] fileDescriptors);

    /**
     * Waits until something is readable, {@link #wake} was called, or the time is over.
     *
     * @param nowNanos the time now
     * @param timeoutNanos from then on; 0 only looks; negative waits for ever
     * @return a set of bits, one for each token that is readable; 0 after a time-out or wake
     */
    long await(long nowNanos, long timeoutNanos);

    /** Which of a token's descriptors the last {@link #await} found readable, by bit. */
    long readable(int token);

    /** Makes the current or next {@link #await} return; any thread. */
    void wake();

    @Override
    void close();
}
