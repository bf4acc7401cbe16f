package io.jnat.wireguard.crypto.vector;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.Poly1305;
import java.util.Arrays;

/**
 * Encrypts and authenticates as many runs of blocks side by side as a vector has long lanes. A lane
 * is one packet, or, while there are fewer packets than lanes, an equal part of one: then the
 * parts' values are put together as if Poly1305 had run through them one after the other.
 *
 * <p>All lanes end together. What lies before a packet's first block counts as zeros without the
 * bit 2^128, which keeps h at 0. So only the first steps need care, until all lanes have begun; the
 * rest runs through whole chunks. A last block of less than 16 bytes is encrypted whole, over the
 * first bytes of the tag's place, and staged without them.
 *
 * <p>Owner: the thread of its {@link VectorCipher}. Allocates nothing after construction.
 */
final class PacketLanes implements AutoCloseable {
    private static final int BLOCK_BYTES = 16;

    /** How many chunks are staged between two runs of Poly1305; the stage stays in the L1 cache. */
    private static final int CHUNKS_IN_RUN = 8;

    private final VectorKernels kernels;
    private final VectorWidth width;
    private final int lanes;
    private final Poly1305 poly = new Poly1305();

    /** Zeros that idle lanes read and write: a text that is its own keystream stays zero. */
    private final Slab idle;

    /**
     * Where each lane's first block lies, or would lie if the packet were as long as the longest.
     */
    private final long[] text;

    private final long[] keystream;

    /** The bytes before the lane's packet begins. */
    private final int[] begin;

    /** The packet's length if its last block is in this lane, else a multiple of 16. */
    private final int[] bytes;

    private final long[] frontText;
    private final long[] frontKeystream;

    /** Staged blocks, whose bits 2^128 are all set. */
    private final long[] stage;

    /** Staged blocks of the front; the bits 2^128 are set but while a lane has not begun. */
    private final long[] edge;

    /** The length blocks, and a block of zeros for the last multiplication. */
    private final long[] end;

    private final long[] multipliersLow;
    private final long[] multipliersHigh;
    private final long[] h;
    private final long[] r;
    private final long[] tagsLow;
    private final long[] tagsHigh;

    private int packets;
    private int parts;
    private int blocks;

    PacketLanes(VectorKernels kernels, VectorWidth width, int longestText) {
        this.kernels = kernels;
        this.width = width;
        lanes = width.longs();
        idle = Slab.allocate(longestText + 2 * width.bytes());
        text = new long[lanes];
        keystream = new long[lanes];
        begin = new int[lanes];
        bytes = new int[lanes];
        frontText = new long[lanes];
        frontKeystream = new long[lanes];
        stage = new long[CHUNKS_IN_RUN * width.stagedChunk()];
        edge = new long[width.stagedChunk()];
        end = new long[2 * width.stagedBlock()];
        multipliersLow = new long[lanes];
        multipliersHigh = new long[lanes];
        h = new long[5 * lanes];
        r = new long[7 * lanes];
        tagsLow = new long[lanes];
        tagsHigh = new long[lanes];
        setTopBits(stage, stage.length);
        setTopBits(edge, edge.length);
        setTopBits(end, width.stagedBlock());
    }

    private void setTopBits(long[] staged, int longs) {
        for (int block = 0; block < longs; block += width.stagedBlock()) {
            Arrays.fill(staged, block + 2 * lanes, block + 3 * lanes, 1);
        }
    }

