package io.jnat.core.wire;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/** Step 4: checks a packet's headers once and writes down where they lie. */
public final class PacketParser {
    private PacketParser() {}

    /**
     * Checks untrusted bytes; after null no accessor of a header view can fail on this packet.
     *
     * @return null when the headers hold together, else what is wrong
     */
    public static @Nullable DropReason parse(Packet packet) {
        if (packet.length < 20) {
            return DropReason.TRUNCATED;
        }
        packet.ipVersion = Memory.getByte(packet.address) >>> 4;
        return packet.ipVersion == 4 ? null : DropReason.BAD_IP_VERSION;
    }
}
