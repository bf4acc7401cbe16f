package io.jnat.wireguard;

import io.jnat.wireguard.cookie.MacStamp;
import io.jnat.wireguard.noise.InitiatorHandshake;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.noise.Tai64n;
import io.jnat.wireguard.session.IndexTable;
import io.jnat.wireguard.session.Reservation;
import io.jnat.wireguard.timer.WireGuardTiming;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the handshake thread knows of a peer: the pending handshake of our own, the last timestamp
 * that was accepted, the peer's cookie. Owner: the handshake thread.
 */
final class PeerHandshake {
    private final byte[] publicKey;
    private final MacStamp stamp;
    private final Tai64n timestamps = new Tai64n();
    private byte[] lastTimestamp = new byte[Tai64n.BYTES];
    private boolean everInitiated;
    private long lastInitiationNanos;
    private @Nullable StaticKeys agreedWith;
    private byte @Nullable [] staticStatic;
    private @Nullable InitiatorHandshake pending;
    private @Nullable Reservation pendingIndex;

    PeerHandshake(byte[] publicKey) {
        this.publicKey = publicKey;
        stamp = new MacStamp(publicKey);
    }

    /** Writes mac1 and mac2, and takes in cookies. */
    MacStamp stamp() {
        return stamp;
    }

    /** The next initiation's timestamp (W3). */
    byte[] timestamp(Instant now) {
        return timestamps.next(now);
    }

    /** The Diffie-Hellman result of both static keys; null when it is all zero. */
    byte @Nullable [] staticStatic(StaticKeys self) {
        if (agreedWith != self) {
            wipeStaticStatic();
            staticStatic = self.agree(publicKey);
            agreedWith = self;
        }
        return staticStatic;
    }

    /**
     * Accepts an authenticated initiation's timestamp (W3).
     *
     * @return null when it is accepted, else why not
     */
    @Nullable HandshakeFailure accept(byte[] timestamp, long nowNanos) {
        if (!Tai64n.isAfter(timestamp, lastTimestamp)) {
            return HandshakeFailure.REPLAYED_INITIATION;
        }
        if (everInitiated
                && nowNanos - lastInitiationNanos < WireGuardTiming.INITIATION_GAP_NANOS) {
            return HandshakeFailure.TOO_MANY_INITIATIONS;
        }
        lastTimestamp = timestamp;
        everInitiated = true;
        lastInitiationNanos = nowNanos;
        return null;
    }

    /** Our own handshake that waits for an answer to this index; null when there is none. */
    @Nullable InitiatorHandshake pending(Reservation index) {
        return index == pendingIndex ? pending : null;
    }

    /** Begins a handshake in the place of one that waits. */
    void begin(InitiatorHandshake handshake, Reservation index, IndexTable table) {
        forget(table);
        pending = handshake;
        pendingIndex = index;
    }

    /** The pending handshake is finished; its index lives on in the session. */
    void finished() {
        pending = null;
        pendingIndex = null;
    }

    /** Drops the pending handshake. */
    void forget(IndexTable table) {
        if (pending != null) {
            pending.wipe();
        }
        if (pendingIndex != null) {
            table.remove(pendingIndex);
        }
        finished();
    }

    /** Drops everything that is secret. */
    void wipe(IndexTable table) {
        forget(table);
        wipeStaticStatic();
        agreedWith = null;
    }

    private void wipeStaticStatic() {
        if (staticStatic != null) {
            Arrays.fill(staticStatic, (byte) 0);
            staticStatic = null;
        }
    }
}
