package io.jnat.wireguard.noise;

import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.message.HandshakeResponse;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A handshake that we have begun and that waits for its answer (WireGuard paper, sections 5.4.2 and
 * 5.4.3). Owner: the handshake thread.
 */
public final class InitiatorHandshake {
    private final StaticKeys self;
    private final byte[] ephemeralPrivate;
    private final SymmetricState state;
    private final byte[] message;

    private InitiatorHandshake(
            StaticKeys self, byte[] ephemeralPrivate, SymmetricState state, byte[] message) {
        this.self = self;
        this.ephemeralPrivate = ephemeralPrivate;
        this.state = state;
        this.message = message;
    }

    /**
     * Begins a handshake.
     *
     * @param staticStatic the Diffie-Hellman result of both static keys
     * @param ephemeralPrivate a fresh private key; owned and wiped by the handshake
     * @param timestamp TAI64N, 12 bytes
     * @return null when the peer's public key is of low order (W2)
     */
    public static @Nullable InitiatorHandshake begin(
            StaticKeys self,
            byte[] peerPublicKey,
            byte[] staticStatic,
            int senderIndex,
            byte[] ephemeralPrivate,
            byte[] timestamp) {
        byte[] ephemeralStatic = X25519.agree(ephemeralPrivate, peerPublicKey);
        if (ephemeralStatic == null) {
            Arrays.fill(ephemeralPrivate, (byte) 0);
            return null;
        }
        SymmetricState state = SymmetricState.start(peerPublicKey);
        byte[] message = HandshakeInitiation.create(senderIndex);
        byte[] ephemeral = X25519.publicKey(ephemeralPrivate);
        state.mixKey(ephemeral);
        state.mixHash(ephemeral);
        System.arraycopy(ephemeral, 0, message, HandshakeInitiation.EPHEMERAL, ephemeral.length);
        byte[] sealedStatic =
                state.sealAndHash(state.mixKeyForCipher(ephemeralStatic), self.publicKey());
        System.arraycopy(sealedStatic, 0, message, HandshakeInitiation.STATIC, sealedStatic.length);
        byte[] sealedTime = state.sealAndHash(state.mixKeyForCipher(staticStatic), timestamp);
        System.arraycopy(sealedTime, 0, message, HandshakeInitiation.TIMESTAMP, sealedTime.length);
        Arrays.fill(ephemeralStatic, (byte) 0);
        return new InitiatorHandshake(self, ephemeralPrivate, state, message);
    }

    /** The message to send, its mac1 and mac2 still zero. */
    public byte[] message() {
        return message;
    }

    /**
     * Takes in the answer. A wrong one leaves the handshake as it was, waiting for the right one.
     *
     * @return null when it does not authenticate
     */
    public @Nullable SessionKeys finish(byte[] response, byte[] presharedKey) {
        byte[] ephemeral =
                Arrays.copyOfRange(
                        response,
                        HandshakeResponse.EPHEMERAL,
                        HandshakeResponse.EPHEMERAL + X25519.KEY_BYTES);
        byte[] ephemeralEphemeral = X25519.agree(ephemeralPrivate, ephemeral);
        byte[] staticEphemeral = self.agree(ephemeral);
        if (ephemeralEphemeral == null || staticEphemeral == null) {
            return null;
        }
        SymmetricState tried = state.copy();
        tried.mixKey(ephemeral);
        tried.mixHash(ephemeral);
        tried.mixKey(ephemeralEphemeral);
        tried.mixKey(staticEphemeral);
        byte[] sealed =
                Arrays.copyOfRange(
                        response,
                        HandshakeResponse.EMPTY,
                        HandshakeResponse.EMPTY + HandshakeResponse.EMPTY_BYTES);
        byte[] opened = tried.openAndHash(tried.mixPresharedKey(presharedKey), sealed);
        Arrays.fill(ephemeralEphemeral, (byte) 0);
        Arrays.fill(staticEphemeral, (byte) 0);
        if (opened == null) {
            tried.wipe();
            return null;
        }
        wipe();
        return tried.split(true, HandshakeResponse.senderIndex(response));
    }

    /** Forgets all secrets; the handshake can't be finished any more. */
    public void wipe() {
        Arrays.fill(ephemeralPrivate, (byte) 0);
        state.wipe();
    }
}
