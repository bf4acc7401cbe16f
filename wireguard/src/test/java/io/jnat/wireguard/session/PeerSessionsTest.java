package io.jnat.wireguard.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which of a peer's sessions sends, which still decrypts, and what is wiped. */
@Tag("W5")
@Tag("W30")
final class PeerSessionsTest {
    private final IndexTable table = new IndexTable(new Random(1));
    private final PeerSessions sessions = new PeerSessions(table);

    @Test
    void initiatorsSessionSendsAtOnceAndTheOldOneStillDecrypts() {
        Keypair first = install(true);
        assertSame(first, sessions.current());
        Keypair second = install(true);
        assertSame(second, sessions.current());
        assertAlive(first);
        Keypair third = install(true);
        assertSame(third, sessions.current());
        assertGone(first);
        assertAlive(second);
    }

    @Test
    void respondersSessionWaitsForItsFirstPacket() {
        Keypair first = install(true);
        Keypair answered = install(false);
        assertSame(first, sessions.current());
        assertFalse(sessions.promote(first));
        assertTrue(sessions.promote(answered));
        assertSame(answered, sessions.current());
        assertAlive(first);
        assertFalse(sessions.promote(answered));
    }

    @Test
    void newAnswerReplacesTheOneThatWaited() {
        Keypair first = install(false);
        Keypair second = install(false);
        assertGone(first);
        assertFalse(sessions.promote(first));
        assertTrue(sessions.promote(second));
        assertNull(table.keypair(first.localIndex()));
    }

    /** As in Linux: whoever shakes hands anew does not need the session before the last. */
    @Test
    void answerEndsThePreviousSessionAndLeavesTheCurrentOne() {
        Keypair previous = install(true);
        Keypair current = install(true);
        Keypair answered = install(false);
        assertGone(previous);
        assertAlive(current);
        assertTrue(sessions.promote(answered));
        assertAlive(current);
    }

    @Test
    void ownHandshakeWinsOverOneThatWaitsAndBothDecrypt() {
        Keypair current = install(true);
        Keypair answered = install(false);
        Keypair mine = install(true);
        assertSame(mine, sessions.current());
        assertAlive(answered);
        assertGone(current);
    }

    /** Whichever of the two it is, the other end decides alike. */
    @Test
    void ofTwoSessionsWhoseHandshakesMetThatWithTheSmallerIndexOfItsInitiatorIsTaken() {
        for (int pair = 0; pair < 32; pair++) {
            Keypair answered = install(false, pair << 27);
            Keypair mine = install(true);
            boolean taken = Integer.compareUnsigned(pair << 27, mine.localIndex()) < 0;
            assertEquals(taken, sessions.promote(answered));
            assertSame(taken ? answered : mine, sessions.current());
            assertFalse(sessions.promote(mine), "once");
            assertFalse(sessions.promote(answered), "once");
            assertAlive(answered);
            assertAlive(mine);
        }
    }

    @Test
    void clearingWipesAll() {
        Keypair first = install(true);
        Keypair second = install(true);
        Keypair third = install(false);
        sessions.clear();
        assertNull(sessions.current());
        assertGone(first);
        assertGone(second);
        assertGone(third);
        assertEquals(0, table.size());
    }

    private Keypair install(boolean initiator) {
        return install(initiator, 1);
    }

    private Keypair install(boolean initiator, int remoteIndex) {
        Reservation index = table.reserve(0);
        Keypair keypair = IndexTableTest.keypair(index, initiator, remoteIndex);
        table.replace(index, keypair);
        sessions.install(keypair);
        return keypair;
    }

    private void assertAlive(Keypair keypair) {
        assertSame(keypair, table.keypair(keypair.localIndex()));
        assertFalse(keypair.sendKey().isDestroyed());
    }

    private void assertGone(Keypair keypair) {
        assertNull(table.keypair(keypair.localIndex()));
        assertTrue(keypair.sendKey().isDestroyed());
        assertTrue(keypair.receiveKey().isDestroyed());
        assertEquals(0, keypair.sendKey().getEncoded()[0]);
        assertEquals(0, keypair.receiveKey().getEncoded()[0]);
    }
}
