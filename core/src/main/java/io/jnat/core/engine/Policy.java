package io.jnat.core.engine;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;

/**
 * Decides where packets go and rewrites them: connection tracking, firewall, NAT and policy
 * routing, or plain forwarding for a stand-alone WireGuard device. All methods are called in the
 * section (see {@link EngineSection}), allocate nothing, and never throw, whatever the packet
 * holds.
 */
public interface Policy {
    /**
     * Step 5: finds or makes the flow of a parsed packet, and sets {@code outLink}, {@code outPeer}
     * and {@code verdict}: {@code FORWARD}; {@code DROP} with a reason; {@code TAKEN} when the
     * policy keeps a copy (a fragment that waits for the first one). ICMP errors and resets that it
     * sends go to the emitter.
     */
    void track(Packet packet, Emitter emitter, long nowNanos);

    /** Step 6: rewrites a packet that {@link #track} let through, as its flow says. */
    void translate(Packet packet, long nowNanos);

    /**
     * A packet that was let through could not be sent by the tunnel (no peer, no session for good,
     * too large): tells the sender by ICMP where that is due, rate-limited.
     */
    void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos);

    /** Bounded work that is due: expiry, fragments, held SYNs. */
    void onTimer(Emitter emitter, long nowNanos);

    /**
     * When {@link #onTimer} wants to be called next; {@code nowNanos} plus a day or more for never.
     * Asking again later does not put it off.
     */
    long nextDeadlineNanos(long nowNanos);
}
