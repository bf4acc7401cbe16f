package io.jnat.core.engine;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.time.Clock;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Takes bursts through all steps on one thread, run to completion, while they are in this core's
 * cache. What a device gives is forwarded at once: the kernel keeps its flows apart. What a socket
 * gives is fetched one burst at a time, or, as long as there are calls, as far ahead as there is
 * bulk, so that calls in it can overtake ({@link ExpressQueue}).
 *
 * <p>Owner: the thread that runs it. Allocates nothing after construction.
 */
final class EngineThread {
    /**
     * Bursts of 64 KiB that are fetched ahead. More would make the sojourn of calls no shorter:
     * what waits in the socket behind so much is few bursts away from being fetched.
     */
    private static final int FETCHED_BURSTS = 8;

    private final Forwarder forwarder;
    private final ReadySet readySet;
    private final Clock clock;
    private final Burst direct = new Burst();
    private final BurstRing fetched = new BurstRing(FETCHED_BURSTS, this::forward);
    private final ExpressQueue express;
    private final Moderation moderation = new Moderation();

    private boolean lastWasBulk;
    private @Nullable Throwable fault;

    EngineThread(Forwarder forwarder, ReadySet readySet, Clock clock) {
        this.forwarder = forwarder;
        this.readySet = readySet;
        this.clock = clock;
        express = new ExpressQueue(forwarder);
    }

    ReadySet readySet() {
        return readySet;
    }

    Forwarder forwarder() {
        return forwarder;
    }

    /**
     * Called before the thread waits for packets; lets them gather for a moment where that pays.
     *
     * @return the time now
     */
    long beginTurn() {
        long nowNanos = clock.nowNanos();
        if (moderation.pauses(nowNanos) && !hasFetched()) {
            LockSupport.parkNanos(Moderation.PAUSE_NANOS);
            nowNanos = clock.nowNanos();
        }
        return nowNanos;
    }

    /**
     * Receives one burst of a device and forwards it.
     *
     * @param readable which of its descriptors have something
     * @return whether it was bulk
     */
    boolean turn(Receiver device, long readable) {
        direct.reset(0);
        if (!device.receive(direct, readable)) {
            return false;
        }
        forward(direct);
        throwFault();
        return lastWasBulk;
    }

    /**
     * Whether to ask the sockets: when nothing waits, or when calls could be among what comes.
     * Without calls it stays in the kernel, since what is fetched ahead is out of the processor's
     * caches by the time it is opened.
     */
    boolean wantsMore() {
        return !hasFetched() || express.hasCalls(clock.nowNanos());
    }

    /**
     * Receives a burst of a socket and, if it is bulk that calls may have to pass, those behind.
     *
     * @param readable which of its descriptors have something
     */
    void fetch(Receiver socket, long readable) {
        boolean more = true;
        while (more && fetched.hasRoom()) {
            Burst burst = fetched.claim();
            burst.reset(0);
            if (!socket.receive(burst, readable)) {
                return;
            }
            fetched.publish();
            boolean bulk = isBulk(burst);
            if (bulk || fetched.waiting() > 1) {
                express.take(burst);
            }
            more = bulk && wantsMore();
        }
    }

    /** Whether there are bursts that were fetched and wait. */
    boolean hasFetched() {
        return fetched.waiting() > 0;
    }

    /**
     * Forwards what may overtake, and the oldest burst that was fetched.
     *
     * @return whether it was bulk
     */
    boolean forwardFetched() {
        express.forward(clock.nowNanos());
        fetched.forwardOldest();
        if (!hasFetched()) {
            express.reopen();
        }
        throwFault();
        return lastWasBulk;
    }

    private void forward(Burst burst) {
        lastWasBulk = isBulk(burst);
        moderation.forwarded(burst.count, lastWasBulk);
        burst.nowNanos = clock.nowNanos();
        try {
            forwarder.forwardBurst(burst);
        } catch (RuntimeException | Error thrown) {
            // kept: the ring would give a burst whose step throws again and again
            fault = thrown;
        }
    }

    private void throwFault() {
        if (fault != null) {
            Throwable thrown = fault;
            fault = null;
            throw new IllegalStateException("a step of the engine failed: " + thrown, thrown);
        }
    }

    static boolean isBulk(Burst burst) {
        int segments = 0;
        int bytes = 0;
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            segments += packet.gsoSize == 0 ? 1 : packet.length / packet.gsoSize;
            bytes += packet.length;
            if (segments >= Engine.BULK_SEGMENTS || bytes >= Engine.BULK_BYTES) {
                return true;
            }
        }
        return false;
    }

    void release() {
        forwarder.release();
        direct.release();
        fetched.release();
        express.release();
        readySet.close();
    }
}
