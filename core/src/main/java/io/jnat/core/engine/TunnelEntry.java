package io.jnat.core.engine;

import io.jnat.core.offload.Fragmenter;
import io.jnat.core.offload.Segmenter;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Step 7a, before the tunnel's own cutting: makes a packet fit the MTU of the peer's path. IPv4
 * without Don't Fragment is cut here, in fragments or, for a TCP super-frame, in smaller segments;
 * everything else that is too large is refused.
 *
 * <p>Owner: one engine thread; used in the section. Allocates nothing.
 */
final class TunnelEntry {
    /** What becomes of the pieces. */
    @FunctionalInterface
    interface Stage {
        @Nullable DropReason stage(Packet packet, long nowNanos);
    }

    private static final int PIECE_BYTES = Packet.HEADROOM_BYTES + 65_536;

    private final Link tunnel;
    private final Stage stage;
    private final Packet segment = new Packet();
    private final Packet fragment = new Packet();
    private final Slab segmentBytes = Slab.allocate(PIECE_BYTES);
    private final Slab fragmentBytes = Slab.allocate(PIECE_BYTES);

    TunnelEntry(Link tunnel, Stage stage) {
        this.tunnel = tunnel;
        this.stage = stage;
    }

    /**
     * Stages a packet, cut if need be.
     *
     * @return null, or why it can't be sent; {@code TOO_BIG} when the sender must send smaller
     *     ones; the length of a super-frame of which some went is then that of what did not
     */
    @Nullable DropReason enter(Packet packet, Burst burst) {
        int mtu = tunnel.mtu(packet.outPeer);
        int headers = packet.transportOffset + packet.transportHeaderLength;
        int largest = packet.gsoSize == 0 ? packet.length : headers + packet.gsoSize;
        if (largest <= mtu) {
            return stage.stage(packet, burst.nowNanos);
        }
        if (packet.ipVersion != 4 || Ipv4.dontFragment(packet.address)) {
            return DropReason.TOO_BIG;
        }
        if (packet.gsoSize == 0) {
            return enterFragments(packet, mtu, burst.nowNanos);
        }
        if (packet.protocol == Protocol.TCP && headers < mtu) {
            packet.gsoSize = mtu - headers;
            return stage.stage(packet, burst.nowNanos);
        }
        return enterSegments(packet, mtu, burst.nowNanos);
    }

    /**
     * UDP datagrams of a super-frame, each of them too large: cut to datagrams, and these to
     * fragments.
     */
    private @Nullable DropReason enterSegments(Packet packet, int mtu, long nowNanos) {
        int count = Segmenter.segmentCount(packet);
        for (int at = 0; at < count; at++) {
            long to = segmentBytes.address() + Packet.HEADROOM_BYTES;
            describe(segment, packet, to, Segmenter.writeSegment(packet, at, to));
            DropReason reason = enterFragments(segment, mtu, nowNanos);
            if (reason != null) {
                packet.length -= at * packet.gsoSize; // the others are on their way
                return reason;
            }
        }
        return null;
    }

    private @Nullable DropReason enterFragments(Packet packet, int mtu, long nowNanos) {
        int count = Fragmenter.prepare(packet, mtu);
        if (count == 0) {
            return DropReason.TOO_BIG;
        }
        for (int at = 0; at < count; at++) {
            long to = fragmentBytes.address() + Packet.HEADROOM_BYTES;
            describe(fragment, packet, to, Fragmenter.writeFragment(packet, mtu, at, to));
            DropReason reason = stage.stage(fragment, nowNanos);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    private static void describe(Packet piece, Packet of, long address, int length) {
        piece.reset(address, length);
        PacketParser.parse(piece);
        piece.inLink = of.inLink;
        piece.inPeer = of.inPeer;
        piece.outLink = of.outLink;
        piece.outPeer = of.outPeer;
        piece.flow = of.flow;
    }

    void release() {
        segmentBytes.close();
        fragmentBytes.close();
    }
}
