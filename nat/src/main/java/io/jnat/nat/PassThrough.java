package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Policy;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.nat.rewrite.ErrorLimit;
import io.jnat.nat.rewrite.IcmpSender;
import io.jnat.nat.rewrite.Icmpv6Sender;

/**
 * The policy of a stand-alone WireGuard device: what comes from the device goes into the tunnel, to
 * the peer whose AllowedIPs hold its destination, and what comes from the tunnel goes to the
 * device. The kernel routes, filters and looks after sizes.
 *
 * <p>Owner: engine thread, in the section. Allocates nothing.
 */
public final class PassThrough implements Policy {
    private static final long NEVER_NANOS = 86_400_000_000_000L;

    private final int deviceLink;
    private final int tunnelLink;
    private final IcmpSender icmp;
    private final Icmpv6Sender icmpv6;

    /** Joins two links. */
    public PassThrough(int deviceLink, int tunnelLink) {
        this.deviceLink = deviceLink;
        this.tunnelLink = tunnelLink;
        ErrorLimit limit = new ErrorLimit();
        icmp = new IcmpSender(limit);
        icmpv6 = new Icmpv6Sender(limit);
    }

    @Override
    public void track(Packet packet, Emitter emitter, long nowNanos) {
        packet.outLink = packet.inLink == tunnelLink ? deviceLink : tunnelLink;
        packet.outPeer = -1;
    }

    @Override
    public void translate(Packet packet, long nowNanos) {
        // Packets leave as they came.
    }

    /** As Linux does: host unreachable, from the address that could not be reached. */
    @Override
    public void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        if (packet.inLink != deviceLink
                || reason == DropReason.TOO_BIG
                || reason == DropReason.TUNNEL_LOOP) {
            return;
        }
        if (packet.ipVersion == 4) {
            icmp.sendError(
                    packet,
                    Icmp.DESTINATION_UNREACHABLE,
                    Icmp.HOST_UNREACHABLE,
                    0,
                    0,
                    emitter,
                    nowNanos);
        } else {
            icmpv6.sendError(
                    packet,
                    Icmpv6.DESTINATION_UNREACHABLE,
                    Icmpv6.ADDRESS_UNREACHABLE,
                    0,
                    emitter,
                    nowNanos);
        }
    }

    @Override
    public void onTimer(Emitter emitter, long nowNanos) {
        // Nothing is kept, so nothing is due.
    }

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        return nowNanos + NEVER_NANOS;
    }
}
