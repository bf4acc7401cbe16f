package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv4;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rewrite.ErrorLimit;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rewrite.IcmpSender;
import io.jnat.nat.rewrite.Icmpv6Sender;
import io.jnat.nat.rewrite.ResetSender;
import io.jnat.nat.rule.RuleSet;

/**
 * Tells senders why their packets go no further, from the address that they know this machine by.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class ErrorSender {
    private final NatState state;
    private final IcmpSender icmp;
    private final Icmpv6Sender icmpv6;
    private final ResetSender resets;

    /** Have a limit of their own: whoever causes other errors starves no path MTU discovery. */
    private final IcmpSender sizes;

    private final Icmpv6Sender sizesIpv6;

    ErrorSender(NatState state) {
        this.state = state;
        ErrorLimit limit = new ErrorLimit();
        icmp = new IcmpSender(limit);
        icmpv6 = new Icmpv6Sender(limit);
        resets = new ResetSender(limit);
        ErrorLimit sizeLimit = new ErrorLimit();
        sizes = new IcmpSender(sizeLimit);
        sizesIpv6 = new Icmpv6Sender(sizeLimit);
    }

    /** Says that a rule forbids a packet that still looks as it came in. */
    void prohibited(RuleSet rules, Packet about, Emitter emitter, long nowNanos) {
        if (about.ipVersion == 4) {
            int code = Icmp.ADMINISTRATIVELY_PROHIBITED;
            send(rules, about, code, emitter, nowNanos);
        } else {
            int code = Icmpv6.ADMINISTRATIVELY_PROHIBITED;
            unreachableIpv6(rules, about, code, emitter, nowNanos);
        }
    }

    /** Says how large a packet may be that still looks as it came in (RFC 1191, RFC 8201). */
    void tooBig(RuleSet rules, Packet about, int mtu, Emitter emitter, long nowNanos) {
        if (about.ipVersion == 4) {
            int type = Icmp.DESTINATION_UNREACHABLE;
            int code = Icmp.FRAGMENTATION_NEEDED;
            sizes.sendError(about, type, code, mtu, ownAddress(rules, about), emitter, nowNanos);
        } else {
            sendIpv6(sizesIpv6, rules, about, Icmpv6.PACKET_TOO_BIG, 0, mtu, emitter, nowNanos);
        }
    }

    private void unreachableIpv6(
            RuleSet rules, Packet about, int code, Emitter emitter, long nowNanos) {
        int type = Icmpv6.DESTINATION_UNREACHABLE;
        sendIpv6(icmpv6, rules, about, type, code, 0, emitter, nowNanos);
    }

    /**
     * Sends an ICMPv6 error from the own address that the sender knows. Into the tunnel, that is a
     * relay's public one, since sites let the internet's addresses through; a router's error comes
     * from the address that was asked for: no other is sure to be let through at the relay.
     */
    private static void sendIpv6(
            Icmpv6Sender sender,
            RuleSet rules,
            Packet about,
            int type,
            int code,
            int rest,
            Emitter emitter,
            long nowNanos) {
        boolean fromSite = about.inLink == rules.links().tunnel() && rules.ipv6().hasSites();
        int own = rules.ipv6().ownAddress(fromSite ? rules.links().wan() : about.inLink);
        if (own < 0) {
            sender.sendError(about, type, code, rest, emitter, nowNanos);
            return;
        }
        long high = rules.ipv6().ownHigh(own);
        long low = rules.ipv6().ownLow(own);
        sender.sendError(about, type, code, rest, high, low, emitter, nowNanos);
    }

    /** Sends a destination unreachable about an IPv4 packet that still looks as it came in. */
    void send(RuleSet rules, Packet about, int code, Emitter emitter, long nowNanos) {
        int own = ownAddress(rules, about);
        icmp.sendError(about, Icmp.DESTINATION_UNREACHABLE, code, 0, own, emitter, nowNanos);
    }

    /** Tells a sender that a packet's hops ran out here; it still looks as it came in. */
    void sendTimeExceeded(RuleSet rules, Packet about, Emitter emitter, long nowNanos) {
        if (about.ipVersion == 4) {
            int own = ownAddress(rules, about);
            icmp.sendError(about, Icmp.TIME_EXCEEDED, 0, 0, own, emitter, nowNanos);
        } else {
            sendIpv6(icmpv6, rules, about, Icmpv6.TIME_EXCEEDED, 0, 0, emitter, nowNanos);
        }
    }

    /** Sends a TCP reset about a segment that still looks as it came in. */
    void reset(Packet about, Emitter emitter, long nowNanos) {
        resets.send(about, emitter, nowNanos);
    }

    /** Tells the sender of a translated packet that the tunnel did not take it. */
    void undeliverable(
            RuleSet rules, Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        restore(packet);
        if (reason == DropReason.TOO_BIG) {
            if (rules.links().has(packet.outLink)) {
                tooBig(
                        rules,
                        packet,
                        rules.links().get(packet.outLink).mtu(packet.outPeer),
                        emitter,
                        nowNanos);
            }
        } else if (packet.ipVersion == 4) {
            send(rules, packet, Icmp.HOST_UNREACHABLE, emitter, nowNanos);
        } else {
            unreachableIpv6(rules, packet, Icmpv6.ADDRESS_UNREACHABLE, emitter, nowNanos);
        }
    }

    /** Gives an IPv4 packet its addresses back: the sender must recognise what it sent. */
    private void restore(Packet packet) {
        FlowTable table = state.table();
        if (packet.ipVersion != 4 || !table.isLive(packet.flow)) {
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
        int address = rules.links().address(link);
        boolean known = address != 0 || rules.links().get(link).zone() == Zone.WAN;
        return known ? address : rules.config().tunnelAddress();
    }
}
