package io.jnat.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * AEAD of the handshake: ChaCha20-Poly1305 (RFC 8439) with a 64-bit counter as its nonce, and
 * XChaCha20-Poly1305 with a random nonce of 24 bytes for cookies. In plain arithmetic, with the
 * pieces of {@link ScalarPacketCipher}, which are compiled when the first handshake comes.
 * Allocates; off the packet path.
 */
public final class ChaCha20Poly1305 {
    /** Bytes of the authentication tag. */
    public static final int TAG_BYTES = 16;

    /** Bytes of XChaCha20-Poly1305's nonce. */
    public static final int EXTENDED_NONCE_BYTES = 24;

    private static final int NONCE_BYTES = 12;

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ChaCha20Block block = new ChaCha20Block();
    private final long[] stream = block.stream();
    private final Poly1305 poly = new Poly1305();

    /** One text: block 0 is its Poly1305 key (RFC 8439, section 2.6). */
    private ChaCha20Poly1305(byte[] key, byte[] nonce) {
        block.useKey(key);
        block.useNonce(
                ChaCha20Block.wordOf(nonce, 0),
                ChaCha20Block.wordOf(nonce, 1),
                ChaCha20Block.wordOf(nonce, 2));
        block.make(0);
        poly.begin(stream[0], stream[1], stream[2], stream[3]);
    }

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
        byte[] sealed = Arrays.copyOf(plain, plain.length + TAG_BYTES);
        ChaCha20Poly1305 cipher = new ChaCha20Poly1305(key, nonce);
        cipher.apply(sealed, plain.length);
        cipher.makeTag(associated, sealed, plain.length);
        WORD.set(sealed, plain.length, cipher.poly.tagLow());
        WORD.set(sealed, plain.length + Long.BYTES, cipher.poly.tagHigh());
        cipher.wipe();
        return sealed;
    }

    /** RFC 8439 with any 12-byte nonce; null when the tag is wrong. */
    static byte @Nullable [] open(byte[] key, byte[] nonce, byte[] sealed, byte[] associated) {
        int length = sealed.length - TAG_BYTES;
        if (length < 0) {
            return null;
        }
        ChaCha20Poly1305 cipher = new ChaCha20Poly1305(key, nonce);
        cipher.makeTag(associated, sealed, length);
        long difference =
                (long) WORD.get(sealed, length) ^ cipher.poly.tagLow()
                        | (long) WORD.get(sealed, length + Long.BYTES) ^ cipher.poly.tagHigh();
        byte[] plain = null;
        if (difference == 0) {
            plain = Arrays.copyOf(sealed, length);
            cipher.apply(plain, length);
        }
        cipher.wipe();
        return plain;
    }

    /** Encrypts or decrypts with the blocks from 1 on. */
    private void apply(byte[] text, int length) {
        for (int at = 0; at < length; at++) {
            int within = at % ChaCha20Block.BYTES;
            if (within == 0) {
                block.make(1 + at / ChaCha20Block.BYTES);
            }
            text[at] ^= (byte) (stream[within / Long.BYTES] >>> Byte.SIZE * (at % Long.BYTES));
        }
    }

    /** RFC 8439, section 2.8: associated data and text, each filled up to whole blocks, lengths. */
    private void makeTag(byte[] associated, byte[] text, int length) {
        absorb(associated, associated.length);
        absorb(text, length);
        poly.add(associated.length, length, 1);
        poly.multiply();
        poly.end();
    }

    private void absorb(byte[] data, int length) {
        for (int at = 0; at < length; at += 2 * Long.BYTES) {
            poly.add(word(data, at, length), word(data, at + Long.BYTES, length), 1);
            poly.multiply();
        }
    }

    /** Eight bytes, low byte first; zeros from {@code end} on. */
    private static long word(byte[] data, int first, int end) {
        long word = 0;
        for (int at = Math.min(first + Long.BYTES, end) - 1; at >= first; at--) {
            word = word << Byte.SIZE | Byte.toUnsignedLong(data[at]);
        }
        return word;
    }

    private void wipe() {
        block.forgetKey();
        block.forgetStream();
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
