package io.jnat.wireguard.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Receiver indices: random 32-bit numbers, unique while alive (W4). An index is drawn until the
 * slot that its low bits name is free; so a look-up is one load, and growing never collides.
 *
 * <p>Reading: any thread, without a lock, allocating nothing. Writing: any thread, rare.
 */
public final class IndexTable {
    private static final int FIRST_SLOTS = 256;

    /** Drawing stays short while at most a quarter of the slots is taken. */
    private static final int SLOTS_PER_ENTRY = 4;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(IndexEntry[].class);

    private final RandomGenerator random;
    private volatile @Nullable IndexEntry[] slots = new IndexEntry[FIRST_SLOTS];
    private int entries;

    /** An empty table that draws from a (secure) source. */
    public IndexTable(RandomGenerator random) {
        this.random = random;
    }

    /** What an index stands for; null when it is not alive. */
    public @Nullable IndexEntry entry(int index) {
        @Nullable IndexEntry[] current = slots;
        IndexEntry entry = (IndexEntry) SLOT.getAcquire(current, index & (current.length - 1));
        return entry != null && entry.localIndex() == index ? entry : null;
    }

    /** The keypair that an index stands for; null when there is none. */
    public @Nullable Keypair keypair(int index) {
        return entry(index) instanceof Keypair keypair ? keypair : null;
    }

    /** Draws an index for a handshake. */
    public synchronized Reservation reserve(int peer) {
        if ((entries + 1) * SLOTS_PER_ENTRY > slots.length) {
            grow();
        }
        int index;
        do {
            index = random.nextInt();
        } while (slots[index & (slots.length - 1)] != null);
        Reservation reservation = new Reservation(index, peer);
        put(reservation);
        entries++;
        return reservation;
    }

    /**
     * Makes a reserved index stand for a keypair.
     *
     * @return false when the reservation is gone
     */
    public synchronized boolean replace(Reservation reservation, Keypair keypair) {
        if (entry(reservation.localIndex()) != reservation) {
            return false;
        }
        put(keypair);
        return true;
    }

    /** Ends an index's life. */
    public synchronized void remove(IndexEntry entry) {
        if (entry(entry.localIndex()) == entry) {
            SLOT.setRelease(slots, entry.localIndex() & (slots.length - 1), null);
            entries--;
        }
    }

    /** Ends all indices and wipes the keypairs that have one, also those no peer has taken in. */
    public synchronized void wipe() {
        for (IndexEntry entry : slots) {
            if (entry instanceof Keypair keypair) {
                keypair.destroy();
            }
        }
        slots = new IndexEntry[FIRST_SLOTS];
        entries = 0;
    }

    /** How many indices are alive. */
    public synchronized int size() {
        return entries;
    }

    private void put(IndexEntry entry) {
        SLOT.setRelease(slots, entry.localIndex() & (slots.length - 1), entry);
    }

    private void grow() {
        @Nullable IndexEntry[] grown = new IndexEntry[slots.length * 2];
        for (IndexEntry entry : slots) {
            if (entry != null) {
                grown[entry.localIndex() & (grown.length - 1)] = entry;
            }
        }
        slots = grown;
    }
}
