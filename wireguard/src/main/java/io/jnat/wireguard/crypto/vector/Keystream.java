package io.jnat.wireguard.crypto.vector;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.Poly1305;
import java.util.Arrays;

/**
 * ChaCha20's keystream for a handful of packets at a time. All blocks of all packets form one
 * queue, block 0 (the packet's Poly1305 key) first, and the queue is cut into vectors: no lane is
 * idle but in the last one. Two vectors may go through the rounds together.
 *
 * <p>Owner: the thread of its {@link VectorCipher}. Allocates nothing after construction.
 */
final class Keystream implements AutoCloseable {
    /** Bytes of one block. */
    static final int BLOCK_BYTES = 64;

    private static final int BLOCKS_AT_ONCE = 4;

    private static final int KEY_WORDS = 8;

    private final VectorKernels kernels;
    private final int lanes;
    private final Slab memory;

    /** 8 words of key, the nonce's 4 with the counter's place first, the 4 constants, and slack. */
    private final int[] state = new int[3 * KEY_WORDS];

    private final int[] counters;
    private final int[] nonceLow;
    private final int[] nonceHigh;
    private final int[] rounded;
    private int queued;

    /** Whether two vectors go through the rounds together; set by the training thread. */
    private volatile boolean byTwo;

    Keystream(VectorKernels kernels, VectorWidth width, int mostBlocks) {
        this.kernels = kernels;
        lanes = width.ints();
        int slots = mostBlocks + 2 * lanes;
        memory = Slab.allocate(slots * BLOCK_BYTES);
        counters = new int[slots];
        nonceLow = new int[slots];
        nonceHigh = new int[slots];
        rounded = new int[2 * 16 * lanes];
        System.arraycopy(ChaChaKernels.CONSTANTS, 0, state, KEY_WORDS + 4, 4);
    }

    /** How many blocks a text of that length needs, block 0 included. */
    static int blocks(int textBytes) {
        return 1 + (textBytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    }

    /** Whether to use {@link VectorKernels#roundsOfTwo} from the next packets on; any thread. */
    void takeTwo(boolean two) {
        byTwo = two;
    }

    void useKey(PacketKey key) {
        for (int word = 0; word < KEY_WORDS; word++) {
            state[word] = key.word(word);
        }
    }

    void forgetKey() {
        Arrays.fill(state, 0, KEY_WORDS, 0);
    }

    /** Begins a new queue; addresses given out before are no longer good. */
    void clear() {
        queued = 0;
    }

    /** Queues a packet's blocks; returns where its keystream will be after {@link #generate}. */
    long queue(long counter, int textBytes) {
        int first = queued;
        int blocks = blocks(textBytes);
        int low = (int) counter;
        int high = (int) (counter >>> Integer.SIZE);
        for (int block = 0; block < blocks; block++) {
            counters[first + block] = block;
            nonceLow[first + block] = low;
            nonceHigh[first + block] = high;
        }
        queued = first + blocks;
        return memory.address() + (long) BLOCK_BYTES * first;
    }

    /** Makes all that is queued. */
    void generate() {
        int at = 0;
        if (byTwo) {
            for (; queued - at > lanes; at += 2 * lanes) {
                kernels.roundsOfTwo(rounded, state, counters, nonceLow, nonceHigh, at);
                finish(0, at);
                finish(16 * lanes, at + lanes);
            }
        }
        for (; at < queued; at += lanes) {
            kernels.rounds(rounded, state, counters, nonceLow, nonceHigh, at);
            finish(0, at);
        }
    }

    private void finish(int from, int at) {
        long to = memory.address() + (long) BLOCK_BYTES * at;
        kernels.finish(rounded, from, to, state, counters, nonceLow, nonceHigh, at);
    }

    /** The keystream of one text, a few blocks at a time: the least latency for a short one. */
    long ofShort(long counter, int textBytes) {
        state[KEY_WORDS + 2] = (int) counter;
        state[KEY_WORDS + 3] = (int) (counter >>> Integer.SIZE);
        int blocks = blocks(textBytes);
        for (int first = 0; first < blocks; first += BLOCKS_AT_ONCE) {
            state[KEY_WORDS] = first;
            kernels.keystreamOfFour(state, memory.address() + (long) BLOCK_BYTES * first);
        }
        return memory.address();
    }

    /** Begins the Poly1305 of a packet whose block 0 lies there. */
    static void begin(Poly1305 poly, long keystream) {
        poly.begin(
                Memory.getLongLittleEndian(keystream),
                Memory.getLongLittleEndian(keystream + 8),
                Memory.getLongLittleEndian(keystream + 16),
                Memory.getLongLittleEndian(keystream + 24));
    }

    @Override
    public void close() {
        memory.close();
    }
}
