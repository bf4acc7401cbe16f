package io.jnat.core.engine;

import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.RingBuffer;
import io.jnat.core.packet.Burst;

/**
 * Bursts that have been received and wait to be forwarded, in order: a Disruptor ring whose one
 * thread is producer and consumer.
 *
 * <p>Owner: one engine thread. Allocates nothing after construction.
 */
final class BurstRing {
    /** What is done with a burst; it may be filled again when this returns. */
    @FunctionalInterface
    interface Step {
        void run(Burst burst);
    }

    private static final long NONE = -1;

    private final int slots;
    private final RingBuffer<Burst> ring;
    private final EventPoller<Burst> poller;
    private final EventPoller.Handler<Burst> handler;

    /**
     * Slot that is claimed and not yet published; {@link #NONE} before the first turn, as the
     * producer is the thread that claims.
     */
    private long claimed = NONE;

    private int waiting;

    /**
     * A ring with the memory of its bursts.
     *
     * @param slots a power of two
     * @param step run by {@link #forwardOldest}; must not throw
     */
    BurstRing(int slots, Step step) {
        this.slots = slots;
        ring = RingBuffer.createSingleProducer(Burst::new, slots);
        poller = ring.newPoller();
        ring.addGatingSequences(poller.getSequence());
        handler =
                (burst, sequence, endOfBatch) -> {
                    step.run(burst);
                    return false; // one at a time: others may have come meanwhile
                };
    }

    /** The next burst to be filled; the same one until {@link #publish}. */
    Burst claim() {
        if (claimed == NONE) {
            claimed = ring.next();
        }
        return ring.get(claimed);
    }

    /** The burst that was claimed has been filled. */
    void publish() {
        ring.publish(claimed);
        claimed = NONE;
        waiting++;
    }

    /** Bursts that wait. */
    int waiting() {
        return waiting;
    }

    /** Whether another one can be claimed. */
    boolean hasRoom() {
        return waiting < slots;
    }

    /** Takes the oldest burst through its step. */
    void forwardOldest() {
        waiting--;
        try {
            poller.poll(handler);
        } catch (Exception checked) {
            throw new IllegalStateException("the ring failed", checked);
        }
    }

    /** Frees the memory; after the thread has ended. */
    void release() {
        for (int slot = 0; slot < slots; slot++) {
            ring.get(slot).release();
        }
    }
}
