package io.jnat.core.engine;

import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.RingBuffer;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * One turn of the ring, run to completion: claim a slot, let a receiver fill it, publish it, and
 * take it through all steps while it is in this core's cache. Blocks in the kernel when there is
 * nothing to do.
 *
 * <p>Owner: the thread that runs it. Allocates nothing after construction.
 */
final class EngineThread {
    /**
     * Slots of a ring whose one thread is producer and consumer; the next is claimed while one is
     * in work.
     */
    private static final int RING_SLOTS = 2;

    private final Forwarder forwarder;
    private final ReadySet readySet;
    private final Clock clock;
    private final RingBuffer<Burst> ring = RingBuffer.createSingleProducer(Burst::new, RING_SLOTS);
    private final EventPoller<Burst> poller = ring.newPoller();
    private final EventPoller.Handler<Burst> steps = this::runSteps;

    /**
     * Slot that is claimed and not yet filled; -1 before the first turn, as the producer is the
     * thread that claims.
     */
    private long claimed = -1;

    private boolean lastWasBulk;
    private @Nullable Throwable fault;

    EngineThread(Forwarder forwarder, ReadySet readySet, Clock clock) {
        this.forwarder = forwarder;
        this.readySet = readySet;
        this.clock = clock;
        ring.addGatingSequences(poller.getSequence());
    }

    ReadySet readySet() {
        return readySet;
    }

    Forwarder forwarder() {
        return forwarder;
    }

    /**
     * Receives one burst and forwards it.
     *
     * @return whether there was one
     */
    boolean turn(Receiver receiver) {
        if (claimed < 0) {
            claimed = ring.next();
        }
        Burst burst = ring.get(claimed);
        burst.reset(clock.nowNanos());
        if (!receiver.receive(burst)) {
            lastWasBulk = false;
            return false;
        }
        ring.publish(claimed);
        claimed = -1;
        try {
            poller.poll(steps);
        } catch (Exception checked) {
            throw new IllegalStateException("the ring failed", checked);
        }
        if (fault != null) {
            Throwable thrown = fault;
            fault = null;
            throw new IllegalStateException("a step of the engine failed: " + thrown, thrown);
        }
        return true;
    }

    /** Whether the last burst was large enough to count as bulk. */
    boolean lastWasBulk() {
        return lastWasBulk;
    }

    private boolean runSteps(Burst burst, long sequence, boolean endOfBatch) {
        lastWasBulk = isBulk(burst);
        try {
            forwarder.forwardBurst(burst);
        } catch (RuntimeException | Error thrown) {
            // kept for turn(): the poller would give a burst whose handler throws again and again
            fault = thrown;
        }
        return true;
    }

    private static boolean isBulk(Burst burst) {
        int segments = 0;
        for (int at = 0; at < burst.count && segments < Engine.BULK_SEGMENTS; at++) {
            Packet packet = burst.packets[at];
            segments += packet.gsoSize == 0 ? 1 : packet.length / packet.gsoSize;
        }
        return segments >= Engine.BULK_SEGMENTS;
    }

    void release() {
        forwarder.release();
        for (int slot = 0; slot < RING_SLOTS; slot++) {
            ring.get(slot).release();
        }
        readySet.close();
    }
}
