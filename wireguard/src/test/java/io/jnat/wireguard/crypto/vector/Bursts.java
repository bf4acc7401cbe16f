package io.jnat.wireguard.crypto.vector;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.crypto.PacketCipher;
import io.jnat.wireguard.crypto.PacketKey;
import java.util.Arrays;
import java.util.Random;

/**
 * A burst in native memory, with gaps of known bytes around every packet, beside what it was made
 * from.
 */
final class Bursts implements AutoCloseable {
    private static final byte GAP = 0x5a;
    private static final int GAP_BYTES = 96;

    final Slab memory;
    final long[] addresses;
    final int[] lengths;
    final long[] counters;
    final boolean[] authentic;
    final byte[][] plain;

    /** Random texts of these lengths, at odd addresses. */
    Bursts(Random random, int[] lengths, long firstCounter) {
        this.lengths = lengths.clone();
        int count = lengths.length;
        memory =
                Slab.allocate(
                        Arrays.stream(lengths).map(l -> l + GAP_BYTES + 80).sum() + GAP_BYTES);
        addresses = new long[count];
        counters = new long[count];
        authentic = new boolean[count];
        plain = new byte[count][];
        for (long at = memory.address(); at < memory.address() + memory.bytes(); at++) {
            Memory.putByte(at, GAP);
        }
        long at = memory.address() + GAP_BYTES;
        for (int packet = 0; packet < count; packet++) {
            addresses[packet] = at + random.nextInt(64);
            counters[packet] = firstCounter + packet;
            plain[packet] = new byte[lengths[packet]];
            random.nextBytes(plain[packet]);
            Memory.copy(plain[packet], 0, addresses[packet], lengths[packet]);
            at = addresses[packet] + lengths[packet] + 16 + GAP_BYTES / 2;
        }
    }

    int count() {
        return addresses.length;
    }

    void seal(PacketCipher cipher, PacketKey key) {
        cipher.seal(key, addresses, lengths, counters, 0, count());
    }

    void open(PacketCipher cipher, PacketKey key) {
        cipher.open(key, addresses, lengths, counters, authentic, 0, count());
    }

    /** A packet's text and tag. */
    byte[] sealed(int packet) {
        return read(addresses[packet], lengths[packet] + 16);
    }

    byte[] text(int packet) {
        return read(addresses[packet], lengths[packet]);
    }

    /** Everything but texts and tags. */
    boolean gapsAreUntouched() {
        byte[] all = read(memory.address(), memory.bytes());
        for (int packet = 0; packet < count(); packet++) {
            int from = (int) (addresses[packet] - memory.address());
            Arrays.fill(all, from, from + lengths[packet] + 16, GAP);
        }
        for (byte value : all) {
            if (value != GAP) {
                return false;
            }
        }
        return true;
    }

    void flipBit(int packet, int bit) {
        long at = addresses[packet] + bit / 8;
        Memory.putByte(at, Memory.getByte(at) ^ 1 << bit % 8);
    }

    private static byte[] read(long address, int bytes) {
        byte[] copy = new byte[bytes];
        Memory.copy(address, copy, 0, bytes);
        return copy;
    }

    @Override
    public void close() {
        memory.close();
    }
}