    /**
     * Assigns packets to lanes.
     *
     * @param keystreams where each packet's keystream begins, with block 0
     */
    void assign(long[] addresses, int[] lengths, int first, int count, long[] keystreams) {
        packets = count;
        int longest = 0;
        for (int at = first; at < first + count; at++) {
            longest = Math.max(longest, blocksOf(lengths[at]));
        }
        parts = partsFor(longest, count);
        int inChunk = width.blocksInChunk();
        blocks = parts == 1 ? longest : roundUp(longest, parts * inChunk) / parts;
        for (int packet = 0; packet < count; packet++) {
            assignPacket(
                    packet, addresses[first + packet], lengths[first + packet], keystreams[packet]);
        }
        for (int lane = count * parts; lane < lanes; lane++) {
            assignIdle(lane);
        }
        kernels.multipliers(multipliersLow, multipliersHigh, r);
        Arrays.fill(h, 0);
    }

    private int partsFor(int longest, int count) {
        int most = 1;
        while (2 * most * count <= lanes && longest >= 2 * most * 2 * width.blocksInChunk()) {
            most *= 2;
        }
        return most;
    }

    /** To a multiple of a power of two. */
    private static int roundUp(int value, int unit) {
        return (value + unit - 1) & -unit;
    }

    private static int blocksOf(int length) {
        return (length + BLOCK_BYTES - 1) / BLOCK_BYTES;
    }

    private void assignPacket(int packet, long address, int length, long stream) {
        int laneBytes = BLOCK_BYTES * blocks;
        int before = parts * laneBytes - BLOCK_BYTES * blocksOf(length);
        long low = Memory.getLongLittleEndian(stream);
        long high = Memory.getLongLittleEndian(stream + 8);
        for (int part = 0; part < parts; part++) {
            int lane = packet * parts + part;
            int position = part * laneBytes - before;
            if (parts > 1 && position + laneBytes <= 0) {
                assignIdle(lane);
                continue;
            }
            text[lane] = address + position;
            keystream[lane] = stream + Keystream.BLOCK_BYTES + position;
            begin[lane] = Math.max(-position, 0);
            bytes[lane] = Math.min(laneBytes, length - position);
            multipliersLow[lane] = low;
            multipliersHigh[lane] = high;
        }
    }

    private void assignIdle(int lane) {
        text[lane] = idle.address();
        keystream[lane] = idle.address();
        begin[lane] = 0;
        bytes[lane] = BLOCK_BYTES * blocks;
    }

    /** Encrypts or decrypts in place, and computes the tags of the ciphertext. */
    void run(boolean seal, int[] lengths, int first, long[] keystreams) {
        int inChunk = width.blocksInChunk();
        int done = 0;
        int allBegun = 0;
        for (int lane = 0; lane < lanes; lane++) {
            allBegun = Math.max(allBegun, begin[lane] / BLOCK_BYTES);
        }
        while (done < blocks) {
            int odd = (blocks - done) % inChunk;
            int step;
            if (odd != 0 || done < allBegun) {
                step = odd != 0 ? odd : inChunk;
                front(seal, done, step);
                cutLast(edge, done, step);
                kernels.multiply(h, r, edge, step * width.stagedBlock());
                restoreTopBits(done, step);
            } else {
                step = Math.min(blocks - done, CHUNKS_IN_RUN * inChunk);
                int longs = step * width.stagedBlock();
                long offset = (long) BLOCK_BYTES * done;
                crypt(seal, text, keystream, stage, offset, longs);
                cutLast(stage, done, step);
                kernels.multiply(h, r, stage, longs);
            }
            done += step;
        }
        if (parts == 1) {
            endLanes(lengths, first, keystreams);
        } else {
            joinParts(lengths, first, keystreams);
        }
    }

    private void crypt(
            boolean seal, long[] texts, long[] streams, long[] to, long offset, int longs) {
        if (seal) {
            kernels.seal(texts, streams, to, offset, longs);
        } else {
            kernels.open(texts, streams, to, offset, longs);
        }
    }

