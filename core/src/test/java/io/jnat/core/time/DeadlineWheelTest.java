package io.jnat.core.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DeadlineWheelTest {
    private static final long TICK = 1000;

    @Test
    void comesNeitherEarlyNorLaterThanATick() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 500);
        wheel.schedule(2, 500 + 2 * TICK + 1);
        assertEquals(DeadlineWheel.NONE, wheel.poll(500 + 2 * TICK));
        assertEquals(500 + 3 * TICK, wheel.nextDeadlineNanos(500 + 2 * TICK));
        assertEquals(DeadlineWheel.NONE, wheel.poll(500 + 3 * TICK - 1));
        assertEquals(2, wheel.poll(500 + 3 * TICK));
        assertFalse(wheel.isScheduled(2));
        assertEquals(DeadlineWheel.NONE, wheel.poll(500 + 3 * TICK));
        assertEquals(0, wheel.scheduled());
    }

    @Test
    void exactDeadlineOnATickComesAtIt() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 0);
        wheel.schedule(1, 5 * TICK);
        assertEquals(DeadlineWheel.NONE, wheel.poll(5 * TICK - 1));
        assertEquals(1, wheel.poll(5 * TICK));
    }

    @Test
    void deadlineInThePastComesWithTheNextTick() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 0);
        assertEquals(DeadlineWheel.NONE, wheel.poll(10 * TICK));
        wheel.schedule(1, 3 * TICK);
        assertTrue(wheel.nextDeadlineNanos(10 * TICK) - 11 * TICK <= 0);
        assertEquals(1, wheel.poll(11 * TICK));
    }

    @Test
    void nothingScheduledWantsNothing() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 0);
        assertEquals(7 + DeadlineWheel.IDLE_NANOS, wheel.nextDeadlineNanos(7));
        wheel.schedule(1, 5 * TICK);
        wheel.cancel(1);
        wheel.cancel(1);
        assertEquals(7 + DeadlineWheel.IDLE_NANOS, wheel.nextDeadlineNanos(7));
        assertEquals(DeadlineWheel.NONE, wheel.poll(100 * TICK));
    }

    @Test
    void movingIntoEitherDirectionHolds() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 0);
        wheel.schedule(0, 5 * TICK);
        wheel.schedule(0, 9 * TICK);
        assertEquals(DeadlineWheel.NONE, wheel.poll(8 * TICK));
        assertEquals(9 * TICK, wheel.nextDeadlineNanos(8 * TICK));
        wheel.schedule(0, 500 * TICK);
        assertEquals(DeadlineWheel.NONE, wheel.poll(20 * TICK));
        wheel.schedule(0, 21 * TICK);
        assertEquals(0, wheel.poll(21 * TICK));
    }

    @Test
    void whoReschedulesIntoThePastDoesNotLoop() {
        DeadlineWheel wheel = new DeadlineWheel(4, 64, TICK, 0);
        wheel.schedule(0, TICK);
        wheel.schedule(1, TICK);
        int polled = 0;
        for (int id = wheel.poll(TICK); id != DeadlineWheel.NONE; id = wheel.poll(TICK)) {
            wheel.schedule(id, 0);
            polled++;
        }
        assertEquals(2, polled);
    }

    @Test
    void oneCallDoesBoundedWorkAndTheNextGoesOn() {
        DeadlineWheel wheel = new DeadlineWheel(5000, 64, TICK, 0);
        for (int id = 0; id < 5000; id++) {
            wheel.schedule(id, (3 + 64 * 5) * TICK);
        }
        wheel.schedule(4999, 3 * TICK);
        long now = 3 * TICK;
        assertEquals(DeadlineWheel.NONE, wheel.poll(now), "last of 5000 in the slot");
        assertTrue(wheel.nextDeadlineNanos(now) - now <= 0, "work is left");
        int calls = 1;
        while (wheel.poll(now) != 4999) {
            calls++;
            assertTrue(calls < 30);
        }
        assertTrue(calls > 10);
    }

    @Test
    void farthestDeadlineIsShortenedAndNotWrapped() {
        DeadlineWheel wheel = new DeadlineWheel(1, 64, TICK, 0);
        wheel.schedule(0, Long.MAX_VALUE);
        assertEquals(DeadlineWheel.NONE, wheel.poll(100 * TICK));
        assertEquals(DeadlineWheel.NONE, wheel.poll((1L << 30) * TICK - 1));
        assertEquals(0, wheel.poll((1L << 30) * TICK));
    }

    @Test
    void senselessSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new DeadlineWheel(0, 64, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new DeadlineWheel(1, 100, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new DeadlineWheel(1, 64, 0, 0));
    }

    /**
     * Random schedules, moves, cancellations and steps of time against a plain array; the clock
     * starts shortly before it wraps.
     */
    @ParameterizedTest
    @CsvSource({"1, 64, 3", "2, 64, 40", "3, 256, 300", "4, 1024, 2000", "5, 64, 5000"})
    void behavesLikeASlowReference(long seed, int slots, int maxStepTicks) {
        Random random = new Random(seed);
        long now = Long.MAX_VALUE - 200 * TICK;
        int capacity = 300;
        DeadlineWheel wheel = new DeadlineWheel(capacity, slots, TICK, now);
        long[] deadline = new long[capacity];
        long[] notBefore = new long[capacity];
        boolean[] set = new boolean[capacity];
        for (int round = 0; round < 3000; round++) {
            for (int change = random.nextInt(30); change > 0; change--) {
                int id = random.nextInt(capacity);
                if (random.nextInt(4) == 0) {
                    wheel.cancel(id);
                    set[id] = false;
                } else {
                    long ahead = (long) (random.nextDouble() * (slots * 3L + 20) * TICK);
                    deadline[id] = now + ahead - 5 * TICK;
                    notBefore[id] = now;
                    wheel.schedule(id, deadline[id]);
                    set[id] = true;
                }
                assertEquals(set[id], wheel.isScheduled(id));
            }
            long next = wheel.nextDeadlineNanos(now);
            for (int id = 0; id < capacity; id++) {
                if (set[id]) {
                    long from = Math.max(deadline[id] - now, 0);
                    assertTrue(next - now <= from + TICK, "would wake too late");
                }
            }
            now += (long) (random.nextDouble() * maxStepTicks * TICK);
            drain(wheel, now, deadline, set);
            for (int id = 0; id < capacity; id++) {
                if (set[id]) {
                    long lateNanos = Math.min(now - deadline[id], now - notBefore[id]);
                    assertTrue(lateNanos <= TICK, "late by " + lateNanos);
                }
            }
        }
    }

    private static void drain(DeadlineWheel wheel, long now, long[] deadline, boolean[] set) {
        int idle = 0;
        while (idle < 3) {
            int id = wheel.poll(now);
            if (id == DeadlineWheel.NONE) {
                idle = wheel.nextDeadlineNanos(now) - now <= 0 ? 0 : idle + 1;
                continue;
            }
            assertTrue(set[id]);
            assertTrue(deadline[id] - now <= 0, "early");
            set[id] = false;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000_000})
    void aMillionDeadlinesAreKeptWithoutAllocating(int capacity) {
        DeadlineWheel wheel = new DeadlineWheel(capacity, 8192, TICK, 0);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int id = 0; id < capacity; id++) {
            wheel.schedule(id, (1 + id % 300) * TICK);
        }
        for (int id = 0; id < capacity; id++) {
            wheel.schedule(id, (300 + id % 300) * TICK);
        }
        int expired = 0;
        for (long now = 0; now <= 600 * TICK; now += TICK) {
            do {
                while (wheel.poll(now) != DeadlineWheel.NONE) {
                    expired++;
                }
            } while (wheel.nextDeadlineNanos(now) - now <= 0);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertEquals(capacity, expired);
        assertTrue(allocated < 1000, "allocated " + allocated);
    }
}
