package io.jnat.nat;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv6;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rewrite.QuotedIpv6Packet;
import io.jnat.nat.rule.Ipv6Rules;
import io.jnat.nat.rule.RuleSet;

/**
 * ICMPv6 errors: each passes if it is about a packet of a living flow and on its way to that
 * packet's sender (RFC 4890 section 4.3.1, RFC 6092 REC-10, REC-18, REC-36). It never changes,
 * refreshes or ends the flow (N30).
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class Ipv6ErrorTracker {
    private final FlowTable table;
    private final QuotedIpv6Packet quoted = new QuotedIpv6Packet();

    Ipv6ErrorTracker(FlowTable table) {
        this.table = table;
    }

    /** Finds the way of an error, or drops it. */
    void track(RuleSet rules, Packet packet, int domain) {
        long ip = packet.address;
        if (!isKnownType(Icmpv6.type(ip + packet.transportOffset))) {
            packet.drop(DropReason.ICMPV6_NOT_FORWARDED);
            return;
        }
        if (isSpoofed(rules.ipv6(), ip, Domain.peer(domain))) {
            packet.drop(DropReason.SPOOFED_SOURCE);
            return;
        }
        if (packet.fragment || !quoted.read(packet)) {
            packet.drop(DropReason.ICMP_MALFORMED);
            return;
        }
        int entry =
                table.findAnswerToIpv6(
                        domain,
                        quoted.protocol,
                        quoted.ip,
                        quoted.sourcePort,
                        quoted.destinationPort);
        boolean toSender =
                Ipv6.destinationHigh(ip) == Ipv6.sourceHigh(quoted.ip)
                        && Ipv6.destinationLow(ip) == Ipv6.sourceLow(quoted.ip);
        if (entry == 0 || !toSender) {
            packet.drop(DropReason.ICMP_UNRELATED);
            return;
        }
        long record = table.record(FlowTable.flow(entry));
        int other = FlowTable.direction(entry) ^ 1;
        packet.outLink = Flow.link(record, other);
        packet.outPeer = Domain.peer(Flow.domain(record, other));
    }

    private static boolean isKnownType(int type) {
        return type >= Icmpv6.DESTINATION_UNREACHABLE && type <= Icmpv6.PARAMETER_PROBLEM;
    }

    /** A router on the way may have any address, but not one that lies elsewhere. */
    private static boolean isSpoofed(Ipv6Rules rules, long ip, int peer) {
        long high = Ipv6.sourceHigh(ip);
        long low = Ipv6.sourceLow(ip);
        return Ipv6Judge.isLinkScoped(high)
                || rules.isOwn(high, low)
                || (rules.hasSites() && rules.peerOf(high, low) != peer);
    }
}
