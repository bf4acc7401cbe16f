package io.jnat.wireguard.crypto.vector;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import io.jnat.wireguard.crypto.Poly1305;

/**
 * ChaCha20-Poly1305 in vector registers. A burst is cut into as many packets as Poly1305 has lanes,
 * and each cut is one job:
 *
 * <ol>
 *   <li>{@link Keystream}: the ChaCha20 blocks of all its packets, one block a lane;
 *   <li>{@link PacketLanes}: XOR in place and Poly1305 over the ciphertext, one packet a lane;
 *   <li>the tags are written, or compared without a branch on where they differ.
 * </ol>
 *
 * <p>One or two short packets alone take the shortest way instead: four or eight blocks in row form
 * and {@link Poly1305} in plain arithmetic.
 *
 * <p>What runs depends on lengths, counters and counts only, never on keys or contents. Opening
 * decrypts before it knows the tag, and wipes the text if the tag is wrong.
 */
final class VectorCipher implements PacketCipher, AutoCloseable {
    /**
     * A job has as many texts as there are lanes, and the scratch memory is made for that many of
     * this length. A longer one is a job of its own, cut in as many parts, so it has room too: no
     * UDP datagram is longer than four of these.
     */
    static final int LONGEST_TEXT_BYTES = 16 * 1024 + 64;

    /** Up to this length a packet that comes alone takes the way of short ones. */
    static final int SHORT_ALONE_BYTES = 240;

    /** The same for two packets; three are quicker as one job, however short. */
    private static final int SHORT_OF_TWO_BYTES = 192;

    /** A G.711 packet of 20 ms with its headers, padded. */
    private static final int[] PRACTICE_LENGTHS = {208};

    private static final long[] PRACTICE_COUNTERS = {0};

    private final VectorWidth width;
    private final int lanes;
    private final Keystream keystream;
    private final PacketLanes packetLanes;
    private final Poly1305 poly = new Poly1305();
    private final long[] keystreams;
    private final long[] givenLow;
    private final long[] givenHigh;

    // What keepWarm works on, under a key that keeps nothing secret.
    private final PacketKey practiceKey = new PacketKey(new byte[32]);
    private final Slab practiceMemory = Slab.allocate(PRACTICE_LENGTHS[0] + TAG_BYTES);
    private final long[] practiceTexts = {practiceMemory.address()};
    private final boolean[] practiceAuthentic = {false};

    VectorCipher(VectorKernels kernels, VectorWidth width) {
        this.width = width;
        lanes = width.longs();
        keystream = new Keystream(kernels, width, lanes * Keystream.blocks(LONGEST_TEXT_BYTES));
        packetLanes = new PacketLanes(kernels, width, LONGEST_TEXT_BYTES);
        keystreams = new long[lanes];
        givenLow = new long[lanes];
        givenHigh = new long[lanes];
    }

    /** Whether two vectors of blocks go through the rounds together from now on; any thread. */
    void takeTwo(boolean two) {
        keystream.takeTwo(two);
    }

