package io.jnat.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ModerationTest {
    private static final long FAST = Moderation.FAST_TURN_NANOS / 2;

    private final Moderation moderation = new Moderation();
    private long nowNanos = 1;

    /** Turns of the same kind; returns how many of them began with a pause. */
    private int turns(int count, long nanos, int packets, int packetsAfterPause, boolean bulk) {
        int pauses = 0;
        for (int turn = 0; turn < count; turn++) {
            boolean paused = moderation.pauses(nowNanos);
            pauses += paused ? 1 : 0;
            nowNanos += paused ? 2 * Moderation.PAUSE_NANOS : nanos;
            moderation.forwarded(paused ? packetsAfterPause : packets, bulk);
        }
        return pauses;
    }

    @Test
    void callsAreNeverPausedFor() {
        assertEquals(0, turns(10_000, Moderation.FAST_TURN_NANOS, 1, 1, false));
    }

    @Test
    void aFloodThatGathersIsTakenInFewerTurns() {
        int pauses = turns(10_000, FAST, 1, 5, false);
        assertTrue(pauses > 9_900, "pauses: " + pauses);
    }

    @Test
    void asManyPacketsATurnAsAPauseIsWorthAreEnough() {
        int pauses = turns(10_000, FAST, 1, Moderation.WORTH_PACKETS, false);
        assertTrue(pauses > 9_900, "pauses: " + pauses);
    }

    @Test
    void aPacketThatGoesToAndFroIsTriedRarely() {
        int pauses = turns(10_000, FAST, 1, 1, false);
        assertTrue(pauses > 0, "it is tried");
        int rounds = 10_000 / Moderation.HELD_OFF_TURNS + 1;
        assertTrue(pauses <= rounds * Moderation.TRIED_TURNS, "pauses: " + pauses);
    }

    @Test
    void pausesEndWithTheFlood() {
        assertTrue(turns(100, FAST, 1, 5, false) > 0);
        turns(2 * Moderation.TRIED_TURNS, FAST, 0, 0, false);
        assertFalse(moderation.pauses(nowNanos));
    }

    @Test
    void bulkNeedsNoPause() {
        assertEquals(0, turns(10_000, FAST, 44, 44, true));
        assertTrue(turns(100, FAST, 1, 5, false) > 0);
        moderation.forwarded(44, true);
        assertFalse(moderation.pauses(nowNanos), "it has gathered by itself");
    }
}
