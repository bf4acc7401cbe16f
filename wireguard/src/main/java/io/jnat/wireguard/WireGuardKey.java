package io.jnat.wireguard;

import io.jnat.wireguard.crypto.X25519;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A key of 32 bytes as people write it: public, private or preshared. Immutable. Printing one shows
 * nothing; only {@link #base64} and {@link #hex} do.
 */
public final class WireGuardKey {
    /** Bytes of every key. */
    public static final int BYTES = 32;

    private final byte[] bytes;

    private WireGuardKey(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a key has 32 bytes, this one has " + bytes.length);
        }
        this.bytes = bytes;
    }

    /** A key from 32 bytes. */
    public static WireGuardKey of(byte[] bytes) {
        return new WireGuardKey(bytes.clone());
    }

    /**
     * A key from 64 hexadecimal digits.
     *
     * @throws IllegalArgumentException says what is wrong, without the text
     */
    public static WireGuardKey fromHex(String text) {
        byte[] decoded;
        try {
            decoded = HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException notHex) {
            throw new IllegalArgumentException("not hexadecimal (expected: 64 digits)", notHex);
        }
        return new WireGuardKey(decoded);
    }

    /** A new private key. */
    public static WireGuardKey generatePrivate() {
        return new WireGuardKey(X25519.generatePrivateKey());
    }

    /** The public key of this private key. */
    public WireGuardKey publicKey() {
        return new WireGuardKey(X25519.publicKey(bytes));
    }

    /** Whether all bytes are zero, which stands for no key. */
    public boolean isZero() {
        int all = 0;
        for (byte octet : bytes) {
            all |= octet;
        }
        return all == 0;
    }

    /** A copy of the bytes. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** Writes the bytes over those of an array of 32; leaves no other copy. */
    void copyTo(byte[] to) {
        System.arraycopy(bytes, 0, to, 0, BYTES);
    }

    /** The key in base64: 44 characters. */
    public String base64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The key in hexadecimal: 64 digits. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WireGuardKey key && MessageDigest.isEqual(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Names no key material. */
    @Override
    public String toString() {
        return "WireGuardKey";
    }
}
