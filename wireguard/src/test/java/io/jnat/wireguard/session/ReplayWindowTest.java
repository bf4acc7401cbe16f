package io.jnat.wireguard.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The sliding window against a set of everything that was seen. */
@Tag("W20")
final class ReplayWindowTest {
    private final ReplayWindow window = new ReplayWindow();

    @Test
    void eachCounterIsAcceptedOnce() {
        for (long counter = 0; counter < 20_000; counter++) {
            assertTrue(window.accept(counter), "first " + counter);
            assertFalse(window.accept(counter), "again " + counter);
        }
    }

    @Test
    void windowIsAtLeast8128Wide() {
        assertTrue(ReplayWindow.PACKETS >= 8128);
        assertTrue(window.accept(100_000));
        assertTrue(window.accept(100_000 - ReplayWindow.PACKETS));
        assertFalse(window.accept(100_000 - ReplayWindow.PACKETS - 1));
        assertTrue(window.accept(100_000 - ReplayWindow.PACKETS + 1));
    }

    @Test
    void everythingInTheWindowIsAcceptedInReverse() {
        assertTrue(window.accept(8128));
        for (long counter = 8127; counter >= 0; counter--) {
            assertTrue(window.accept(counter), "counter " + counter);
        }
        for (long counter = 0; counter <= 8128; counter++) {
            assertFalse(window.accept(counter), "again " + counter);
        }
    }

    @Test
    void leapsForgetWhatLiesBehind() {
        assertTrue(window.accept(5));
        assertTrue(window.accept(1L << 40));
        assertFalse(window.accept(5));
        assertFalse(window.accept(6));
        assertTrue(window.accept((1L << 40) - 64));
        assertTrue(window.accept((1L << 40) - 8128));
    }

    @Test
    void countersAreUnsigned() {
        assertTrue(window.accept(Long.MAX_VALUE));
        assertTrue(window.accept(Long.MIN_VALUE));
        assertFalse(window.accept(Long.MAX_VALUE));
        assertTrue(window.accept(-8193 - 2));
        assertFalse(window.accept(0));
    }

    @Test
    void randomHistoriesAgreeWithASet() {
        Random random = new Random(3);
        for (int history = 0; history < 20; history++) {
            ReplayWindow mine = new ReplayWindow();
            Set<Long> seen = new HashSet<>();
            long newest = 0;
            long base = random.nextInt(1_000_000);
            for (int step = 0; step < 20_000; step++) {
                long counter =
                        Math.max(0, base + random.nextInt(9000) - (step % 3 == 0 ? 4000 : 0));
                boolean expected = newest - counter <= ReplayWindow.PACKETS && seen.add(counter);
                assertEquals(expected, mine.accept(counter), "step " + step);
                newest = Math.max(newest, counter);
                base += random.nextInt(40) == 0 ? random.nextInt(20_000) : random.nextInt(2);
            }
        }
    }
}
