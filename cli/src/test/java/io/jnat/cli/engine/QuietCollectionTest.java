package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** Time is the sleeper's: nothing waits. */
class QuietCollectionTest {
    private static final long CALL_MILLIS = 20;

    private final List<Long> collectedAt = new ArrayList<>();
    private long nowMillis;

    private void run(long untilMillis, LongUnaryOperator packets, LongUnaryOperator heap)
            throws InterruptedException {
        new QuietCollection(
                        () -> packets.applyAsLong(nowMillis),
                        () -> heap.applyAsLong(nowMillis),
                        () -> collectedAt.add(nowMillis),
                        () -> nowMillis >= untilMillis,
                        millis -> nowMillis += millis)
                .run();
    }

    @Test
    void nothingIsCollectedDuringACall() throws Exception {
        run(3_600_000, now -> now / CALL_MILLIS, now -> now << 20);
        assertEquals(List.of(), collectedAt);
    }

    @Test
    void isCollectedOnceTheCallHasEnded() throws Exception {
        run(60_000, now -> Math.min(now, 5_000) / CALL_MILLIS, now -> 0);
        assertEquals(1, collectedAt.size());
        long quiet = QuietCollection.QUIET_LOOKS * QuietCollection.LOOK_MILLIS;
        assertTrue(collectedAt.getFirst() >= 5_000 + quiet - QuietCollection.LOOK_MILLIS);
        assertTrue(collectedAt.getFirst() <= 5_000 + quiet + QuietCollection.LOOK_MILLIS);
    }

    @Test
    void isCollectedAgainOnlyWhenTheHeapHasGrown() throws Exception {
        long grown = QuietCollection.GROWTH_BYTES;
        run(3_600_000, now -> 0, now -> now < 1_800_000 ? grown - 1 : 2 * grown - 1);
        assertEquals(2, collectedAt.size());
        assertTrue(collectedAt.getLast() >= 1_800_000);
    }

    @Test
    void endsWhenItIsClosed() throws Exception {
        run(1_000, now -> now, now -> 0);
        assertEquals(List.of(), collectedAt);
        assertTrue(nowMillis < 1_000 + QuietCollection.REST_MILLIS);
    }
}
