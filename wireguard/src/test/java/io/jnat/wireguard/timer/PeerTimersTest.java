package io.jnat.wireguard.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each timer just before, at and just after, also where the clock wraps around. */
final class PeerTimersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long JITTER = 333_000_000L;

    private final EarliestDeadline earliest = new EarliestDeadline();
    private final PeerTimers timers =
            new PeerTimers(WireGuardTiming.STANDARD, new Random(1), earliest);

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1, -SECOND})
    @Tag("W12")
    void passiveKeepaliveIsDueTenSecondsAfterTheFirstData(long start) {
        timers.onDataReceived(start);
        timers.onDataReceived(start + 5 * SECOND);
        assertDue(0, start + 10 * SECOND - 1);
        assertTrue(earliest.isDue(start + 10 * SECOND));
        assertDue(PeerTimers.PASSIVE_KEEPALIVE, start + 10 * SECOND);
        assertDue(0, start + 11 * SECOND);
    }

    @Test
    @Tag("W12")
    void sendingAnythingSparesThePassiveKeepalive() {
        timers.onDataReceived(0);
        timers.onAuthenticatedSent(1);
        assertDue(0, 100 * SECOND);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1})
    @Tag("W11")
    void handshakeIsDueFifteenSecondsAndJitterAfterUnansweredData(long start) {
        timers.onDataSent(start);
        timers.onDataSent(start + 14 * SECOND); // does not push it on
        assertDue(0, start + 15 * SECOND - 1);
        assertDue(PeerTimers.NEW_HANDSHAKE, start + 15 * SECOND + JITTER);
    }

    @Test
    @Tag("W11")
    void anyAnswerEndsTheWait() {
        timers.onDataSent(0);
        timers.onAuthenticatedReceived(1);
        assertDue(0, 100 * SECOND);
    }

    @Test
    @Tag("W10")
    void retransmissionIsDueAfterFiveSecondsAndAtMostAThirdMore() {
        for (int round = 0; round < 1000; round++) {
            long start = round * 1000L * SECOND;
            timers.onHandshakeWanted(start);
            timers.onInitiationSent(start);
            assertDue(0, start + 5 * SECOND - 1);
            assertDue(PeerTimers.RETRANSMIT_INITIATION, start + 5 * SECOND + JITTER);
        }
    }

    @Test
    @Tag("W10")
    void jitterVaries() {
        boolean[] early = new boolean[2];
        for (int round = 0; round < 100; round++) {
            long start = round * 1000L * SECOND;
            timers.onHandshakeWanted(start);
            timers.onInitiationSent(start);
            early[timers.takeDue(start + 5 * SECOND + JITTER / 2) == 0 ? 0 : 1] = true;
            timers.stop();
        }
        assertTrue(early[0] && early[1]);
    }

    /** Two ends that miss each other's answers would otherwise shake hands at the same time. */
    @Test
    @Tag("W11")
    void handshakeAfterSilenceVaries() {
        boolean[] early = new boolean[2];
        for (int round = 0; round < 100; round++) {
            long start = round * 1000L * SECOND;
            timers.onDataSent(start);
            early[timers.takeDue(start + 15 * SECOND + JITTER / 2) == 0 ? 0 : 1] = true;
            timers.stop();
        }
        assertTrue(early[0] && early[1]);
    }

    @Test
    void stoppedTimersAreNeverDue() {
        timers.onDataSent(0);
        timers.onDataReceived(0);
        timers.onHandshakeWanted(0);
        timers.onInitiationSent(0);
        timers.onSessionDerived(0);
        timers.stop();
        assertDue(0, 1000 * SECOND);
    }

    @Test
    @Tag("W10")
    void attemptsAreOverAtExactlyNinetySeconds() {
        timers.onHandshakeWanted(0);
        timers.onInitiationSent(0);
        long now = 0;
        while (!timers.attemptsAreOver(now)) {
            now = earliest.orElse(-1);
            assertDue(PeerTimers.RETRANSMIT_INITIATION, now);
            earliest.clear();
            if (!timers.attemptsAreOver(now)) {
                timers.onInitiationSent(now);
            }
        }
        assertEquals(90 * SECOND, now);
    }

    @Test
    @Tag("W6")
    void handshakeMessagesOfEitherKindHoldBackInitiations() {
        assertTrue(timers.mayInitiate(0));
        timers.onResponseSent(0);
        assertFalse(timers.mayInitiate(5 * SECOND - 1));
        assertTrue(timers.mayInitiate(5 * SECOND));
        timers.onInitiationSent(10 * SECOND);
        assertFalse(timers.mayInitiate(15 * SECOND - 1));
        timers.forgetLastHandshake();
        assertTrue(timers.mayInitiate(15 * SECOND - 1));
    }

    @Test
    @Tag("W15")
    void keysAreDueForWiping540SecondsAfterTheLastSession() {
        timers.onSessionDerived(0);
        timers.onSessionDerived(100 * SECOND);
        assertDue(0, 640 * SECOND - 1);
        assertDue(PeerTimers.WIPE_KEYS, 640 * SECOND);
    }

    @Test
    @Tag("W15")
    void givingUpDoesNotPushTheWipingOn() {
        timers.onSessionDerived(0);
        timers.onAttemptsGivenUp(300 * SECOND);
        assertDue(PeerTimers.WIPE_KEYS, 540 * SECOND);
        timers.onAttemptsGivenUp(600 * SECOND);
        assertDue(0, 1140 * SECOND - 1);
        assertDue(PeerTimers.WIPE_KEYS, 1140 * SECOND);
    }

    @Test
    @Tag("W10")
    void givingUpOwesNothingMore() {
        timers.onDataReceived(85 * SECOND);
        timers.onAttemptsGivenUp(90 * SECOND);
        assertDue(0, 96 * SECOND);
    }

    @Test
    @Tag("W13")
    void persistentKeepaliveIsRestartedByEitherDirection() {
        timers.persistentKeepalive(25, 0);
        assertDue(PeerTimers.PERSISTENT_KEEPALIVE, 0);
        timers.onPersistentKeepaliveDue(0);
        timers.onAuthenticatedSent(10 * SECOND);
        assertDue(0, 35 * SECOND - 1);
        timers.onAuthenticatedReceived(20 * SECOND);
        assertDue(0, 45 * SECOND - 1);
        assertDue(PeerTimers.PERSISTENT_KEEPALIVE, 45 * SECOND);
        timers.persistentKeepalive(0, 50 * SECOND);
        timers.onAuthenticatedSent(50 * SECOND);
        assertDue(0, 10_000 * SECOND);
    }

    @Test
    @Tag("W14")
    void lastMinuteRenewalIsAskedOnceASession() {
        assertTrue(timers.askLastMinuteRekey());
        assertFalse(timers.askLastMinuteRekey());
        timers.onHandshakeComplete();
        assertTrue(timers.askLastMinuteRekey());
    }

    @Test
    void constantsAreTheProtocols() {
        WireGuardTiming timing = WireGuardTiming.STANDARD;
        assertEquals(120 * SECOND, timing.rekeyAfterNanos());
        assertEquals(180 * SECOND, timing.rejectAfterNanos());
        assertEquals(165 * SECOND, timing.rekeyOnReceiveNanos());
        assertEquals(15 * SECOND, timing.silenceNanos());
        assertEquals(540 * SECOND, timing.wipeKeysNanos());
        assertEquals(1L << 60, WireGuardTiming.REKEY_AFTER_MESSAGES);
        assertEquals(
                "18446744073709543423",
                Long.toUnsignedString(WireGuardTiming.REJECT_AFTER_MESSAGES));
        assertEquals(128, WireGuardTiming.STAGED_PACKETS);
    }

    private void assertDue(int expected, long nowNanos) {
        assertEquals(expected, timers.takeDue(nowNanos));
    }
}
