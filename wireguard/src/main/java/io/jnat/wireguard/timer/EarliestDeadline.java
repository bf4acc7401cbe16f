package io.jnat.wireguard.timer;

/**
 * A lower bound of all peers' deadlines. Arming a timer lowers it; who waits for it looks at all
 * peers and raises it again. So arming costs one comparison, and a deadline that was moved on costs
 * one look in vain.
 *
 * <p>Owner: engine, in the section.
 */
public final class EarliestDeadline {
    private long nanos;
    private boolean set;

    /** None yet. */
    public EarliestDeadline() {}

    /** Makes it at most this. */
    void lower(long deadlineNanos) {
        if (!set || deadlineNanos - nanos < 0) {
            nanos = deadlineNanos;
            set = true;
        }
    }

    /** Forgets it, before all peers are asked again. */
    public void clear() {
        set = false;
    }

    /** Whether there is one that is not in the future. */
    public boolean isDue(long nowNanos) {
        return set && nanos - nowNanos <= 0;
    }

    /** The deadline, or {@code otherwise} when there is none. */
    public long orElse(long otherwise) {
        return set ? nanos : otherwise;
    }
}
