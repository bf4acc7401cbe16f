package io.jnat.wireguard.crypto;

import static java.lang.Integer.rotateLeft;

import io.jnat.core.packet.Memory;

/**
 * ChaCha20-Poly1305 in plain arithmetic, packet by packet: what runs until vector kernels are
 * compiled, and for good where there are none. It needs nothing of the machine, is quick from the
 * first thousand packets on, and allocates nothing (docs/decisions/023-plain-arithmetic-first.md).
 *
 * <p>Nothing branches on or looks up a secret: additions, rotations, exclusive ors and
 * multiplications only.
 */
public final class ScalarPacketCipher implements PacketCipher {
    private static final int BLOCK_BYTES = 64;
    private static final int ROUND_PAIRS = 10;

    /** Where the words of ChaCha20's input stand (RFC 8439, section 2.3). */
    private static final int KEY_AT = 4;

    private static final int BLOCK_AT = 12;
    private static final int COUNTER_AT = 14;

    /** Blocks and steps of a voice packet with 160 bytes of sound. */
    private static final int WARM_BLOCKS = 5;

    private static final int WARM_STEPS = 14;

    private final Poly1305 poly = new Poly1305();
    private final int[] input = {
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    };

    /** A block of keystream. */
    private final long[] stream = new long[BLOCK_BYTES / Long.BYTES];

    /** The second half of the Poly1305 key. */
    private long secretLow;

    private long secretHigh;

    /** A cipher with its scratch memory. */
    public ScalarPacketCipher() {}

    @Override
    public void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count) {
        useKey(key);
        for (int at = first; at < first + count; at++) {
            begin(counters[at]);
            apply(addresses[at], lengths[at]);
            tag(addresses[at], lengths[at]);
            poly.putTag(addresses[at] + lengths[at]);
        }
        forgetKey();
    }

    @Override
    public void open(
            PacketKey key,
            long[] addresses,
            int[] lengths,
            long[] counters,
            boolean[] authentic,
            int first,
            int count) {
        useKey(key);
        for (int at = first; at < first + count; at++) {
            begin(counters[at]);
            tag(addresses[at], lengths[at]);
            authentic[at] = poly.hasTag(addresses[at] + lengths[at]);
            if (authentic[at]) {
                apply(addresses[at], lengths[at]);
            }
        }
        forgetKey();
    }

    private void useKey(PacketKey key) {
        for (int word = 0; word < 8; word++) {
            input[KEY_AT + word] = key.word(word);
        }
    }

    private void forgetKey() {
        for (int word = 0; word < 8; word++) {
            input[KEY_AT + word] = 0;
        }
    }

    /** Makes block 0 of a packet, which is its Poly1305 key (RFC 8439, section 2.6). */
    private void begin(long counter) {
        input[COUNTER_AT] = (int) counter;
        input[COUNTER_AT + 1] = (int) (counter >>> Integer.SIZE);
        makeBlock(0);
        poly.begin(stream[0] & Poly1305.CLAMP_LOW, stream[1] & Poly1305.CLAMP_HIGH);
        secretLow = stream[2];
        secretHigh = stream[3];
    }

    private void tag(long text, int length) {
        poly.absorb(text, length);
        poly.end(secretLow, secretHigh);
    }

    /** Encrypts or decrypts with the blocks from 1 on. */
    private void apply(long text, int length) {
        int block = 1;
        int at = 0;
        for (; at <= length - BLOCK_BYTES; at += BLOCK_BYTES) {
            makeBlock(block);
            for (int word = 0; word < stream.length; word++) {
                long where = text + at + (long) Long.BYTES * word;
                Memory.putLongLittleEndian(where, Memory.getLongLittleEndian(where) ^ stream[word]);
            }
            block++;
        }
        if (at < length) {
            makeBlock(block);
            applyLast(text + at, length - at);
        }
    }

    private void applyLast(long text, int bytes) {
        int at = 0;
        for (; at <= bytes - Long.BYTES; at += Long.BYTES) {
            long mixed = Memory.getLongLittleEndian(text + at) ^ stream[at / Long.BYTES];
            Memory.putLongLittleEndian(text + at, mixed);
        }
        for (; at < bytes; at++) {
            long octet = stream[at / Long.BYTES] >>> Byte.SIZE * (at % Long.BYTES);
            Memory.putByte(text + at, Memory.getByte(text + at) ^ (int) octet);
        }
    }

    /**
     * The ChaCha20 block function (RFC 8439, section 2.3). In sixteen variables rather than an
     * array, so that as many as the machine has registers stay in those: a quarter less time.
     */
    private void makeBlock(int block) {
        input[BLOCK_AT] = block;
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

    /** Without a text: the blocks and steps are most of the work. */
    @Override
    public void keepWarm() {
        begin(0);
        for (int block = 1; block < WARM_BLOCKS; block++) {
            makeBlock(block);
        }
        for (int step = 0; step < WARM_STEPS; step++) {
            poly.add(step, step, 1);
            poly.multiply();
        }
        poly.end(secretLow, secretHigh);
    }

    @Override
    public String name() {
        return "scalar";
    }
}
