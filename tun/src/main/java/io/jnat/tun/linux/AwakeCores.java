package io.jnat.tun.linux;

import io.jnat.core.engine.ActivityListener;
import io.jnat.core.packet.Slab;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that spin while packets flow sparsely, so that the cores do not sleep between two of
 * them: on a virtual machine the host takes its time to wake a core that sleeps
 * (docs/decisions/021-awake.md). Beside bulk they would be in the way: a core that has nothing to
 * do takes over what waits for another, one that spins does not.
 *
 * <p>They are SCHED_IDLE, so they give way to every other thread at once, and they spin in {@code
 * pthread_spin_lock}, not in Java, where a safepoint would have to wait until they get a core.
 *
 * <p>Each has a lock of its own, which is held while packets flow. When they cease to, it is
 * opened; the thread takes it, sees that, and sleeps.
 */
public final class AwakeCores implements ActivityListener, AutoCloseable {
    private static final int SCHED_IDLE = 5;

    /** A cache line each. */
    private static final int LOCK_BYTES = 64;

    private final Kernel kernel;
    private final Slab locks;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean flowing;
    private volatile boolean closed;

    private AwakeCores(Kernel kernel, int count) {
        this.kernel = kernel;
        locks = Slab.allocate(count * LOCK_BYTES);
        for (int at = 0; at < count; at++) {
            kernel.spinInit(lock(at));
        }
    }

    /**
     * Starts the threads, which sleep until packets flow.
     *
     * @param count how many cores
     * @param cores that they are bound to, in turn; empty binds none
     * @throws IOException when one does not get its priority; then there are none
     */
    static AwakeCores start(Kernel kernel, int count, List<Integer> cores) throws IOException {
        AwakeCores started = new AwakeCores(kernel, count);
        BlockingQueue<Object> ready = new ArrayBlockingQueue<>(count);
        for (int at = 0; at < count; at++) {
            int number = at;
            started.threads.add(
                    Thread.ofPlatform()
                            .daemon()
                            .name("awake-" + (at + 1))
                            .start(() -> started.live(number, cores, ready)));
        }
        try {
            for (int at = 0; at < count; at++) {
                if (ready.take() instanceof Exception refused) {
                    started.close();
                    throw new IOException(refused.getMessage(), refused);
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        return started;
    }

    private long lock(int number) {
        return locks.address() + (long) number * LOCK_BYTES;
    }

    private void live(int number, List<Integer> cores, BlockingQueue<Object> ready) {
        try {
            if (!cores.isEmpty()) {
                Linux.pinThisThread(cores.get(number % cores.size()));
            }
            Linux.schedule(kernel, SCHED_IDLE, 0, "SCHED_IDLE", "the container may forbid it");
        } catch (IOException | RuntimeException refused) {
            ready.add(refused);
            return;
        }
        ready.add(this);
        while (!closed) {
            if (flowing) {
                kernel.spinLock(lock(number));
            } else {
                LockSupport.park(this);
            }
        }
    }

    @Override
    public void begins() {
        flowing = true;
        for (int at = 0; at < threads.size(); at++) {
            kernel.spinTryLock(lock(at)); // held from now on, by this thread or by its own
            LockSupport.unpark(threads.get(at));
        }
    }

    @Override
    public void ends() {
        flowing = false;
        for (int at = 0; at < threads.size(); at++) {
            kernel.spinUnlock(lock(at));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        ends();
        boolean ended = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            try {
                thread.join(1000);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
            ended &= !thread.isAlive();
        }
        if (ended) { // else the lock is looked at still
            locks.close();
        }
    }
}
