package io.jnat.wireguard.noise;

/** Reaches into the own keys, so that tests see whether they are wiped. */
public final class PrivateKeyBytes {
    private PrivateKeyBytes() {}

    /** The private key as it is now. */
    public static byte[] of(StaticKeys keys) {
        return keys.privateKey();
    }
}
