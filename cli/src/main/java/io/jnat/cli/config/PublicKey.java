package io.jnat.cli.config;

import java.util.Arrays;
import java.util.Base64;

/** The other end's X25519 public key: 32 bytes, written in base64 as WireGuard does. */
public final class PublicKey {
    /** All zero: stands for a key that is not known. */
    public static final PublicKey NONE = new PublicKey(new byte[32]);

    private final byte[] bytes;

    private PublicKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Takes 32 bytes. */
    public static PublicKey of(byte[] bytes) {
        if (bytes.length != 32) {
            throw new IllegalArgumentException(bytes.length + " bytes");
        }
        return new PublicKey(bytes.clone());
    }

    /** A key in base64, and not all zero. */
    public static PublicKey parse(String text) throws BadValue {
        PublicKey key = new PublicKey(KeyFiles.decode(text));
        if (key.equals(NONE)) {
            throw new BadValue("a key that is not all zero");
        }
        return key;
    }

    /** A copy of the 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey key && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** In base64. */
    @Override
    public String toString() {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
