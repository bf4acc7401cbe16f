package io.jnat.core.engine;

import io.jnat.core.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that help engine threads to seal and open, while a backlog lasts. An engine thread cuts
 * its step in parts of {@value #PART_PACKETS} packets, or fewer that have {@value #PART_BYTES}
 * bytes, and takes them one after the other; a worker that is awake takes parts too. The engine
 * thread goes on, to send them in order, when all are done, so packets never overtake.
 *
 * <p>Nobody waits for a worker that sleeps: its parts were never its own. A worker that finds
 * nothing for {@value #AWAKE_MICROS} µs sleeps, and uses no core. It is woken when {@value
 * #STEPS_TO_WAKE} large steps followed each other so closely that the engine thread cannot have
 * waited for packets in between: waking takes longer than a burst.
 *
 * <p>{@link #newRunner} before {@link #start}. Allocates nothing after that.
 */
final class CipherWorkers {
    static final int PART_PACKETS = 16;

    /** As many as {@link #PART_PACKETS} of the usual MTU: where it is 9000, a burst has seven. */
    static final int PART_BYTES = 24_000;

    static final int STEPS_TO_WAKE = 4;
    private static final int AWAKE_MICROS = 100;
    private static final long AWAKE_NANOS = AWAKE_MICROS * 1000L;

    private final Clock clock;
    private final List<SharedStep> steps = new ArrayList<>();
    private final Thread[] threads;
    private final AtomicIntegerArray asleep;
    private volatile boolean stopping;

    CipherWorkers(int workers, Clock clock) {
        this.clock = clock;
        threads = new Thread[workers];
        asleep = new AtomicIntegerArray(workers);
    }

    /** What one engine thread shares its steps by. */
    StepRunner newRunner() {
        SharedStep step = new SharedStep();
        steps.add(step);
        return new Runner(step);
    }

    /** Starts the threads; {@code onStart} runs first on each of them. */
    void start(Runnable onStart) {
        SharedStep[] shared = steps.toArray(SharedStep[]::new);
        for (int at = 0; at < threads.length; at++) {
            int worker = at + 1;
            threads[at] =
                    Thread.ofPlatform()
                            .name("cipher-" + worker)
                            .unstarted(() -> {
                                onStart.run();
                                help(worker, shared);
                            });
        }
        for (Thread thread : threads) {
            thread.start();
        }
    }

    /** Stops the threads and waits for them; after the engine threads have ended. */
    void stop() throws InterruptedException {
        stopping = true;
        for (Thread thread : threads) {
            if (thread != null) {
                LockSupport.unpark(thread);
                thread.join();
            }
        }
    }

    private void help(int worker, SharedStep[] shared) {
        long lastNanos = clock.nowNanos();
        while (!stopping) {
            boolean helped = false;
            for (SharedStep step : shared) {
                helped |= step.takePart(worker);
            }
            if (helped) {
                lastNanos = clock.nowNanos();
            } else if (clock.nowNanos() - lastNanos - AWAKE_NANOS < 0) {
                Thread.onSpinWait();
            } else {
                sleep(worker);
                lastNanos = clock.nowNanos();
            }
        }
    }

    private void sleep(int worker) {
        asleep.set(worker - 1, 1);
        while (asleep.get(worker - 1) != 0 && !stopping) {
            LockSupport.park(this);
        }
    }

    /** How many of these packets make a part. */
    static int partPackets(int[] lengths, int count) {
        long bytes = 0;
        for (int at = 0; at < count; at++) {
            bytes += lengths[at];
        }
        long packets = bytes == 0 ? PART_PACKETS : (long) PART_BYTES * count / bytes;
        return Math.clamp(packets, 1, PART_PACKETS);
    }

    private void wake() {
        for (int at = 0; at < threads.length; at++) {
            if (asleep.get(at) != 0 && asleep.compareAndSet(at, 1, 0)) {
                LockSupport.unpark(threads[at]);
            }
        }
    }

    /** How many workers sleep; any thread. */
    int sleeping() {
        int sleeping = 0;
        for (int at = 0; at < asleep.length(); at++) {
            sleeping += asleep.get(at);
        }
        return sleeping;
    }

    /** One engine thread's side. */
    private final class Runner implements StepRunner {
        private final SharedStep shared;
        private long lastEndNanos;
        private int stepsInARow;

        Runner(SharedStep shared) {
            this.shared = shared;
            lastEndNanos = clock.nowNanos();
        }

        @Override
        public int workers() {
            return threads.length;
        }

        @Override
        public void run(PacketStep step, int[] lengths, int count) {
            int part = partPackets(lengths, count);
            if (count < 2 * part) {
                StepRunner.INLINE.run(step, lengths, count);
                return;
            }
            boolean inARow = clock.nowNanos() - lastEndNanos - AWAKE_NANOS < 0;
            stepsInARow = inARow ? stepsInARow + 1 : 0;
            if (stepsInARow >= STEPS_TO_WAKE) {
                wake();
            }
            try {
                shared.run(step, count, part);
            } finally {
                lastEndNanos = clock.nowNanos();
            }
        }
    }
}
