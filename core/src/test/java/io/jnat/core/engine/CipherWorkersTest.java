package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With more threads than this machine may have cores. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CipherWorkersTest {
    private static final int WORKERS = 6;
    private static final int PACKETS = 128;

    /** Of a full tunnel with the usual MTU. */
    private static final int[] LENGTHS = filled(1424);

    private final CipherWorkers workers = new CipherWorkers(WORKERS, System::nanoTime);
    private final AtomicIntegerArray done = new AtomicIntegerArray(PACKETS);
    private final AtomicIntegerArray partsOf = new AtomicIntegerArray(1 + WORKERS);
    private final StepRunner runner = workers.newRunner();
    private final StepRunner otherRunner = workers.newRunner();
    private final PacketStep count = this::count;

    private static int[] filled(int length) {
        int[] lengths = new int[PACKETS];
        Arrays.fill(lengths, length);
        return lengths;
    }

    private void count(int worker, int first, int packets) {
        partsOf.incrementAndGet(worker);
        for (int packet = first; packet < first + packets; packet++) {
            done.incrementAndGet(packet);
        }
    }

    private int partsOfWorkers() {
        int parts = 0;
        for (int worker = 1; worker <= WORKERS; worker++) {
            parts += partsOf.get(worker);
        }
        return parts;
    }

    @BeforeEach
    void start() {
        workers.start(() -> {});
    }

    @AfterEach
    void stop() throws InterruptedException {
        workers.stop();
    }

    @Test
    void eachPacketIsDoneOnceBeforeTheStepIsOver() {
        int steps = 0;
        while (steps < 20_000 || partsOfWorkers() < 100) {
            int packets = steps % (PACKETS + 1);
            int before = packets == 0 ? 0 : done.get(packets - 1);
            runner.run(count, LENGTHS, packets);
            steps++;
            if (packets > 0) {
                assertEquals(before + 1, done.get(packets - 1), "the last packet of step " + steps);
            }
        }
        int expected = 0;
        for (int packet = PACKETS - 1; packet >= 0; packet--) {
            expected = 0;
            for (int step = 0; step < steps; step++) {
                expected += step % (PACKETS + 1) > packet ? 1 : 0;
            }
            assertEquals(expected, done.get(packet), "packet " + packet);
        }
    }

    @Test
    void twoEngineThreadsShareTheWorkersWithoutMixingTheirSteps() throws Exception {
        AtomicInteger foreign = new AtomicInteger();
        Thread[] engines = new Thread[2];
        for (int engine = 0; engine < engines.length; engine++) {
            StepRunner own = engine == 0 ? runner : otherRunner;
            int size = engine == 0 ? 48 : 128;
            engines[engine] =
                    Thread.ofPlatform()
                            .start(() -> {
                                int[] mine = new int[size];
                                PacketStep step =
                                        (worker, first, packets) -> {
                                            for (int at = first; at < first + packets; at++) {
                                                mine[at]++;
                                            }
                                        };
                                for (int turn = 1; turn <= 20_000; turn++) {
                                    own.run(step, LENGTHS, size);
                                    for (int at = 0; at < size; at++) {
                                        if (mine[at] != turn) {
                                            foreign.incrementAndGet();
                                        }
                                    }
                                }
                            });
        }
        for (Thread engine : engines) {
            engine.join();
        }
        assertEquals(0, foreign.get());
    }

    @Test
    void smallStepsStayInline() {
        for (int turn = 0; turn < 1000; turn++) {
            runner.run(count, LENGTHS, 2 * CipherWorkers.PART_PACKETS - 1);
        }
        assertEquals(1000, partsOf.get(0));
        assertEquals(0, partsOfWorkers());
    }

    @ParameterizedTest
    @CsvSource({
        "80, 7, 1",
        "1424, 45, 3",
        "9000, 7, 4",
        "9000, 3, 1",
        "34720, 2, 2",
        "65456, 1, 1"
    })
    void partsAreOfBytesToo(int length, int packets, int parts) {
        while (workers.sleeping() < WORKERS) {
            Thread.onSpinWait();
        }
        runner.run(count, filled(length), packets);
        assertEquals(parts, partsOf.get(0), "nobody else is awake");
        for (int packet = 0; packet < packets; packet++) {
            assertEquals(1, done.get(packet), "packet " + packet);
        }
        assertEquals(0, done.get(packets));
    }

    @Test
    void workersSleepAtRestAndWakeForABacklogOnly() {
        while (workers.sleeping() < WORKERS) {
            Thread.onSpinWait();
        }
        runner.run(count, LENGTHS, PACKETS);
        assertEquals(WORKERS, workers.sleeping(), "one large step is no backlog");
        while (partsOfWorkers() == 0) {
            runner.run(count, LENGTHS, PACKETS);
        }
        while (workers.sleeping() < WORKERS) {
            Thread.onSpinWait();
        }
    }

    @Test
    void faultOfAnyPartIsThrownToTheEngineThreadAndTheNextStepWorks() {
        PacketStep failing =
                (worker, first, packets) -> {
                    count(worker, first, packets);
                    if (worker > 0) {
                        throw new IllegalStateException("as the test asked");
                    }
                };
        Throwable fault =
                assertThrows(
                        IllegalStateException.class,
                        () -> {
                            while (true) {
                                runner.run(failing, LENGTHS, PACKETS);
                            }
                        });
        assertTrue(fault.getMessage().contains("as the test asked"), fault.getMessage());
        int before = done.get(PACKETS - 1);
        runner.run(count, LENGTHS, PACKETS);
        assertEquals(before + 1, done.get(PACKETS - 1));
    }

    @Test
    void stepsAllocateNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int turn = 0; turn < 20_000; turn++) {
            runner.run(count, LENGTHS, PACKETS);
        }
        long least = Long.MAX_VALUE;
        for (int sample = 0; sample < 20 && least > 0; sample++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int turn = 0; turn < 1000; turn++) {
                runner.run(count, LENGTHS, PACKETS);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < 1000, least + " bytes in 1000 steps");
    }
}
