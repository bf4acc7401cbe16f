package io.jnat.core.engine;

/**
 * Decides when a thread lets packets gather before it takes them, as network cards moderate their
 * interrupts: when turns follow each other fast and each brings next to nothing, so that the time
 * goes to waking up. A pause of {@value #PAUSE_NANOS} ns then brings several in one turn, for which
 * the programs that send and read them get the core (docs/decisions/022-moderation.md).
 *
 * <p>Whether a pause brings more is seen by trying. A single packet that goes to and fro is as fast
 * as a flood and gains nothing: after {@value #TRIED_TURNS} turns that brought less than {@value
 * #WORTH_PACKETS} each, there are no pauses for {@value #HELD_OFF_TURNS} turns.
 *
 * <p>Owner: one engine thread. Allocates nothing, reads no clock.
 */
final class Moderation {
    /** How long packets gather; the kernel's timer adds up to as much. */
    static final long PAUSE_NANOS = 50_000;

    /** Turns that take less, on average, are fast: 25,000 a second. 100 calls have 10,000. */
    static final long FAST_TURN_NANOS = 40_000;

    static final int WATCHED_TURNS = 32;
    static final int TRIED_TURNS = 8;
    static final int WORTH_PACKETS = 3;
    static final int HELD_OFF_TURNS = 2048;

    private boolean moderating;

    /** Turns in the current window: {@link #WATCHED_TURNS}, or {@link #TRIED_TURNS} with pauses. */
    private int turns;

    private int packets;
    private long windowStartNanos;

    /** The first turn begins the first window. */
    private int heldOffTurns = 1;

    private boolean bulk;

    /** A burst has been forwarded. */
    void forwarded(int packetCount, boolean wasBulk) {
        packets += packetCount;
        bulk |= wasBulk;
    }

    /**
     * A turn begins; called once for each.
     *
     * @return whether to pause first
     */
    boolean pauses(long nowNanos) {
        boolean afterBulk = bulk;
        bulk = false;
        turns++;
        if (moderating) {
            if (turns >= TRIED_TURNS) {
                moderating = packets >= WORTH_PACKETS * turns;
                heldOffTurns = moderating ? 0 : HELD_OFF_TURNS;
                beginWindow(nowNanos);
            }
            return moderating && !afterBulk;
        }
        if (afterBulk || heldOffTurns > 0) {
            heldOffTurns = Math.max(0, heldOffTurns - 1);
            beginWindow(nowNanos);
        } else if (turns == WATCHED_TURNS) {
            moderating = nowNanos - windowStartNanos < WATCHED_TURNS * FAST_TURN_NANOS;
            beginWindow(nowNanos);
        }
        return moderating;
    }

    private void beginWindow(long nowNanos) {
        turns = 0;
        packets = 0;
        windowStartNanos = nowNanos;
    }
}
