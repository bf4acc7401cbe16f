package io.jnat.core.engine;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * The encrypted side, as one engine thread sees it: cipher and scratch memory are the thread's own;
 * peers and sessions are shared with the other threads' views and touched only where it says <em>in
 * the section</em> (see {@link EngineSection}).
 */
public interface Tunnel {
    /**
     * Step 2, first half, outside the section: finds each datagram's keypair, authenticates and
     * decrypts in place. Data messages become packets ({@code address} and {@code length} now mean
     * the inner packet with its padding; a keepalive has length 0). Handshake messages are copied
     * to the handshake thread's bounded queue and {@code TAKEN}. What is not right is dropped with
     * its reason. Sets {@code opened}; what has it already is left alone.
     */
    void open(Burst burst);

    /**
     * Step 2, second half, in the section: replay window, endpoint, timers, then the inner packet:
     * length cut to the IP header's, AllowedIPs source check; sets {@code inLink}, {@code inPeer}.
     * Keepalives are {@code TAKEN}.
     */
    void accept(Burst burst);

    /**
     * Step 7, first half, in the section: cuts a packet or super-frame to datagrams in the batch,
     * finishes checksums, pads, and gives each its keypair and counter. Without a session a copy is
     * kept for later and a handshake is asked for. The batch has room, see {@link #room}.
     *
     * @return null when it was staged or kept, else why it can't be sent (no peer, no endpoint)
     */
    @Nullable DropReason stage(Packet packet, DatagramBatch batch, long nowNanos);

    /** Whether the batch has room for all datagrams that this packet may become. */
    boolean room(Packet packet, DatagramBatch batch);

    /**
     * Step 7, second half, outside the section: encrypts what {@link #stage} laid into the batch.
     * After a fault, the batch must be given up: some of it may be sealed and some not.
     */
    void seal(DatagramBatch batch);

    /**
     * In the section: runs due timers, and lays packets that a new session lets go, and keepalives,
     * into the batch.
     */
    void onTimer(DatagramBatch batch, long nowNanos);

    /**
     * In the section: when {@link #onTimer} wants to be called next; {@code nowNanos} plus a day or
     * more for never.
     */
    long nextDeadlineNanos(long nowNanos);

    /**
     * Outside the section: keeps opening and sealing in the processor's caches, by doing both with
     * something that nobody gets.
     */
    void keepWarm();
}
