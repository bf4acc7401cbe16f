package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rewrite.ErrorLimit;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rewrite.IcmpSender;
import io.jnat.nat.rewrite.ResetSender;

/**
 * Tells senders why their packets go no further, from the address that they know this machine by.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class ErrorSender {
    private final NatState state;
    private final IcmpSender icmp;
    private final ResetSender resets;

    ErrorSender(NatState state) {
        this.state = state;
        ErrorLimit limit = new ErrorLimit();
        icmp = new IcmpSender(limit);
        resets = new ResetSender(limit);
    }

    /** Sends a destination unreachable about a packet that still looks as it came in. */
    void send(RuleSet rules, Packet about, int code, int mtu, Emitter emitter, long nowNanos) {
        int own = ownAddress(rules, about);
        icmp.sendError(about, Icmp.DESTINATION_UNREACHABLE, code, mtu, own, emitter, nowNanos);
    }

    /** Sends a TCP reset about a segment that still looks as it came in. */
    void reset(Packet about, Emitter emitter, long nowNanos) {
        resets.send(about, emitter, nowNanos);
    }

    /** Tells the sender of a translated packet that the tunnel did not take it. */
    void undeliverable(
            RuleSet rules, Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        restore(packet);
        if (reason != DropReason.TOO_BIG) {
            send(rules, packet, Icmp.HOST_UNREACHABLE, 0, emitter, nowNanos);
        } else if (rules.isLink(packet.outLink)) {
            int mtu = rules.link(packet.outLink).mtu();
            send(rules, packet, Icmp.FRAGMENTATION_NEEDED, mtu, emitter, nowNanos);
        }
    }

    /** Gives a packet its addresses back: the sender must recognise what it sent. */
    private void restore(Packet packet) {
        FlowTable table = state.table();
        if (!table.isLive(packet.flow)) {
            return;
        }
        long record = table.record(packet.flow);
        int direction = packet.originalDirection ? 0 : 1;
        HeaderRewriter.rewrite(
                packet,
                Flow.source(record, direction),
                Flow.destination(record, direction),
                Flow.sourcePort(record, direction),
                Flow.destinationPort(record, direction));
    }

    private int ownAddress(RuleSet rules, Packet about) {
        int asked = Ipv4.destination(about.address);
        if (state.externals().isPublic(asked)) {
            return asked;
        }
        int link = about.inLink;
        int address = rules.linkAddress(link);
        if (address != 0) {
            return address;
        }
        return rules.link(link).zone() == Zone.WAN
                ? state.wanAddress()
                : rules.config().tunnelAddress();
    }
}