    @Override
    public void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count) {
        keystream.useKey(key);
        int end = first + count;
        for (int at = first; at < end; ) {
            int next = endOfJob(lengths, at, end);
            if (isShort(lengths, at, next)) {
                for (int packet = at; packet < next; packet++) {
                    sealShort(addresses[packet], lengths[packet], counters[packet]);
                }
            } else {
                prepare(addresses, lengths, counters, at, next - at);
                packetLanes.run(true, lengths, at, keystreams);
                putTags(addresses, lengths, at, next - at);
            }
            at = next;
        }
        keystream.forgetKey();
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
        keystream.useKey(key);
        int end = first + count;
        for (int at = first; at < end; ) {
            int next = endOfJob(lengths, at, end);
            if (isShort(lengths, at, next)) {
                for (int packet = at; packet < next; packet++) {
                    authentic[packet] =
                            openShort(addresses[packet], lengths[packet], counters[packet]);
                }
            } else {
                getTags(addresses, lengths, at, next - at);
                prepare(addresses, lengths, counters, at, next - at);
                packetLanes.run(false, lengths, at, keystreams);
                compareTags(addresses, lengths, authentic, at, next - at);
            }
            at = next;
        }
        keystream.forgetKey();
    }

    /** A job ends when the lanes are full, and an overlong text is a job of its own. */
    private int endOfJob(int[] lengths, int at, int end) {
        int next = at;
        int most = Math.min(end, at + lanes);
        while (next < most && lengths[next] <= LONGEST_TEXT_BYTES) {
            next++;
        }
        return Math.max(next, at + 1);
    }

    private static boolean isShort(int[] lengths, int at, int next) {
        int count = next - at;
        return count == 1 && lengths[at] <= SHORT_ALONE_BYTES
                || count == 2 && Math.max(lengths[at], lengths[at + 1]) <= SHORT_OF_TWO_BYTES;
    }

    private void prepare(long[] addresses, int[] lengths, long[] counters, int first, int count) {
        keystream.clear();
        for (int packet = 0; packet < count; packet++) {
            int length = lengths[first + packet];
            assert accessible(addresses[first + packet], length + TAG_BYTES);
            keystreams[packet] = keystream.queue(counters[first + packet], length);
        }
        keystream.generate();
        packetLanes.assign(addresses, lengths, first, count, keystreams);
    }

    private void putTags(long[] addresses, int[] lengths, int first, int count) {
        for (int packet = 0; packet < count; packet++) {
            long tag = addresses[first + packet] + lengths[first + packet];
            Memory.putLongLittleEndian(tag, packetLanes.tagLow(packet));
            Memory.putLongLittleEndian(tag + 8, packetLanes.tagHigh(packet));
        }
    }

    /** Before decryption, which may write over the tag's first bytes. */
    private void getTags(long[] addresses, int[] lengths, int first, int count) {
        for (int packet = 0; packet < count; packet++) {
            long tag = addresses[first + packet] + lengths[first + packet];
            givenLow[packet] = Memory.getLongLittleEndian(tag);
            givenHigh[packet] = Memory.getLongLittleEndian(tag + 8);
        }
    }

    private void compareTags(
            long[] addresses, int[] lengths, boolean[] authentic, int first, int count) {
        for (int packet = 0; packet < count; packet++) {
            long difference =
                    givenLow[packet] ^ packetLanes.tagLow(packet)
                            | givenHigh[packet] ^ packetLanes.tagHigh(packet);
            boolean right = difference == 0;
            authentic[first + packet] = right;
            if (!right) {
                wipe(addresses[first + packet], lengths[first + packet]);
            }
        }
    }

    private void sealShort(long text, int length, long counter) {
        long stream = keystream.ofShort(counter, length);
        xor(text, length, stream + Keystream.BLOCK_BYTES);
        tag(text, length, stream);
        poly.putTag(text + length);
    }

    private boolean openShort(long text, int length, long counter) {
        long stream = keystream.ofShort(counter, length);
        tag(text, length, stream);
        if (!poly.hasTag(text + length)) {
            wipe(text, length);
            return false;
        }
        xor(text, length, stream + Keystream.BLOCK_BYTES);
        return true;
    }

    private void tag(long text, int length, long stream) {
        Keystream.begin(poly, stream);
        poly.absorb(text, length);
        poly.end();
    }

    private static void xor(long text, int length, long stream) {
        int at = 0;
        for (; at <= length - 8; at += 8) {
            long mixed =
                    Memory.getLongLittleEndian(text + at) ^ Memory.getLongLittleEndian(stream + at);
            Memory.putLongLittleEndian(text + at, mixed);
        }
        for (; at < length; at++) {
            Memory.putByte(text + at, Memory.getByte(text + at) ^ Memory.getByte(stream + at));
        }
    }

    private static void wipe(long text, int length) {
        int at = 0;
        for (; at <= length - 8; at += 8) {
            Memory.putLong(text + at, 0);
        }
        for (; at < length; at++) {
            Memory.putByte(text + at, 0);
        }
    }

    /** The kernels do not look; with assertions on, the ends of each packet are looked at here. */
    private static boolean accessible(long address, int bytes) {
        return Memory.getByte(address) + Memory.getByte(address + bytes - 1) >= 0;
    }

    @Override
    public void keepWarm() {
        seal(practiceKey, practiceTexts, PRACTICE_LENGTHS, PRACTICE_COUNTERS, 0, 1);
        open(
                practiceKey,
                practiceTexts,
                PRACTICE_LENGTHS,
                PRACTICE_COUNTERS,
                practiceAuthentic,
                0,
                1);
    }

    @Override
    public String name() {
        return width.cipherName();
    }

    /** Gives the scratch memory back; nobody may be inside. */
    @Override
    public void close() {
        keystream.close();
        packetLanes.close();
        practiceMemory.close();
    }
}
