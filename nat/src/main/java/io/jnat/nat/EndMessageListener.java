package io.jnat.nat;

import java.nio.ByteBuffer;

/**
 * Takes what the other end of the tunnel says to this one itself; see {@link
 * NatCommand.ListenToEnds}. Called on the engine thread: must not wait.
 */
@FunctionalInterface
public interface EndMessageListener {
    /** Most bytes of a message. */
    int MAX_BYTES = 512;

    /**
     * A message has come.
     *
     * @param peer index of the tunnel's peer that sent it
     * @param from its address in the tunnel
     * @param bytes the first {@link #MAX_BYTES} of it; may hold anything
     * @param packetBytes length of the packet that it came in, IP header included
     */
    void onMessage(int peer, int from, ByteBuffer bytes, int packetBytes);
}
