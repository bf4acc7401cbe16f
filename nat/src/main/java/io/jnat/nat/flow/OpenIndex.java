package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;

/**
 * Finds records by the hash of a key: open addressing with linear probing over native memory, four
 * bytes a slot, at most half full. A slot holds an entry (the record's number and one bit that says
 * which of its two keys is meant) and, in the bits that are left, a piece of the hash, so that a
 * record is seldom read in vain. Removal closes the gap, so that no tombstones pile up.
 *
 * <pre>
 *  31            k+1 k             1   0
 * +-----------------+---------------+---+
 * | piece of hash   | record from 1 |key|     0: empty
 * +-----------------+---------------+---+
 * </pre>
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
final class OpenIndex implements AutoCloseable {
    /** Tells the hash of an entry that is in the index, for closing gaps. */
    @FunctionalInterface
    interface Keys {
        /** The hash under which the entry was put in. */
        long hash(int entry);
    }

    private final Slab slots;
    private final long base;
    private final int mask;
    private final int entryBits;
    private final int entryMask;
    private final Keys keys;

    /** An empty index for {@code records} records with two keys each. */
    OpenIndex(int records, Keys keys) {
        this.keys = keys;
        entryBits = 33 - Integer.numberOfLeadingZeros(records);
        entryMask = (1 << entryBits) - 1;
        int count = Math.max(64, Integer.highestOneBit(records * 4 - 1) << 1);
        mask = count - 1;
        slots = Slab.allocate(count * Integer.BYTES);
        base = slots.address();
    }

    /** Where the search for a hash starts. */
    int home(long hash) {
        return (int) hash & mask;
    }

    /** The slot after this one. */
    int next(int slot) {
        return (slot + 1) & mask;
    }

    /** What stands in a slot; 0 for nothing. */
    int at(int slot) {
        return Memory.getInt(base + (long) slot * Integer.BYTES);
    }

    /** Whether the stored value may belong to the hash. */
    boolean maybe(int stored, long hash) {
        return (stored ^ tag(hash)) >>> entryBits == 0;
    }

    /** The entry in a stored value. */
    int entry(int stored) {
        return stored & entryMask;
    }

    /** Puts an entry in; the key must not be there yet. */
    void insert(long hash, int entry) {
        int slot = home(hash);
        while (at(slot) != 0) {
            slot = next(slot);
        }
        put(slot, tag(hash) | entry);
    }

    /** Takes an entry out, if it is there, and closes the gap behind it. */
    void remove(long hash, int entry) {
        int gap = home(hash);
        int stored = at(gap);
        while (entry(stored) != entry) {
            if (stored == 0) {
                return;
            }
            gap = next(gap);
            stored = at(gap);
        }
        int slot = next(gap);
        for (stored = at(slot); stored != 0; stored = at(slot)) {
            int home = home(keys.hash(entry(stored)));
            if (((slot - home) & mask) >= ((slot - gap) & mask)) {
                put(gap, stored);
                gap = slot;
            }
            slot = next(slot);
        }
        put(gap, 0);
    }

    private int tag(long hash) {
        return (int) (hash >>> 32) & ~entryMask;
    }

    private void put(int slot, int value) {
        Memory.putInt(base + (long) slot * Integer.BYTES, value);
    }

    @Override
    public void close() {
        slots.close();
    }
}
