package io.jnat.wireguard.crypto;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AEAD of the handshake: ChaCha20-Poly1305 (RFC 8439) with a 64-bit counter as its nonce, and
 * XChaCha20-Poly1305 with a random nonce of 24 bytes for cookies. Allocates; off the packet path.
 */
public final class ChaCha20Poly1305 {
    /** Bytes of the authentication tag. */
    public static final int TAG_BYTES = 16;

    /** Bytes of XChaCha20-Poly1305's nonce. */
    public static final int EXTENDED_NONCE_BYTES = 24;

    private static final int NONCE_BYTES = 12;

    private ChaCha20Poly1305() {}

    /** Ciphertext and tag; the nonce is four zero bytes and the counter, low byte first. */
    public static byte[] seal(byte[] key, long counter, byte[] plain, byte[] associated) {
        return seal(key, nonce(counter), plain, associated);
    }

    /**
     * The plaintext.
     *
     * @return null when the tag is wrong or there is none
     */
    public static byte @Nullable [] open(
            byte[] key, long counter, byte[] sealed, byte[] associated) {
        return open(key, nonce(counter), sealed, associated);
    }

    /** Ciphertext and tag under XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, section 2). */
    public static byte[] sealExtended(byte[] key, byte[] nonce, byte[] plain, byte[] associated) {
        byte[] subKey = HChaCha20.subKey(key, nonce);
        byte[] sealed = seal(subKey, tail(nonce), plain, associated);
        Arrays.fill(subKey, (byte) 0);
        return sealed;
    }

    /**
     * The plaintext under XChaCha20-Poly1305.
     *
     * @return null when the tag is wrong or there is none
     */
    public static byte @Nullable [] openExtended(
            byte[] key, byte[] nonce, byte[] sealed, byte[] associated) {
        byte[] subKey = HChaCha20.subKey(key, nonce);
        byte[] plain = open(subKey, tail(nonce), sealed, associated);
        Arrays.fill(subKey, (byte) 0);
        return plain;
    }

    /** RFC 8439 with any 12-byte nonce. */
    static byte[] seal(byte[] key, byte[] nonce, byte[] plain, byte[] associated) {
        try {
            return run(Cipher.ENCRYPT_MODE, key, nonce, plain, associated);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("ChaCha20-Poly1305", impossible);
        }
    }

    /** RFC 8439 with any 12-byte nonce; null when the tag is wrong. */
    static byte @Nullable [] open(byte[] key, byte[] nonce, byte[] sealed, byte[] associated) {
        if (sealed.length < TAG_BYTES) {
            return null;
        }
        try {
            return run(Cipher.DECRYPT_MODE, key, nonce, sealed, associated);
        } catch (AEADBadTagException wrong) {
            return null;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("ChaCha20-Poly1305", impossible);
        }
    }

    private static byte[] run(int mode, byte[] key, byte[] nonce, byte[] data, byte[] associated)
            throws GeneralSecurityException {
        Cipher cipher = newCipher();
        cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
        cipher.updateAAD(associated);
        return cipher.doFinal(data);
    }

    static Cipher newCipher() {
        try {
            return Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("this JDK has no ChaCha20-Poly1305", missing);
        }
    }

    private static byte[] nonce(long counter) {
        byte[] nonce = new byte[NONCE_BYTES];
        for (int at = 0; at < Long.BYTES; at++) {
            nonce[4 + at] = (byte) (counter >>> (8 * at));
        }
        return nonce;
    }

    private static byte[] tail(byte[] extended) {
        byte[] nonce = new byte[NONCE_BYTES];
        System.arraycopy(extended, 16, nonce, 4, 8);
        return nonce;
    }
}
