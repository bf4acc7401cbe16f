package io.jnat.wireguard;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the packets of all peers that wait for a session (W24): chunks of 2 KiB, chained for
 * packets and super-frames that need more. A peer may hold at most a quarter of them, so that one
 * that is gone can't take the place of all others.
 *
 * <p>Owner: engine, in the section. Allocates nothing once each chunk was used.
 */
final class StagingPool {
    static final int CHUNK_BYTES = 2048;
    private static final int NONE = -1;
    private static final int MAX_PACKET_BYTES = 65_536;

    private final Slab memory;
    private final Slab scratch = Slab.allocate(Packet.HEADROOM_BYTES + MAX_PACKET_BYTES);
    private final int[] nextChunk;
    private final int[] nextPacket;

    /** Of the packet whose first chunk has this number. */
    private final @Nullable Packet[] described;

    private final int maxChunksOfPeer;
    private int firstFree;
    private int freeChunks;

    StagingPool(int bytes) {
        int chunks = Math.max(4, bytes / CHUNK_BYTES);
        memory = Slab.allocate(chunks * CHUNK_BYTES);
        nextChunk = new int[chunks];
        nextPacket = new int[chunks];
        described = new Packet[chunks];
        maxChunksOfPeer = Math.max(1, chunks / 4);
        Arrays.setAll(nextChunk, at -> at + 1 < chunks ? at + 1 : NONE);
        freeChunks = chunks;
    }

    /** A peer's packets that wait, oldest first. */
    static final class Queue {
        private int first = NONE;
        private int last = NONE;
        private int packets;
        private int chunks;

        int packets() {
            return packets;
        }

        boolean isEmpty() {
            return packets == 0;
        }
    }

    /** Whether there is room for so many bytes more of a peer. */
    boolean hasRoom(Queue queue, int bytes) {
        int needed = chunks(bytes);
        return needed <= freeChunks && queue.chunks + needed <= maxChunksOfPeer;
    }

    /** Copies a packet to the end of the queue; there is room. */
    void append(Queue queue, Packet packet) {
        int needed = chunks(packet.length);
        int head = firstFree;
        int chunk = head;
        int copied = 0;
        for (int left = needed; left > 0; left--) {
            int bytes = Math.min(CHUNK_BYTES, packet.length - copied);
            Memory.copy(packet.address + copied, address(chunk), bytes);
            copied += bytes;
            if (left == 1) {
                firstFree = nextChunk[chunk];
                nextChunk[chunk] = NONE;
            } else {
                chunk = nextChunk[chunk];
            }
        }
        describe(head).copyFrom(packet);
        nextPacket[head] = NONE;
        if (queue.last == NONE) {
            queue.first = head;
        } else {
            nextPacket[queue.last] = head;
        }
        queue.last = head;
        queue.packets++;
        queue.chunks += needed;
        freeChunks -= needed;
    }

    /**
     * The oldest packet, put together in one piece; it stays in the queue, and is valid until the
     * next call. The queue is not empty.
     */
    Packet first(Queue queue) {
        Packet packet = describe(queue.first);
        long to = scratch.address() + Packet.HEADROOM_BYTES;
        int copied = 0;
        for (int chunk = queue.first; chunk != NONE; chunk = nextChunk[chunk]) {
            int bytes = Math.min(CHUNK_BYTES, packet.length - copied);
            Memory.copy(address(chunk), to + copied, bytes);
            copied += bytes;
        }
        packet.address = to;
        return packet;
    }

    /** Forgets the oldest packet and says for how many on the wire it stood. */
    int removeFirst(Queue queue) {
        int head = queue.first;
        int segments = describe(head).segments();
        int tail = head;
        int chunks = 1;
        while (nextChunk[tail] != NONE) {
            tail = nextChunk[tail];
            chunks++;
        }
        nextChunk[tail] = firstFree;
        firstFree = head;
        freeChunks += chunks;
        queue.first = nextPacket[head];
        queue.packets--;
        queue.chunks -= chunks;
        if (queue.first == NONE) {
            queue.last = NONE;
        }
        return segments;
    }

    /** How many chunks are free. */
    int freeChunks() {
        return freeChunks;
    }

    /** Frees the memory; only when no thread uses it any more. */
    void release() {
        memory.close();
        scratch.close();
    }

    private Packet describe(int chunk) {
        Packet packet = described[chunk];
        if (packet == null) {
            packet = new Packet();
            described[chunk] = packet;
        }
        return packet;
    }

    private long address(int chunk) {
        return memory.address() + (long) chunk * CHUNK_BYTES;
    }

    private static int chunks(int bytes) {
        return Math.max(1, (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }
}
