package io.jnat.wireguard.crypto;

import static java.lang.Integer.rotateLeft;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The block function of ChaCha20 (RFC 8439, section 2.3) in plain arithmetic: additions, rotations
 * and exclusive ors only, so that time says nothing of a key.
 *
 * <p>Owner: the thread of its cipher. Allocates nothing after construction.
 */
final class ChaCha20Block {
    /** Bytes of one block. */
    static final int BYTES = 64;

    private static final int ROUND_PAIRS = 10;

    /** Where the words of the input stand: four constants, key, number of the block, nonce. */
    private static final int KEY_AT = 4;

    private static final int KEY_WORDS = 8;
    private static final int NUMBER_AT = 12;
    private static final int NONCE_AT = 13;

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int[] input = {
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private final long[] stream = new long[BYTES / Long.BYTES];

    ChaCha20Block() {}

    void useKey(PacketKey key) {
        for (int word = 0; word < KEY_WORDS; word++) {
            input[KEY_AT + word] = key.word(word);
        }
    }

    /** A key of 32 bytes. */
    void useKey(byte[] key) {
        for (int word = 0; word < KEY_WORDS; word++) {
            input[KEY_AT + word] = wordOf(key, word);
        }
    }

    /** Three words of nonce. */
    void useNonce(int first, int second, int third) {
        input[NONCE_AT] = first;
        input[NONCE_AT + 1] = second;
        input[NONCE_AT + 2] = third;
    }

    /** Wipes the key; the last block stays. */
    void forgetKey() {
        Arrays.fill(input, KEY_AT, KEY_AT + KEY_WORDS, 0);
    }

    /** Wipes the last block. */
    void forgetStream() {
        Arrays.fill(stream, 0);
    }

    /** The last block, not a copy: 64 bytes, low byte first. */
    long[] stream() {
        return stream;
    }

    /** Word {@code at} of the last block before the input was added. */
    int rounded(int at) {
        return (int) (stream[at / 2] >>> Integer.SIZE * (at % 2)) - input[at];
    }

    /** Word {@code at} of an array, low byte first. */
    static int wordOf(byte[] array, int at) {
        return (int) WORD.get(array, Integer.BYTES * at);
    }

    /** Writes word {@code at} of an array, low byte first. */
    static void putWord(byte[] array, int at, int value) {
        WORD.set(array, Integer.BYTES * at, value);
    }

    /**
     * Makes a block. In sixteen variables rather than an array, so that as many as the machine has
     * registers stay in those: a quarter less time. Therefore each quarter round, of which four go
     * down the columns and four along the diagonals, is written out: no method could change four
     * variables.
     *
     * @param number the first word behind the key: the number of the block
     */
    void make(int number) {
        input[NUMBER_AT] = number;
        int x0 = input[0];
        int x1 = input[1];
        int x2 = input[2];
        int x3 = input[3];
        int x4 = input[4];
        int x5 = input[5];
        int x6 = input[6];
        int x7 = input[7];
        int x8 = input[8];
        int x9 = input[9];
        int x10 = input[10];
        int x11 = input[11];
        int x12 = input[12];
        int x13 = input[13];
        int x14 = input[14];
        int x15 = input[15];
        for (int pair = 0; pair < ROUND_PAIRS; pair++) {
            // columns
            x0 += x4;
            x12 = rotateLeft(x12 ^ x0, 16);
            x8 += x12;
            x4 = rotateLeft(x4 ^ x8, 12);
            x0 += x4;
            x12 = rotateLeft(x12 ^ x0, 8);
            x8 += x12;
            x4 = rotateLeft(x4 ^ x8, 7);

            x1 += x5;
            x13 = rotateLeft(x13 ^ x1, 16);
            x9 += x13;
            x5 = rotateLeft(x5 ^ x9, 12);
            x1 += x5;
            x13 = rotateLeft(x13 ^ x1, 8);
            x9 += x13;
            x5 = rotateLeft(x5 ^ x9, 7);

            x2 += x6;
            x14 = rotateLeft(x14 ^ x2, 16);
            x10 += x14;
            x6 = rotateLeft(x6 ^ x10, 12);
            x2 += x6;
            x14 = rotateLeft(x14 ^ x2, 8);
            x10 += x14;
            x6 = rotateLeft(x6 ^ x10, 7);

            x3 += x7;
            x15 = rotateLeft(x15 ^ x3, 16);
            x11 += x15;
            x7 = rotateLeft(x7 ^ x11, 12);
            x3 += x7;
            x15 = rotateLeft(x15 ^ x3, 8);
            x11 += x15;
            x7 = rotateLeft(x7 ^ x11, 7);
            // diagonals
            x0 += x5;
            x15 = rotateLeft(x15 ^ x0, 16);
            x10 += x15;
            x5 = rotateLeft(x5 ^ x10, 12);
            x0 += x5;
            x15 = rotateLeft(x15 ^ x0, 8);
            x10 += x15;
            x5 = rotateLeft(x5 ^ x10, 7);

            x1 += x6;
            x12 = rotateLeft(x12 ^ x1, 16);
            x11 += x12;
            x6 = rotateLeft(x6 ^ x11, 12);
            x1 += x6;
            x12 = rotateLeft(x12 ^ x1, 8);
            x11 += x12;
            x6 = rotateLeft(x6 ^ x11, 7);

            x2 += x7;
            x13 = rotateLeft(x13 ^ x2, 16);
            x8 += x13;
            x7 = rotateLeft(x7 ^ x8, 12);
            x2 += x7;
            x13 = rotateLeft(x13 ^ x2, 8);
            x8 += x13;
            x7 = rotateLeft(x7 ^ x8, 7);

            x3 += x4;
            x14 = rotateLeft(x14 ^ x3, 16);
            x9 += x14;
            x4 = rotateLeft(x4 ^ x9, 12);
            x3 += x4;
            x14 = rotateLeft(x14 ^ x3, 8);
            x9 += x14;
            x4 = rotateLeft(x4 ^ x9, 7);
        }
        stream[0] = pair(x0 + input[0], x1 + input[1]);
        stream[1] = pair(x2 + input[2], x3 + input[3]);
        stream[2] = pair(x4 + input[4], x5 + input[5]);
        stream[3] = pair(x6 + input[6], x7 + input[7]);
        stream[4] = pair(x8 + input[8], x9 + input[9]);
        stream[5] = pair(x10 + input[10], x11 + input[11]);
        stream[6] = pair(x12 + input[12], x13 + input[13]);
        stream[7] = pair(x14 + input[14], x15 + input[15]);
    }

    private static long pair(int low, int high) {
        return Integer.toUnsignedLong(low) | (long) high << Integer.SIZE;
    }
}
