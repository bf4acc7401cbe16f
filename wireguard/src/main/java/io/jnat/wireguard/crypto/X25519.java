package io.jnat.wireguard.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * X25519 (RFC 7748, section 5) on raw 32-byte keys: the Montgomery ladder over {@link Field25519},
 * the same steps whatever the key. Off the packet path; any thread. Why it is not the JDK's:
 * docs/decisions/025-key-agreement.md.
 */
public final class X25519 {
    /** Bytes of a private key, of a public key, and of a result. */
    public static final int KEY_BYTES = 32;

    private static final int TOP_BIT = 254;

    /** (486662 − 2) / 4, of the curve's equation. */
    private static final long A24 = 121_665;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** u = 9. */
    private static final byte[] BASE_POINT = Field25519.bytes(Field25519.number(9));

    // The names are RFC 7748's: two points as x/z, and what a step of the ladder makes of them.
    private final long[] x1;
    private final long[] x2 = Field25519.number(1);
    private final long[] z2 = Field25519.number(0);
    private final long[] x3;
    private final long[] z3 = Field25519.number(1);
    private final long[] a = Field25519.number(0);
    private final long[] aa = Field25519.number(0);
    private final long[] b = Field25519.number(0);
    private final long[] bb = Field25519.number(0);
    private final long[] e = Field25519.number(0);

    private X25519(byte[] publicKey) {
        x1 = Field25519.read(publicKey);
        x3 = x1.clone();
    }

    /** A new private key, clamped. */
    public static byte[] generatePrivateKey() {
        byte[] key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        clamp(key);
        return key;
    }

    /** Sets the bits of a private key that RFC 7748 section 5 fixes. */
    public static void clamp(byte[] privateKey) {
        privateKey[0] &= (byte) 0xf8;
        privateKey[31] = (byte) (privateKey[31] & 0x7f | 0x40);
    }

    /** The public key that belongs to a private key. */
    public static byte[] publicKey(byte[] privateKey) {
        byte[] publicKey = agree(privateKey, BASE_POINT);
        if (publicKey == null) {
            throw new IllegalStateException("a clamped scalar can't give the neutral element");
        }
        return publicKey;
    }

    /**
     * The Diffie-Hellman result.
     *
     * @param privateKey is clamped here if it is not yet
     * @return null when it is all zero, as it is for a public key of low order
     */
    public static byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
        byte[] scalar = Arrays.copyOf(privateKey, KEY_BYTES);
        clamp(scalar);
        X25519 ladder = new X25519(publicKey);
        byte[] result = ladder.climb(scalar);
        ladder.forget();
        Arrays.fill(scalar, (byte) 0);
        return isZero(result) ? null : result;
    }

    private byte[] climb(byte[] scalar) {
        int swapped = 0;
        for (int at = TOP_BIT; at >= 0; at--) {
            int bit = scalar[at / Byte.SIZE] >>> at % Byte.SIZE & 1;
            Field25519.swap(swapped ^ bit, x2, x3);
            Field25519.swap(swapped ^ bit, z2, z3);
            swapped = bit;
            step();
        }
        Field25519.swap(swapped, x2, x3);
        Field25519.swap(swapped, z2, z3);
        Field25519.invert(z2, z2);
        Field25519.multiply(x2, x2, z2);
        return Field25519.bytes(x2);
    }

    /** Doubles point 2 and adds it, as it was, to point 3. */
    private void step() {
        Field25519.add(a, x2, z2);
        Field25519.square(aa, a);
        Field25519.subtract(b, x2, z2);
        Field25519.square(bb, b);
        Field25519.subtract(e, aa, bb);
        Field25519.multiply(x2, aa, bb);
        // z2 = E · (AA + a24 · E)
        Field25519.multiply(z2, e, A24);
        Field25519.add(z2, z2, aa);
        Field25519.multiply(z2, z2, e);
        // aa and bb are free: C and D, then CB and DA
        Field25519.add(aa, x3, z3);
        Field25519.subtract(bb, x3, z3);
        Field25519.multiply(aa, aa, b);
        Field25519.multiply(bb, bb, a);
        Field25519.add(x3, bb, aa);
        Field25519.square(x3, x3);
        Field25519.subtract(z3, bb, aa);
        Field25519.square(z3, z3);
        Field25519.multiply(z3, z3, x1);
    }

    private void forget() {
        Field25519.wipe(x2, z2, x3, z3, a, aa, b, bb, e);
    }

    private static boolean isZero(byte[] bytes) {
        int all = 0;
        for (byte octet : bytes) {
            all |= octet;
        }
        return all == 0;
    }
}
