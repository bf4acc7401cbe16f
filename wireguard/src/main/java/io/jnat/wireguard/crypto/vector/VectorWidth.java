package io.jnat.wireguard.crypto.vector;

/** How wide the vectors are that a set of kernels works with. */
enum VectorWidth {
    /** AVX2: 8 blocks of ChaCha20, or 4 packets of Poly1305, side by side. */
    BITS_256(256),
    /** AVX-512: 16 blocks of ChaCha20, or 8 packets of Poly1305, side by side. */
    BITS_512(512);

    private final int bits;

    VectorWidth(int bits) {
        this.bits = bits;
    }

    /** What the status report calls the cipher of this width. */
    String cipherName() {
        return "vector" + bits;
    }

    /** Bits of one vector. */
    int bits() {
        return bits;
    }

    /** Bytes of one vector; also what one step of staging takes of each packet, a chunk. */
    int bytes() {
        return bits / Byte.SIZE;
    }

    /** How many 32-bit lanes: blocks of ChaCha20 side by side. */
    int ints() {
        return bits / Integer.SIZE;
    }

    /** How many 64-bit lanes: packets of Poly1305 side by side. */
    int longs() {
        return bits / Long.SIZE;
    }

    /** Poly1305 blocks of 16 bytes in one chunk. */
    int blocksInChunk() {
        return bytes() / 16;
    }

    /** Longs of one staged block: the low halves of all lanes, the high halves, the bits 2^128. */
    int stagedBlock() {
        return 3 * longs();
    }

    /** Longs of one staged chunk. */
    int stagedChunk() {
        return blocksInChunk() * stagedBlock();
    }
}
