package io.jnat.wireguard.crypto;

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
    /** Blocks and steps of a voice packet with 160 bytes of sound. */
    private static final int WARM_BLOCKS = 5;

    private static final int WARM_STEPS = 14;

    private final ChaCha20Block block = new ChaCha20Block();
    private final long[] stream = block.stream();
    private final Poly1305 poly = new Poly1305();

    /** A cipher with its scratch memory. */
    public ScalarPacketCipher() {}

    @Override
    public void seal(
            PacketKey key, long[] addresses, int[] lengths, long[] counters, int first, int count) {
        block.useKey(key);
        for (int at = first; at < first + count; at++) {
            begin(counters[at]);
            apply(addresses[at], lengths[at]);
            tag(addresses[at], lengths[at]);
            poly.putTag(addresses[at] + lengths[at]);
        }
        block.forgetKey();
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
        block.useKey(key);
        for (int at = first; at < first + count; at++) {
            begin(counters[at]);
            tag(addresses[at], lengths[at]);
            authentic[at] = poly.hasTag(addresses[at] + lengths[at]);
            if (authentic[at]) {
                apply(addresses[at], lengths[at]);
            }
        }
        block.forgetKey();
    }

    /** Makes block 0 of a packet, which is its Poly1305 key (RFC 8439, section 2.6). */
    private void begin(long counter) {
        block.useNonce(0, (int) counter, (int) (counter >>> Integer.SIZE));
        block.make(0);
        poly.begin(stream[0], stream[1], stream[2], stream[3]);
    }

    private void tag(long text, int length) {
        poly.absorb(text, length);
        poly.end();
    }

    /** Encrypts or decrypts with the blocks from 1 on. */
    private void apply(long text, int length) {
        int number = 1;
        int at = 0;
        for (; at <= length - ChaCha20Block.BYTES; at += ChaCha20Block.BYTES) {
            block.make(number);
            for (int word = 0; word < stream.length; word++) {
                long where = text + at + (long) Long.BYTES * word;
                Memory.putLongLittleEndian(where, Memory.getLongLittleEndian(where) ^ stream[word]);
            }
            number++;
        }
        if (at < length) {
            block.make(number);
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

    /** Without a text: the blocks and steps are most of the work. */
    @Override
    public void keepWarm() {
        begin(0);
        for (int number = 1; number < WARM_BLOCKS; number++) {
            block.make(number);
        }
        for (int step = 0; step < WARM_STEPS; step++) {
            poly.add(step, step, 1);
            poly.multiply();
        }
        poly.end();
    }

    @Override
    public String name() {
        return "scalar";
    }
}
