package io.jnat.wireguard.noise;

import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.HandshakeResponse;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Answers an initiation in three steps, so that the cheapest doubt ends it first: {@link #read}
 * says who claims to speak; {@link #authenticate} proves it and gives the timestamp; {@link
 * #respond} answers. Owner: the handshake thread.
 */
public final class ResponderHandshake {
    private final SymmetricState state;
    private final byte[] initiation;
    private final byte[] peerPublicKey;
    private final byte[] peerEphemeral;

    private ResponderHandshake(
            SymmetricState state, byte[] initiation, byte[] peerPublicKey, byte[] peerEphemeral) {
        this.state = state;
        this.initiation = initiation;
        this.peerPublicKey = peerPublicKey;
        this.peerEphemeral = peerEphemeral;
    }

    /** Reads who claims to have sent it; null when it does not authenticate. */
    public static @Nullable ResponderHandshake read(StaticKeys self, byte[] initiation) {
        byte[] ephemeral =
                Arrays.copyOfRange(
                        initiation,
                        HandshakeInitiation.EPHEMERAL,
                        HandshakeInitiation.EPHEMERAL + X25519.KEY_BYTES);
        byte[] ephemeralStatic = self.agree(ephemeral);
        if (ephemeralStatic == null) {
            return null;
        }
        SymmetricState state = SymmetricState.start(self.publicKey());
        state.mixKey(ephemeral);
        state.mixHash(ephemeral);
        byte[] key = state.mixKeyForCipher(ephemeralStatic);
        Arrays.fill(ephemeralStatic, (byte) 0);
        byte[] sealed =
                Arrays.copyOfRange(
                        initiation,
                        HandshakeInitiation.STATIC,
                        HandshakeInitiation.STATIC + HandshakeInitiation.STATIC_BYTES);
        byte[] peerPublicKey = state.openAndHash(key, sealed);
        if (peerPublicKey == null) {
            state.wipe();
            return null;
        }
        return new ResponderHandshake(state, initiation, peerPublicKey, ephemeral);
    }

    /** The public key of who claims to have sent it; not a copy. */
    public byte[] peerPublicKey() {
        return peerPublicKey;
    }

    /**
     * Proves that the sender has the private key.
     *
     * @return the TAI64N timestamp, 12 bytes; null when it does not authenticate
     */
    public byte @Nullable [] authenticate(byte[] staticStatic) {
        byte[] sealed =
                Arrays.copyOfRange(
                        initiation,
                        HandshakeInitiation.TIMESTAMP,
                        HandshakeInitiation.TIMESTAMP + HandshakeInitiation.TIMESTAMP_BYTES);
        return state.openAndHash(state.mixKeyForCipher(staticStatic), sealed);
    }

    /**
     * Makes the answer and the session's keys.
     *
     * @param message blank answer with its indices, filled in but for mac1 and mac2
     * @param ephemeralPrivate a fresh private key; wiped
     * @return null when a Diffie-Hellman result is all zero
     */
    public @Nullable SessionKeys respond(
            byte[] message, byte[] ephemeralPrivate, byte[] presharedKey) {
        byte[] ephemeral = X25519.publicKey(ephemeralPrivate);
        byte[] ephemeralEphemeral = X25519.agree(ephemeralPrivate, peerEphemeral);
        byte[] ephemeralStatic = X25519.agree(ephemeralPrivate, peerPublicKey);
        Arrays.fill(ephemeralPrivate, (byte) 0);
        if (ephemeralEphemeral == null || ephemeralStatic == null) {
            state.wipe();
            return null;
        }
        state.mixKey(ephemeral);
        state.mixHash(ephemeral);
        state.mixKey(ephemeralEphemeral);
        state.mixKey(ephemeralStatic);
        Arrays.fill(ephemeralEphemeral, (byte) 0);
        Arrays.fill(ephemeralStatic, (byte) 0);
        System.arraycopy(ephemeral, 0, message, HandshakeResponse.EPHEMERAL, ephemeral.length);
        byte[] empty = state.sealAndHash(state.mixPresharedKey(presharedKey), new byte[0]);
        System.arraycopy(empty, 0, message, HandshakeResponse.EMPTY, empty.length);
        return state.split(false, HandshakeInitiation.senderIndex(initiation));
    }

    /** Forgets all secrets, whether it was answered or not. */
    public void wipe() {
        state.wipe();
    }

    /** The index by which the initiator wants to be answered. */
    public int initiatorIndex() {
        return HandshakeInitiation.senderIndex(initiation);
    }
}
