package io.jnat.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** HChaCha20 (draft-irtf-cfrg-xchacha, section 2.2): derives the key that XChaCha20 uses. */
final class HChaCha20 {
    private static final int ROUND_PAIRS = 10;
    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private HChaCha20() {}

    /** 32 bytes from a key of 32 bytes and the first 16 bytes of a nonce. */
    static byte[] subKey(byte[] key, byte[] nonce) {
        int[] x = new int[16];
        x[0] = 0x61707865;
        x[1] = 0x3320646e;
        x[2] = 0x79622d32;
        x[3] = 0x6b206574;
        for (int at = 0; at < 8; at++) {
            x[4 + at] = (int) WORD.get(key, 4 * at);
        }
        for (int at = 0; at < 4; at++) {
            x[12 + at] = (int) WORD.get(nonce, 4 * at);
        }
        for (int pair = 0; pair < ROUND_PAIRS; pair++) {
            quarterRound(x, 0, 4, 8, 12);
            quarterRound(x, 1, 5, 9, 13);
            quarterRound(x, 2, 6, 10, 14);
            quarterRound(x, 3, 7, 11, 15);
            quarterRound(x, 0, 5, 10, 15);
            quarterRound(x, 1, 6, 11, 12);
            quarterRound(x, 2, 7, 8, 13);
            quarterRound(x, 3, 4, 9, 14);
        }
        byte[] result = new byte[32];
        for (int at = 0; at < 4; at++) {
            WORD.set(result, 4 * at, x[at]);
            WORD.set(result, 16 + 4 * at, x[12 + at]);
        }
        Arrays.fill(x, 0);
        return result;
    }

    /** RFC 8439 section 2.1. */
    private static void quarterRound(int[] x, int a, int b, int c, int d) {
        x[a] += x[b];
        x[d] = Integer.rotateLeft(x[d] ^ x[a], 16);
        x[c] += x[d];
        x[b] = Integer.rotateLeft(x[b] ^ x[c], 12);
        x[a] += x[b];
        x[d] = Integer.rotateLeft(x[d] ^ x[a], 8);
        x[c] += x[d];
        x[b] = Integer.rotateLeft(x[b] ^ x[c], 7);
    }
}
