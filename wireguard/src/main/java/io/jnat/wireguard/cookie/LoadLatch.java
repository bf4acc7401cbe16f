package io.jnat.wireguard.cookie;

import java.time.Duration;

/**
 * Whether we are under load: the handshake queue is at least an eighth full, or was so within the
 * last second (W7). Owner: the handshake thread.
 */
public final class LoadLatch {
    private static final int QUEUE_FRACTION = 8;
    private static final long LATCH_NANOS = Duration.ofSeconds(1).toNanos();

    private final int queueCapacity;
    private boolean everLoaded;
    private long loadedNanos;

    /** For a queue of this many places. */
    public LoadLatch(int queueCapacity) {
        this.queueCapacity = queueCapacity;
    }

    /** Whether we are under load while so many messages wait. */
    public boolean isUnderLoad(int waiting, long nowNanos) {
        if (waiting * QUEUE_FRACTION >= queueCapacity) {
            everLoaded = true;
            loadedNanos = nowNanos;
            return true;
        }
        return everLoaded && nowNanos - loadedNanos < LATCH_NANOS;
    }
}
