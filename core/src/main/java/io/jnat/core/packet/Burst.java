package io.jnat.core.packet;

import org.jspecify.annotations.Nullable;

/**
 * The packets of one pass, received from one link, with the memory that they lie in. Allocated at
 * the start, reused for ever.
 *
 * <p>{@link #in} holds the bytes as they were received. {@link #made} holds what the steps make:
 * coalesced super-frames, ICMP errors, fragments that were let go. It is a bump area, reset with
 * the burst.
 *
 * <p>Owner: the engine thread that works on it.
 */
public final class Burst {
    /** Most packets in a burst, made ones included. */
    public static final int MAX_PACKETS = 512;

    /** Most packets that a receiver may fill in, so that the steps have room to make some. */
    public static final int MAX_RECEIVED_PACKETS = 384;

    /** Most datagram sources in a burst: one for each message of the receive calls. */
    public static final int MAX_ENDPOINTS = 128;

    /** Bytes for what is received: the three messages of 64 KiB of one receive call. */
    private static final int IN_BYTES = 256 * 1024;

    /** Bytes for what the steps make: all that is received coalesced, fragments, ICMP errors. */
    private static final int MADE_BYTES = 384 * 1024;

    /** Bytes for what the steps make of few small packets. */
    private static final int LITTLE_MADE_BYTES = 128 * 1024;

    /** Received bytes. */
    public final Slab in;

    private final Slab made;

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

    /** A burst for a receiver, with its memory. */
    public Burst() {
        this(IN_BYTES, MADE_BYTES);
    }

    /** A burst for packets that lie elsewhere, or are made. */
    public static Burst withoutReceiver() {
        return new Burst(0, LITTLE_MADE_BYTES);
    }

    private Burst(int inBytes, int madeBytes) {
        in = Slab.allocate(inBytes);
        made = Slab.allocate(madeBytes);
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
        if (start + bytes > made.bytes()) {
            return 0;
        }
        madeBytes = start + bytes;
        return made.address() + start;
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
