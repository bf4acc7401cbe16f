package io.jnat.wireguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jnat.wireguard.noise.Tai64n;
import io.jnat.wireguard.timer.WireGuardTiming;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which authenticated initiations are answered. */
@Tag("W3")
final class PeerHandshakeTest {
    private static final long GAP = WireGuardTiming.INITIATION_GAP_NANOS;

    private final PeerHandshake handshake = new PeerHandshake(new byte[32]);

    /** The clock may begin at 0. */
    @Test
    void firstInitiationIsAcceptedAtAnyTime() {
        assertNull(handshake.accept(timestamp(1), 0));
    }

    @Test
    void nextInitiationIsAcceptedTwentyMillisecondsLater() {
        assertNull(handshake.accept(timestamp(1), 5));
        assertEquals(
                HandshakeFailure.TOO_MANY_INITIATIONS, handshake.accept(timestamp(2), 5 + GAP - 1));
        assertNull(handshake.accept(timestamp(2), 5 + GAP), "what was refused was not seen");
        assertEquals(
                HandshakeFailure.REPLAYED_INITIATION, handshake.accept(timestamp(2), 5 + 10 * GAP));
    }

    private static byte[] timestamp(int number) {
        byte[] timestamp = new byte[Tai64n.BYTES];
        timestamp[0] = 0x40;
        timestamp[Tai64n.BYTES - 1] = (byte) number;
        return timestamp;
    }
}
