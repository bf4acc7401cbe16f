package io.jnat.core.engine;

/**
 * Waits in the kernel for descriptors to become readable (epoll). Owner: one engine thread, but for
 * {@link #wake}.
 */
public interface ReadySet extends AutoCloseable {
    /** Watches a descriptor; {@code token}, 0 to 62, comes back from {@link #await}. */
    void watch(int fileDescriptor, int token);

    /** Stops watching a descriptor. */
    void unwatch(int fileDescriptor);

    /**
     * Waits until something is readable, {@link #wake} was called, or the time is over.
     *
     * @param nowNanos the time now
     * @param timeoutNanos from then on; 0 only looks; negative waits for ever
     * @return a set of bits, one for each token that is readable; 0 after a time-out or wake
     */
    long await(long nowNanos, long timeoutNanos);

    /** Makes the current or next {@link #await} return; any thread. */
    void wake();

    @Override
    void close();
}
