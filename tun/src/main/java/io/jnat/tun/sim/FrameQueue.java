package io.jnat.tun.sim;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of packets or datagrams, with their bytes in a ring of memory. Allocates nothing
 * after construction. Thread-safe.
 */
final class FrameQueue {
    /** In front of each entry: what packets are promised, and alignment. */
    private static final int HEADROOM_BYTES = 64;

    private final Slab slab;
    private final Packet[] entries;
    private final Endpoint[] remotes;
    private int first;
    private int count;

    /** Where the next entry may start; entries lie between the first one's address and here. */
    private int free;

    FrameQueue(int most, int bytes) {
        slab = Slab.allocate(bytes);
        entries = new Packet[most];
        remotes = new Endpoint[most];
        for (int at = 0; at < most; at++) {
            entries[at] = new Packet();
            remotes[at] = new Endpoint();
        }
    }

    /** Copies a packet and what describes it to the end; false when there is no room. */
    synchronized boolean push(Packet packet) {
        if (count == entries.length) {
            return false;
        }
        int start = place(HEADROOM_BYTES + packet.length);
        if (start < 0) {
            return false;
        }
        int at = (first + count) % entries.length;
        long address = slab.address() + start + HEADROOM_BYTES;
        Memory.copy(packet.address, address, packet.length);
        copy(packet, entries[at], address, remotes[at]);
        free = align(start + HEADROOM_BYTES + packet.length);
        count++;
        return true;
    }

    /** Where an entry of {@code bytes} bytes can start; -1 for nowhere. */
    private int place(int bytes) {
        if (count == 0) {
            free = 0;
        }
        int oldest = count == 0 ? 0 : (int) (entries[first].address - slab.address()) - 64;
        boolean wrapped = count > 0 && free <= oldest;
        if (wrapped) {
            return free + bytes <= oldest ? free : -1;
        }
        if (free + bytes <= slab.bytes()) {
            return free;
        }
        return bytes <= oldest ? 0 : -1;
    }

    private static int align(int offset) {
        return (offset + 63) & -64;
    }

    private static void copy(Packet from, Packet to, long address, Endpoint remote) {
        to.copyFrom(from);
        to.address = address;
        to.remote = null;
        if (from.remote != null) {
            remote.copyFrom(from.remote);
            to.remote = remote;
        }
    }

    synchronized int size() {
        return count;
    }

    /** The oldest entry, which stays valid and in its place until {@link #pop}; null for none. */
    synchronized @Nullable Packet peek() {
        return count == 0 ? null : entries[first];
    }

    synchronized void pop() {
        if (count > 0) {
            first = (first + 1) % entries.length;
            count--;
        }
    }

    /**
     * Moves the oldest entry to the end of a burst.
     *
     * @param to where in {@code burst.in} its bytes go
     * @return null when the queue was empty or the burst is full
     */
    synchronized @Nullable Packet moveTo(Burst burst, long to, @Nullable Endpoint remote) {
        if (count == 0) {
            return null;
        }
        Packet entry = entries[first];
        Packet packet = burst.append(to, entry.length);
        if (packet == null) {
            return null;
        }
        Memory.copy(entry.address, to, entry.length);
        packet.gsoType = entry.gsoType;
        packet.gsoSize = entry.gsoSize;
        packet.needsChecksum = entry.needsChecksum;
        packet.checksumValid = entry.checksumValid;
        packet.checksumStart = entry.checksumStart;
        packet.checksumOffset = entry.checksumOffset;
        packet.outerTos = entry.outerTos;
        if (remote != null && entry.remote != null) {
            remote.copyFrom(entry.remote);
            packet.remote = remote;
        }
        pop();
        return packet;
    }

    void release() {
        slab.close();
    }
}
