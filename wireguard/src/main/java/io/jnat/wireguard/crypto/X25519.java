package io.jnat.wireguard.crypto;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.jspecify.annotations.Nullable;

/**
 * X25519 (RFC 7748) on raw 32-byte keys, computed by the JDK. Costs about 0.1 ms a multiplication;
 * off the packet path.
 */
public final class X25519 {
    /** Bytes of a private key, of a public key, and of a result. */
    public static final int KEY_BYTES = 32;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] BASE_POINT = basePoint();

    /**
     * The JDK's objects are not for several threads, and making them costs more than using them.
     */
    private static final ThreadLocal<X25519> OF_THREAD = ThreadLocal.withInitial(X25519::new);

    private final KeyFactory keys;
    private final KeyAgreement agreement;

    private X25519() {
        try {
            keys = KeyFactory.getInstance("X25519");
            agreement = KeyAgreement.getInstance("X25519");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("this JDK has no X25519", missing);
        }
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
     * @return null when it is all zero, as it is for a public key of low order
     */
    public static byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
        return OF_THREAD.get().multiply(privateKey, publicKey);
    }

    private byte @Nullable [] multiply(byte[] privateKey, byte[] publicKey) {
        try {
            agreement.init(
                    keys.generatePrivate(
                            new XECPrivateKeySpec(NamedParameterSpec.X25519, privateKey)));
            agreement.doPhase(
                    keys.generatePublic(
                            new XECPublicKeySpec(NamedParameterSpec.X25519, coordinate(publicKey))),
                    true);
            byte[] result = agreement.generateSecret();
            return isZero(result) ? null : result;
        } catch (InvalidKeyException lowOrder) {
            return null; // the JDK refuses an all-zero result by itself
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("X25519 of 32-byte keys", impossible);
        }
    }

    /** Little-endian, top bit ignored (RFC 7748 section 5); the JDK reduces modulo p. */
    private static BigInteger coordinate(byte[] publicKey) {
        byte[] bigEndian = new byte[KEY_BYTES];
        for (int at = 0; at < KEY_BYTES; at++) {
            bigEndian[at] = publicKey[KEY_BYTES - 1 - at];
        }
        bigEndian[0] &= 0x7f;
        return new BigInteger(1, bigEndian);
    }

    private static boolean isZero(byte[] bytes) {
        int all = 0;
        for (byte octet : bytes) {
            all |= octet;
        }
        return all == 0;
    }

    private static byte[] basePoint() {
        byte[] nine = new byte[KEY_BYTES];
        Arrays.fill(nine, (byte) 0);
        nine[0] = 9;
        return nine;
    }
}
