package io.jnat.core.engine;

import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.RingBuffer;
import io.jnat.core.packet.Burst;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bursts that have been received and wait to be forwarded, in order: a Disruptor ring whose one
 * thread is producer and consumer. The one that was forwarded last is filled next, because its
 * memory is in the processor's caches; a ring of bursts would go through all of it.
 *
 * <p>Owner: one engine thread. Allocates nothing after construction.
 */
final class BurstRing {
    /** What is done with a burst; it may be filled again when this returns. */
    @FunctionalInterface
    interface Step {
        void run(Burst burst);
    }

    private static final class Slot {
        private @Nullable Burst burst;
    }

    private final int slots;
    private final RingBuffer<Slot> ring;
    private final EventPoller<Slot> poller;
    private final EventPoller.Handler<Slot> handler;

    private final Burst[] bursts;

    /** Those that hold nothing; the one used last is on top. */
    private final Burst[] free;

    private int freeCount;
    private int waiting;

    /**
     * A ring with the memory of its bursts.
     *
     * @param slots a power of two
     * @param step run by {@link #forwardOldest}; must not throw
     */
    BurstRing(int slots, Step step) {
        this.slots = slots;
        bursts = new Burst[slots];
        Arrays.setAll(bursts, at -> new Burst());
        free = bursts.clone();
        freeCount = slots;
        ring = RingBuffer.createSingleProducer(Slot::new, slots);
        poller = ring.newPoller();
        ring.addGatingSequences(poller.getSequence());
        handler =
                (slot, sequence, endOfBatch) -> {
                    Burst burst = Objects.requireNonNull(slot.burst);
                    step.run(burst);
                    free[freeCount++] = burst;
                    return false; // one at a time: others may have come meanwhile
                };
    }

    /** The next burst to be filled; the same one until {@link #publish}. */
    Burst claim() {
        return free[freeCount - 1];
    }

    /** The burst that was claimed has been filled. */
    void publish() {
        long next = ring.next();
        ring.get(next).burst = free[--freeCount];
        ring.publish(next);
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
        for (Burst burst : bursts) {
            burst.release();
        }
    }
}
