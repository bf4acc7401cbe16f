package io.jnat.wireguard.crypto.vector;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The same by other means: the JDK's cipher, and Poly1305 as RFC 8439 states it, in big integers.
 */
final class Oracle {
    static final BigInteger P = BigInteger.TWO.pow(130).subtract(BigInteger.valueOf(5));
    static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);

    private Oracle() {}

    static byte[] nonce(long counter) {
        byte[] nonce = new byte[12];
        for (int at = 0; at < 8; at++) {
            nonce[4 + at] = (byte) (counter >>> 8 * at);
        }
        return nonce;
    }

    static byte[] seal(byte[] key, long counter, byte[] plain) {
        try {
            Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(key, "ChaCha20"),
                    new IvParameterSpec(nonce(counter)));
            return cipher.doFinal(plain);
        } catch (GeneralSecurityException broken) {
            throw new AssertionError(broken);
        }
    }

    /** The first 32 bytes of the keystream block 0: r, unclamped, and s. */
    static byte[] polyKey(byte[] key, long counter) {
        return polyKey(key, nonce(counter));
    }

    static byte[] polyKey(byte[] key, byte[] nonce) {
        try {
            Cipher cipher = Cipher.getInstance("ChaCha20");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(key, "ChaCha20"),
                    new javax.crypto.spec.ChaCha20ParameterSpec(nonce, 0));
            return cipher.doFinal(new byte[32]);
        } catch (GeneralSecurityException broken) {
            throw new AssertionError(broken);
        }
    }

    static BigInteger number(byte[] littleEndian) {
        byte[] turned = new byte[littleEndian.length];
        for (int at = 0; at < turned.length; at++) {
            turned[at] = littleEndian[turned.length - 1 - at];
        }
        return new BigInteger(1, turned);
    }

    static BigInteger r(byte[] polyKey) {
        return number(Arrays.copyOf(polyKey, 16)).and(CLAMP);
    }

    static BigInteger s(byte[] polyKey) {
        return number(Arrays.copyOfRange(polyKey, 16, 32));
    }

    /** (h + block) · r for each block of 16 bytes or less, with its bit above. */
    static BigInteger absorb(BigInteger h, BigInteger r, byte[] bytes) {
        BigInteger sum = h;
        for (int at = 0; at < bytes.length; at += 16) {
            byte[] block = Arrays.copyOfRange(bytes, at, Math.min(at + 16, bytes.length));
            BigInteger value = number(block).setBit(8 * block.length);
            sum = sum.add(value).multiply(r).mod(P);
        }
        return sum;
    }
}
