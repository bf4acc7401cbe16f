package io.jnat.core.engine;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/** A device that packets and super-frames are written to. */
public interface PacketTransmitter {
    /**
     * Step 8: writes one packet or super-frame; the {@link Packet#HEADROOM_BYTES} in front of it
     * may be overwritten. Any engine thread. Allocates nothing.
     *
     * @return null when the device took it, else why it was lost; of a super-frame that was cut and
     *     taken in part, the packet's length is then that of what was not taken
     */
    @Nullable DropReason transmit(Packet packet);
}
