package io.jnat.nat;

/** Tells whether a tunnel's peer can be sent to. Asked per packet, in the section. */
@FunctionalInterface
public interface TunnelState {
    /**
     * Whether packets for this peer may be staged. A peer that has an endpoint and no session yet
     * is up: the packet waits, and starts the handshake. Allocates nothing.
     */
    boolean up(int peer);
}
