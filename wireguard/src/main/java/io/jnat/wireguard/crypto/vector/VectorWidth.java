package io.jnat.wireguard.crypto.vector;

/** How wide the vectors are that a set of kernels works with. */
enum VectorWidth {
    /** AVX2: 8 blocks of ChaCha20, or 4 packets of Poly1305, side by side. */
    BITS_256(256, 1, 160),
    /** AVX-512: 16 blocks of ChaCha20, or 8 packets of Poly1305, side by side. */
    BITS_512(512, 2, 384);

    private final int bits;
    private final int groups;
    private final int memoryMegabytes;

    VectorWidth(int bits, int groups, int memoryMegabytes) {
        this.bits = bits;
        this.groups = groups;
        this.memoryMegabytes = memoryMegabytes;
    }

    /**
     * How much memory it takes to compile the kernels beside all else that an instance has. For
     * some seconds, a process in a control group of its own had 148 MB with 256 bits and 340 with
     * 512; with less than that the kernel ended it, after each start anew.
     */
    long memoryBytes() {
        return (long) memoryMegabytes << 20;
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

    /**
     * How many vectors of blocks go through the rounds together. Two hide the latency of the
     * rounds, but need 32 vector registers.
     */
    int groups() {
        return groups;
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
