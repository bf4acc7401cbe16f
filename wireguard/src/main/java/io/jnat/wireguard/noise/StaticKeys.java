package io.jnat.wireguard.noise;

import io.jnat.wireguard.crypto.X25519;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Our own long-lived keys. Immutable but for {@link #wipe}; any thread. */
public final class StaticKeys {
    private final byte[] privateKey;
    private final byte[] publicKey;

    /** Keys from 32 private bytes, which are clamped (W2); the array stays the caller's. */
    public StaticKeys(byte[] privateKey) {
        this.privateKey = Arrays.copyOf(privateKey, X25519.KEY_BYTES);
        X25519.clamp(this.privateKey);
        publicKey = X25519.publicKey(this.privateKey);
    }

    /** Our public key; not a copy. */
    public byte[] publicKey() {
        return publicKey;
    }

    /** The private key, not a copy; for tests of what is left of it. */
    byte[] privateKey() {
        return privateKey;
    }

    /** The Diffie-Hellman result with another public key; null when it is all zero. */
    public byte @Nullable [] agree(byte[] otherPublicKey) {
        return X25519.agree(privateKey, otherPublicKey);
    }

    /** Wipes the private key. */
    public void wipe() {
        Arrays.fill(privateKey, (byte) 0);
    }

    /** Names no key material. */
    @Override
    public String toString() {
        return "StaticKeys";
    }
}
