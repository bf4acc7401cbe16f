package io.jnat.wireguard.timer;

import java.time.Duration;

/**
 * The protocol's constants (WireGuard paper, section 6.1). The times are a record, so that tests
 * can shorten our own end's; everybody else uses {@link #STANDARD}.
 *
 * @param rekeyAfterNanos age at which the initiator renews a session when sending
 * @param rejectAfterNanos age from which on a session is dead
 * @param rekeyTimeoutNanos time between two initiations
 * @param rekeyAttemptNanos time after which initiating is given up
 * @param keepaliveNanos silence after which received data is confirmed
 * @param maxJitterNanos most that is added at random to a retransmission
 */
public record WireGuardTiming(
        long rekeyAfterNanos,
        long rejectAfterNanos,
        long rekeyTimeoutNanos,
        long rekeyAttemptNanos,
        long keepaliveNanos,
        long maxJitterNanos) {

    /** What the protocol says. */
    public static final WireGuardTiming STANDARD =
            new WireGuardTiming(
                    Duration.ofSeconds(120).toNanos(),
                    Duration.ofSeconds(180).toNanos(),
                    Duration.ofSeconds(5).toNanos(),
                    Duration.ofSeconds(90).toNanos(),
                    Duration.ofSeconds(10).toNanos(),
                    Duration.ofMillis(333).toNanos());

    /** Messages after which a session is renewed. */
    public static final long REKEY_AFTER_MESSAGES = 1L << 60;

    /** Messages from which on a session is dead; unsigned. */
    public static final long REJECT_AFTER_MESSAGES = -(1L << 13) - 1;

    /** Least time between two initiations that are accepted from one peer. */
    public static final long INITIATION_GAP_NANOS = Duration.ofMillis(20).toNanos();

    /** How long a cookie secret is used. */
    public static final long COOKIE_SECRET_NANOS = Duration.ofMinutes(2).toNanos();

    /** How long an initiator trusts a cookie. */
    public static final long COOKIE_TRUST_NANOS = Duration.ofSeconds(115).toNanos();

    /** Packets that wait for a session, a peer. */
    public static final int STAGED_PACKETS = 128;

    /**
     * What the protocol says, or times shorter by the factor in the system property {@code
     * jnat.wireguard.hurry}: for tests of this end against other implementations.
     */
    public static WireGuardTiming ofProperty() {
        int factor = Math.max(1, Integer.getInteger("jnat.wireguard.hurry", 1));
        return new WireGuardTiming(
                STANDARD.rekeyAfterNanos / factor,
                STANDARD.rejectAfterNanos / factor,
                STANDARD.rekeyTimeoutNanos / factor,
                STANDARD.rekeyAttemptNanos / factor,
                STANDARD.keepaliveNanos / factor,
                STANDARD.maxJitterNanos / factor);
    }

    /** A session's age from which on receiving makes its initiator renew it: 165 s. */
    public long rekeyOnReceiveNanos() {
        return rejectAfterNanos - keepaliveNanos - rekeyTimeoutNanos;
    }

    /** Time without an answer to data after which a handshake is tried: 15 s. */
    long silenceNanos() {
        return keepaliveNanos + rekeyTimeoutNanos;
    }

    /** Time after the last session after which all keys are wiped: 540 s. */
    long wipeKeysNanos() {
        return 3 * rejectAfterNanos;
    }
}
