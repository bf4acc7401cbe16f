package io.jnat.wireguard.timer;

import java.util.random.RandomGenerator;

/**
 * A peer's five timers, named by purpose and moved by events. It only says what is due; the peer
 * acts on it.
 *
 * <p>Owner: engine, in the section. Allocates nothing.
 */
public final class PeerTimers {
    /** Due: no answer to an initiation (W10). */
    public static final int RETRANSMIT_INITIATION = 1;

    /** Due: data came in and nothing was sent since (W12). */
    public static final int PASSIVE_KEEPALIVE = 1 << 1;

    /** Due: data was sent and nothing came back (W11). */
    public static final int NEW_HANDSHAKE = 1 << 2;

    /** Due: no session for long (W15). */
    public static final int WIPE_KEYS = 1 << 3;

    /** Due: configured keepalive (W13). */
    public static final int PERSISTENT_KEEPALIVE = 1 << 4;

    private static final int TIMERS = 5;

    /** Our own choice: how young a handshake message may be to count as lost all the same. */
    private static final long HURRY_NANOS = 1_000_000_000L;

    private final WireGuardTiming timing;
    private final RandomGenerator random;
    private final EarliestDeadline earliest;
    private final long[] deadlineNanos = new long[TIMERS];
    private int armed;
    private long persistentKeepaliveNanos;
    private long attemptsSinceNanos;
    private boolean lastMinuteRekeyAsked;
    private boolean handshakeEverSent;
    private long handshakeSentNanos;

    /** Timers at rest. */
    public PeerTimers(WireGuardTiming timing, RandomGenerator random, EarliestDeadline earliest) {
        this.timing = timing;
        this.random = random;
        this.earliest = earliest;
    }

    /** A message with something in it was sent under a session. */
    public void onDataSent(long nowNanos) {
        if (!isArmed(NEW_HANDSHAKE)) {
            arm(NEW_HANDSHAKE, nowNanos + timing.silenceNanos() + jitterNanos());
        }
    }

    /** A message with something in it was received and authenticated. */
    public void onDataReceived(long nowNanos) {
        if (!isArmed(PASSIVE_KEEPALIVE)) {
            arm(PASSIVE_KEEPALIVE, nowNanos + timing.keepaliveNanos());
        }
    }

    /** Any authenticated packet was sent: data, keepalive or handshake. */
    public void onAuthenticatedSent(long nowNanos) {
        disarm(PASSIVE_KEEPALIVE);
        onTraversal(nowNanos);
    }

    /** Any authenticated packet was received: data, keepalive or handshake. */
    public void onAuthenticatedReceived(long nowNanos) {
        disarm(NEW_HANDSHAKE);
        onTraversal(nowNanos);
    }

    private void onTraversal(long nowNanos) {
        if (persistentKeepaliveNanos > 0) {
            arm(PERSISTENT_KEEPALIVE, nowNanos + persistentKeepaliveNanos);
        }
    }

    /** Whether a handshake may be initiated again (5 s after the last message of one, W6). */
    public boolean mayInitiate(long nowNanos) {
        return !handshakeEverSent || nowNanos - handshakeSentNanos >= timing.rekeyTimeoutNanos();
    }

    /** Whether an initiation waits for its answer, and is repeated when that does not come. */
    public boolean awaitsAnswer() {
        return handshakeEverSent && isArmed(RETRANSMIT_INITIATION);
    }

    /** Somebody wants a session anew: attempts are counted from here. */
    public void onHandshakeWanted(long nowNanos) {
        attemptsSinceNanos = nowNanos;
    }

    /** An initiation is being sent. */
    public void onInitiationSent(long nowNanos) {
        onHandshakeMessageSent(nowNanos);
        long again = nowNanos + timing.rekeyTimeoutNanos() + jitterNanos();
        long giveUp = attemptsSinceNanos + timing.rekeyAttemptNanos();
        arm(RETRANSMIT_INITIATION, again - giveUp < 0 ? again : giveUp);
    }

    /** A response is being sent. */
    public void onResponseSent(long nowNanos) {
        onHandshakeMessageSent(nowNanos);
    }

