package io.jnat.core.packet;

import org.jspecify.annotations.Nullable;

/**
 * What one slot of the ring holds: the packets of one pass, received from one link, with the memory
 * that they lie in. Allocated at start, reused for ever.
 *
 * <p>{@link #in} holds the bytes as they were received. {@link #made} holds what the steps make:
 * coalesced super-frames, ICMP errors, fragments that were let go. It is a bump area, reset with
 * the burst.
 *
 * <p>Owner: the engine thread that has the slot.
 */
public final class Burst {
    /** Most packets in a burst, made ones included. */
    public static final int MAX_PACKETS = 512;

    /** Most packets that a receiver may fill in, so that the steps have room to make some. */
    public static final int MAX_RECEIVED_PACKETS = 384;

    /** Most datagram sources in a burst: one for each message of the receive calls. */
    public static final int MAX_ENDPOINTS = 128;

    /** Bytes for what is received: some super-frames of 64 KiB and what comes with them. */
    public static final int IN_BYTES = 512 * 1024;

    /** Bytes for what the steps make. */
    public static final int MADE_BYTES = 640 * 1024;

    /** Received bytes. */
    public final Slab in = Slab.allocate(IN_BYTES);

    private final Slab made = Slab.allocate(MADE_BYTES);

    /** The packets; valid are the first {@link #count}. Steps may exchange elements. */
    public final Packet[] packets = new Packet[MAX_PACKETS];

    /** Sources of received datagrams; a packet's {@code remote} points to one of them. */
    public final Endpoint[] endpoints = new Endpoint[MAX_ENDPOINTS];

    /** How many packets there are. */
    public int count;

    /** When its steps began: the one reading of the clock for all of its packets. */
    public long nowNanos;

    /**
     * Whether it holds sealed datagrams from the tunnel's socket, and not packets from a device.
     */
    public boolean sealed;

    private int madeBytes;

    /** A burst with its memory. */
    public Burst() {
        for (int at = 0; at < MAX_PACKETS; at++) {
            packets[at] = new Packet();
        }
        for (int at = 0; at < MAX_ENDPOINTS; at++) {
            endpoints[at] = new Endpoint();
        }
    }

    /** Empties it for the next receive call. */
    public void reset(long nowNanos) {
        this.nowNanos = nowNanos;
        count = 0;
        madeBytes = 0;
        sealed = false;
    }

    /**
     * Room for {@code bytes} bytes of a packet that a step makes, with headroom in front.
     *
     * @return the address of the room, or 0 when there is none left
     */
    public long make(int bytes) {
        int start = (madeBytes + Packet.HEADROOM_BYTES + 63) & -64;
        if (start + bytes > MADE_BYTES) {
            return 0;
        }
        madeBytes = start + bytes;
        return made.address() + start;
    }

    /**
     * Gives back the unused end of the room that {@link #make} handed out last.
     *
     * @param end the first address that is free again
     */
    public void trim(long end) {
        madeBytes = (int) (end - made.address());
    }

    /**
     * A descriptor for one more packet at the end of the list, reset; the caller fills it in.
     *
     * @return null when the list is full
     */
    public @Nullable Packet append(long address, int length) {
        if (count == MAX_PACKETS) {
            return null;
        }
        Packet packet = packets[count++];
        packet.reset(address, length);
        return packet;
    }

    /** Frees the memory; only when no thread uses the burst any more. */
    public void release() {
        in.close();
        made.close();
    }
}
