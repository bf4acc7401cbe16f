package io.jnat.wireguard.crypto.vector;

/**
 * The kernels: straight-line vector code without a branch on data, written at start by {@link
 * KernelClass}, once for each {@link VectorWidth} in use. W is the number of int lanes, N the
 * number of long lanes.
 *
 * <p>State between kernels lies in arrays, because a vector object that crosses a method border
 * would have to be allocated. Nothing checks addresses here: {@link VectorCipher} does.
 */
interface VectorKernels {
    /**
     * The 20 rounds of ChaCha20 for W blocks, one block a lane. Block i has the counter {@code
     * counters[at + i]} and the nonce {@code (0, nonceLow[at + i], nonceHigh[at + i])}.
     *
     * @param rounded gets 16 vectors: word w of block i at {@code W·w + i}, not yet added to the
     *     initial state
     * @param key the key's 8 words first
     */
    void rounds(int[] rounded, int[] key, int[] counters, int[] nonceLow, int[] nonceHigh, int at);

    /**
     * The same for 2·W blocks, the second W of them at {@code 16·W} in {@code rounded}: each half
     * has work while the other waits for results. Takes 32 registers.
     */
    void roundsOfTwo(
            int[] rounded, int[] key, int[] counters, int[] nonceLow, int[] nonceHigh, int at);

    /**
     * Adds the initial state to W rounded blocks, turns them from one block a lane to one block
     * after another, and writes 64·W bytes of keystream.
     *
     * @param from where these blocks begin in {@code rounded}
     */
    void finish(
            int[] rounded,
            int from,
            long keystream,
            int[] key,
            int[] counters,
            int[] nonceLow,
            int[] nonceHigh,
            int at);

    /**
     * Four blocks of one packet in a row, 256 bytes of keystream: a vector holds one row of the
     * state of W/4 blocks. The least latency for one short packet.
     *
     * @param state 8 words of key, the number of the first block, three words of nonce, 4 words of
     *     constants; at least 8 + W elements
     */
    void keystreamOfFour(int[] state, long keystream);

    /**
     * Seals whole chunks of N packets in place and stages the ciphertext for {@link #multiply}:
     * from one vector a packet to one lane a packet.
     *
     * @param text where each packet's chunk 0 lies
     * @param keystream where the keystream of that chunk lies
     * @param stage gets the low and high halves of each block; the bits 2^128 are left as they are
     * @param offset bytes from chunk 0 to the first chunk
     * @param stageLongs the number of chunks times {@link VectorWidth#stagedChunk}
     */
    void seal(long[] text, long[] keystream, long[] stage, long offset, int stageLongs);

    /** Opens whole chunks of N packets in place; stages the ciphertext that was there. */
    void open(long[] text, long[] keystream, long[] stage, long offset, int stageLongs);

    /**
     * Clamps N values r (RFC 8439, section 2.5) and cuts them into limbs for {@link #multiply}.
     *
     * @param low the low 64 bits of each
     * @param r gets 7 vectors: the 32-bit limbs r0 to r3, and for 1 to 3 also 5·r/4
     */
    void multipliers(long[] low, long[] high, long[] r);

    /**
     * Poly1305 of N packets, one a lane: for each staged block h = h·r + block.
     *
     * @param h 5 vectors, the 32-bit limbs of h; the last may have up to 31 bits
     * @param r as {@link #multipliers} makes them
     * @param stageLongs the number of blocks times {@link VectorWidth#stagedBlock}
     */
    void multiply(long[] h, long[] r, long[] stage, int stageLongs);
}