    private void onHandshakeMessageSent(long nowNanos) {
        handshakeEverSent = true;
        handshakeSentNanos = nowNanos;
        onAuthenticatedSent(nowNanos);
    }

    /** Lets the next initiation go at once, for a new private key (W30). */
    public void forgetLastHandshake() {
        handshakeEverSent = false;
    }

    /** Lets the next initiation go at once, unless the last message was sent within a second. */
    public void hurryHandshake(long nowNanos) {
        if (handshakeEverSent && nowNanos - handshakeSentNanos >= HURRY_NANOS) {
            handshakeEverSent = false;
        }
    }

    /** Whether an unanswered initiation is the last one. */
    public boolean attemptsAreOver(long nowNanos) {
        return nowNanos - attemptsSinceNanos >= timing.rekeyAttemptNanos();
    }

    /** Initiating was given up: nothing is owed to the other end any more. */
    public void onAttemptsGivenUp(long nowNanos) {
        disarm(PASSIVE_KEEPALIVE);
        if (!isArmed(WIPE_KEYS)) {
            arm(WIPE_KEYS, nowNanos + timing.wipeKeysNanos());
        }
    }

    /** New keys were derived. */
    public void onSessionDerived(long nowNanos) {
        arm(WIPE_KEYS, nowNanos + timing.wipeKeysNanos());
    }

    /** A session is known to work both ways. */
    public void onHandshakeComplete() {
        disarm(RETRANSMIT_INITIATION);
        lastMinuteRekeyAsked = false;
    }

    /**
     * Asks, once a session, for a handshake because one is about to die while data comes in.
     *
     * @return whether it was not asked before
     */
    public boolean askLastMinuteRekey() {
        boolean first = !lastMinuteRekeyAsked;
        lastMinuteRekeyAsked = true;
        return first;
    }

    /** The configured interval; 0 turns it off; turning it on makes one due at once (W13). */
    public void persistentKeepalive(int seconds, long nowNanos) {
        boolean wasOff = persistentKeepaliveNanos == 0;
        persistentKeepaliveNanos = seconds * 1_000_000_000L;
        if (seconds == 0) {
            disarm(PERSISTENT_KEEPALIVE);
        } else {
            arm(PERSISTENT_KEEPALIVE, wasOff ? nowNanos : nowNanos + persistentKeepaliveNanos);
        }
    }

    /** The persistent keepalive was due and is being sent, or asks for a handshake. */
    public void onPersistentKeepaliveDue(long nowNanos) {
        onTraversal(nowNanos);
    }

    /**
     * A retransmission was due less than 5 s after the last message: it comes when they are over.
     */
    public void onRetransmissionDelayed() {
        arm(RETRANSMIT_INITIATION, handshakeSentNanos + timing.rekeyTimeoutNanos());
    }

    /** Stops all timers. */
    public void stop() {
        armed = 0;
    }

    /** What is due, as a set of the constants above; those are disarmed. */
    public int takeDue(long nowNanos) {
        int due = 0;
        for (int at = 0; at < TIMERS; at++) {
            int timer = 1 << at;
            if (isArmed(timer) && deadlineNanos[at] - nowNanos <= 0) {
                due |= timer;
                disarm(timer);
            }
        }
        return due;
    }

    /** Tells the device's bound of the deadlines that are left. */
    public void reportDeadlines() {
        for (int at = 0; at < TIMERS; at++) {
            if (isArmed(1 << at)) {
                earliest.lower(deadlineNanos[at]);
            }
        }
    }

    /** Whether a timer runs. */
    public boolean isArmed(int timer) {
        return (armed & timer) != 0;
    }

    private void arm(int timer, long deadline) {
        armed |= timer;
        deadlineNanos[Integer.numberOfTrailingZeros(timer)] = deadline;
        earliest.lower(deadline);
    }

    private void disarm(int timer) {
        armed &= ~timer;
    }

    private long jitterNanos() {
        return timing.maxJitterNanos() == 0 ? 0 : random.nextLong(timing.maxJitterNanos() + 1);
    }
}
