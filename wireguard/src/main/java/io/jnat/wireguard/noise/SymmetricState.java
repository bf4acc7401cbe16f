package io.jnat.wireguard.noise;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jnat.wireguard.crypto.Blake2s;
import io.jnat.wireguard.crypto.ChaCha20Poly1305;
import io.jnat.wireguard.crypto.PacketKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Chaining key and transcript hash of one handshake (Noise, section 5.2), with WireGuard's
 * construction and identifier mixed in. Owner: the handshake thread.
 */
final class SymmetricState {
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] FIRST_CHAIN =
            Blake2s.hash("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(US_ASCII));
    private static final byte[] FIRST_HASH =
            Blake2s.hash(FIRST_CHAIN, "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(US_ASCII));

    private byte[] chain;
    private byte[] hash;

    private SymmetricState(byte[] chain, byte[] hash) {
        this.chain = chain;
        this.hash = hash;
    }

    /** The state at the beginning; the responder's public key is known to both. */
    static SymmetricState start(byte[] responderPublicKey) {
        return new SymmetricState(
                FIRST_CHAIN.clone(), Blake2s.hash(FIRST_HASH, responderPublicKey));
    }

    /** A copy to try an answer on, so that a forged one leaves the handshake as it was. */
    SymmetricState copy() {
        return new SymmetricState(chain.clone(), hash.clone());
    }

    void mixHash(byte[] data) {
        hash = Blake2s.hash(hash, data);
    }

    /** Mixes in a public key or a Diffie-Hellman result from which no key is taken. */
    void mixKey(byte[] input) {
        byte[][] derived = Kdf.derive(chain, input, 1);
        replaceChain(derived[0]);
    }

    /** Mixes in a Diffie-Hellman result and gives the key for what follows. */
    byte[] mixKeyForCipher(byte[] input) {
        byte[][] derived = Kdf.derive(chain, input, 2);
        replaceChain(derived[0]);
        return derived[1];
    }

    /** Mixes in the preshared key and gives the key for what follows. */
    byte[] mixPresharedKey(byte[] presharedKey) {
        byte[][] derived = Kdf.derive(chain, presharedKey, 3);
        replaceChain(derived[0]);
        mixHash(derived[1]);
        Arrays.fill(derived[1], (byte) 0);
        return derived[2];
    }

    /** Seals with the transcript as associated data and mixes the result in; wipes the key. */
    byte[] sealAndHash(byte[] key, byte[] plain) {
        byte[] sealed = ChaCha20Poly1305.seal(key, 0, plain, hash);
        mixHash(sealed);
        Arrays.fill(key, (byte) 0);
        return sealed;
    }

    /** Opens what {@link #sealAndHash} made; null when it does not authenticate. Wipes the key. */
    byte @Nullable [] openAndHash(byte[] key, byte[] sealed) {
        byte[] plain = ChaCha20Poly1305.open(key, 0, sealed, hash);
        mixHash(sealed);
        Arrays.fill(key, (byte) 0);
        return plain;
    }

    /** The two transport keys, initiator's sending key first; wipes the state. */
    SessionKeys split(boolean initiator, int remoteIndex) {
        byte[][] derived = Kdf.derive(chain, NOTHING, 2);
        wipe();
        PacketKey first = new PacketKey(derived[0]);
        PacketKey second = new PacketKey(derived[1]);
        return initiator
                ? new SessionKeys(first, second, remoteIndex)
                : new SessionKeys(second, first, remoteIndex);
    }

    void wipe() {
        Arrays.fill(chain, (byte) 0);
        Arrays.fill(hash, (byte) 0);
    }

    private void replaceChain(byte[] next) {
        Arrays.fill(chain, (byte) 0);
        chain = next;
    }
}
