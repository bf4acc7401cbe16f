package io.jnat.wireguard;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.wireguard.message.DataMessage;
import io.jnat.wireguard.message.MessageType;
import io.jnat.wireguard.session.IndexEntry;
import io.jnat.wireguard.session.IndexTable;
import io.jnat.wireguard.session.Keypair;
import org.jspecify.annotations.Nullable;

/**
 * Recognises what this device itself has just sent to a peer, when a route leads it back into the
 * tunnel to that peer: a default route through the tunnel without a firewall mark, for instance.
 * Each round would make it larger, and then two of it.
 *
 * <p>Told by the indices in the message, which are random: somebody else's WireGuard that goes
 * through the tunnel, even to the same place, is not taken for ours.
 */
final class OwnMessage {
    private static final int UDP = 17;
    private static final int UDP_HEADER_BYTES = 8;
    private static final int SENDER = 4;

    private OwnMessage() {}

    /**
     * Whether a parsed packet holds one. In the section; allocates nothing.
     *
     * @param sending the session that it would be sent under
     */
    static boolean isIn(Packet packet, Peer peer, @Nullable Keypair sending, IndexTable indices) {
        int start = packet.transportOffset + UDP_HEADER_BYTES;
        if (packet.protocol != UDP
                || packet.fragmentOffset != 0
                || packet.length < start + DataMessage.OVERHEAD_BYTES) {
            return false;
        }
        long message = packet.address + start;
        return switch (DataMessage.type(message)) {
            case MessageType.DATA ->
                    sending != null && DataMessage.receiverIndex(message) == sending.remoteIndex();
            case MessageType.INITIATION, MessageType.RESPONSE -> {
                IndexEntry sender = indices.entry(Memory.getIntLittleEndian(message + SENDER));
                yield sender != null && sender.peer() == peer.index();
            }
            default -> false;
        };
    }
}
