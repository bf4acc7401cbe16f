package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.stat.DropReason;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The thread that turns the {@link HandshakeWorker}, and the two queues by which it is reached:
 * messages, bounded; and the engine's requests, which a flood of messages must not hold up: one
 * message passes for each handshake that is begun.
 *
 * <p>What is queued before the thread is there waits for it. Any thread.
 */
final class HandshakeThread {
    private final HandshakeQueue messages = new HandshakeQueue();
    private final ConcurrentLinkedQueue<WorkerRequest> requests = new ConcurrentLinkedQueue<>();
    private final Consumer<DeviceEvent> listener;
    private volatile @Nullable HandshakeWorker worker;
    private volatile @Nullable Thread thread;
    private volatile boolean parked;
    private volatile boolean stopping;

    HandshakeThread(Consumer<DeviceEvent> listener) {
        this.listener = listener;
    }

    HandshakeQueue messages() {
        return messages;
    }

    ConcurrentLinkedQueue<WorkerRequest> requests() {
        return requests;
    }

    /** Who does the work; a test may turn it by hand instead of calling {@link #start}. */
    void use(HandshakeWorker connected) {
        worker = connected;
    }

    /** Starts the thread. */
    void start() {
        thread = Thread.ofPlatform().daemon().name("wireguard-handshake").start(this::run);
    }

    /** Queues a message; false when the queue is full. Engine threads; allocates nothing. */
    boolean offer(long address, int length, Endpoint from) {
        boolean taken = messages.offer(address, length, from);
        wake();
        return taken;
    }

    /** Queues a request. */
    void ask(WorkerRequest request) {
        requests.add(request);
        wake();
    }

    /** Messages that came to nothing, by reason. */
    long drops(DropReason reason) {
        HandshakeWorker known = worker;
        return known == null ? 0 : known.drops().get(reason);
    }

    /** Ends the thread and waits for it. */
    void stop() {
        stopping = true;
        Thread running = thread;
        if (running != null) {
            LockSupport.unpark(running);
            try {
                running.join();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Wipes what the thread knew; after {@link #stop}. */
    void wipe() {
        HandshakeWorker known = worker;
        if (known != null) {
            known.wipe();
        }
    }

    private void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        HandshakeWorker mine = worker;
        while (mine != null && !stopping) {
            try {
                if (!mine.work()) {
                    parked = true;
                    if (messages.size() == 0 && requests.isEmpty() && !stopping) {
                        LockSupport.park(this);
                    }
                    parked = false;
                }
            } catch (RuntimeException | Error fault) {
                listener.accept(new DeviceEvent.Fault(fault));
            }
        }
    }
}
