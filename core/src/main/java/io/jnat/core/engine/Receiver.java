package io.jnat.core.engine;

import io.jnat.core.packet.Burst;

/** What an engine thread reads from: a TUN device, or one of the tunnel's UDP sockets. */
public interface Receiver {
    /** All of a receiver's descriptors, for who does not know which have something. */
    long ALL = -1;

    /** The descriptors that {@link ReadySet} watches, one to 64; none of them blocks. */
    int[] fileDescriptors();

    /**
     * Step 1: fills an empty burst with what is there, without waiting, up to the burst's limits.
     * Devices give packets (super-frames included, {@code inLink} set); sockets set {@code
     * burst.sealed} and give datagrams (already cut by the GRO size, {@code remote} and {@code
     * outerTos} set). Bounded in bytes: a super-frame ends the pass.
     *
     * <p>Owner: the engine thread that has the receiver at the time. Allocates nothing.
     *
     * @param readable which of {@link #fileDescriptors} have something, by bit; with 0, one of them
     *     is asked all the same, which keeps the way there warm
     * @return whether there is at least one packet
     */
    boolean receive(Burst burst, long readable);
}
