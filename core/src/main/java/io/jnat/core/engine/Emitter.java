package io.jnat.core.engine;

import io.jnat.core.packet.Packet;
import org.jspecify.annotations.Nullable;

/** Takes packets that a {@link Policy} makes itself: ICMP errors, resets, fragments that waited. */
public interface Emitter {
    /**
     * A blank packet with room for {@code bytes} bytes, to be filled in: header, {@code outLink},
     * {@code outPeer}.
     *
     * @return null when this burst has no room left; then nothing is sent, and it is counted
     */
    @Nullable Packet make(int bytes);

    /**
     * Sends a packet that {@link #make} gave, fully translated; it is parsed already or needs no
     * parsing.
     */
    void emit(Packet packet);
}