    /** {@code count} blocks of which some are before the beginning of some lane's packet. */
    private void front(boolean seal, int done, int count) {
        int position = BLOCK_BYTES * done;
        int begun = count == width.blocksInChunk() ? position : -1;
        if (begun >= 0) {
            for (int lane = 0; lane < lanes; lane++) {
                boolean real = begin[lane] <= begun;
                frontText[lane] = real ? text[lane] : idle.address() - position;
                frontKeystream[lane] = real ? keystream[lane] : idle.address() - position;
            }
            crypt(seal, frontText, frontKeystream, edge, position, width.stagedChunk());
        }
        for (int lane = 0; lane < lanes; lane++) {
            if (begin[lane] > begun) {
                for (int block = 0; block < count; block++) {
                    int at = position + BLOCK_BYTES * block;
                    stageBlock(seal, lane, at, block * width.stagedBlock() + lane);
                }
            }
        }
    }

    /** One block of one lane in plain arithmetic; zeros if the lane has not begun. */
    private void stageBlock(boolean seal, int lane, int at, int place) {
        if (at < begin[lane]) {
            edge[place] = 0;
            edge[place + lanes] = 0;
            edge[place + 2 * lanes] = 0;
            return;
        }
        long from = text[lane] + at;
        long stream = keystream[lane] + at;
        long low = Memory.getLongLittleEndian(from);
        long high = Memory.getLongLittleEndian(from + 8);
        long newLow = low ^ Memory.getLongLittleEndian(stream);
        long newHigh = high ^ Memory.getLongLittleEndian(stream + 8);
        Memory.putLongLittleEndian(from, newLow);
        Memory.putLongLittleEndian(from + 8, newHigh);
        edge[place] = seal ? newLow : low;
        edge[place + lanes] = seal ? newHigh : high;
    }

    private void restoreTopBits(int done, int count) {
        for (int lane = 0; lane < lanes; lane++) {
            if (begin[lane] > BLOCK_BYTES * done) {
                for (int block = 0; block < count; block++) {
                    edge[block * width.stagedBlock() + 2 * lanes + lane] = 1;
                }
            }
        }
    }

    /** Removes what was staged behind the end of a text, if the last block is among these. */
    private void cutLast(long[] staged, int done, int count) {
        if (done + count < blocks) {
            return;
        }
        int last = (count - 1) * width.stagedBlock();
        for (int lane = 0; lane < lanes; lane++) {
            int over = BLOCK_BYTES * blocks - bytes[lane];
            if (over > 0) {
                int place = last + lane;
                staged[place] &= over < 8 ? -1L : -1L >>> 8 * (over - 8);
                staged[place + lanes] &= over < 8 ? -1L >>> 8 * over : 0;
            }
        }
    }

    /** Length block and last multiplication of all lanes, each of which is one packet. */
    private void endLanes(int[] lengths, int first, long[] keystreams) {
        for (int lane = 0; lane < packets; lane++) {
            end[lanes + lane] = lengths[first + lane];
        }
        kernels.multiply(h, r, end, end.length);
        for (int packet = 0; packet < packets; packet++) {
            Keystream.begin(poly, keystreams[packet]);
            poly.endLane(h, lanes, packet);
            keepTag(packet);
        }
    }

    /** h = h of part 0 · r^blocks + h of part 1 …, then the length block. */
    private void joinParts(int[] lengths, int first, long[] keystreams) {
        for (int packet = 0; packet < packets; packet++) {
            Keystream.begin(poly, keystreams[packet]);
            int length = lengths[first + packet];
            int used = (blocksOf(length) + blocks - 1) / blocks;
            poly.joinLanes(h, lanes, packet * parts + parts - used, used, blocks);
            poly.multiply();
            poly.absorbLength(length);
            poly.end();
            keepTag(packet);
        }
    }

    private void keepTag(int packet) {
        tagsLow[packet] = poly.tagLow();
        tagsHigh[packet] = poly.tagHigh();
    }

    long tagLow(int packet) {
        return tagsLow[packet];
    }

    long tagHigh(int packet) {
        return tagsHigh[packet];
    }

    @Override
    public void close() {
        idle.close();
    }
}
