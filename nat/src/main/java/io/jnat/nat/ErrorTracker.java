package io.jnat.nat;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rewrite.QuotedPacket;
import io.jnat.nat.rule.RuleSet;

/**
 * ICMP errors: each goes where the packet that it quotes came from, translated inside and outside
 * (RFC 5508 section 4.2). It never changes, refreshes or ends the flow (N30).
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class ErrorTracker {
    private final NatState state;
    private final FlowTable table;
    private final QuotedPacket quoted = new QuotedPacket();

    ErrorTracker(NatState state) {
        this.state = state;
        table = state.table();
    }

    /** Finds the way of an error and translates it, hands it back to the kernel, or drops it. */
    void track(RuleSet rules, Packet packet, int domain) {
        if (Judge.isMartian(Ipv4.source(packet.address))) {
            packet.drop(DropReason.MARTIAN);
            return;
        }
        if (packet.fragment || !quoted.read(packet)) {
            handBackOrDrop(rules, packet, DropReason.ICMP_MALFORMED);
            return;
        }
        int entry =
                table.findAnswerTo(
                        domain,
                        quoted.protocol,
                        quoted.source,
                        quoted.destination,
                        quoted.sourcePort,
                        quoted.destinationPort);
        if (entry == 0) {
            handBackOrDrop(rules, packet, DropReason.ICMP_UNRELATED);
            return;
        }
        if (Icmp.type(packet.address + packet.transportOffset) == Icmp.REDIRECT) {
            // It names a router of the other side's, which means nothing on this one.
            packet.drop(DropReason.ICMP_REDIRECT);
            return;
        }
        translate(packet, table.record(FlowTable.flow(entry)), FlowTable.direction(entry));
    }

    private void translate(Packet packet, long record, int direction) {
        int other = direction ^ 1;
        packet.outLink = Flow.link(record, other);
        packet.outPeer = Domain.peer(Flow.domain(record, other));
        long ip = packet.address;
        // A router on the way inside has an address that means nothing outside.
        int source =
                isTranslatedSource(record, direction)
                        ? Flow.destination(record, other)
                        : Ipv4.source(ip);
        quoted.rewrite(
                packet,
                Flow.source(record, other),
                Flow.destination(record, other),
                Flow.sourcePort(record, other),
                Flow.destinationPort(record, other));
        Ipv4.setSourceUpdatingChecksum(ip, source);
        Ipv4.setDestinationUpdatingChecksum(ip, Flow.source(record, other));
    }

    /** Whether packets of a direction leave with another source than they came with. */
    private static boolean isTranslatedSource(long record, int direction) {
        return Flow.source(record, direction) != Flow.destination(record, direction ^ 1);
    }

    /** Errors that are about no flow of ours are about the host's own traffic, or nobody's. */
    private void handBackOrDrop(RuleSet rules, Packet packet, DropReason reason) {
        int destination = Ipv4.destination(packet.address);
        boolean host =
                switch (rules.links().get(packet.inLink).zone()) {
                    case WAN -> state.externals().isPublic(destination);
                    case LAN -> rules.isPrivate(destination);
                    case TUNNEL -> false;
                };
        if (host) {
            packet.outLink = packet.inLink;
            packet.outPeer = -1;
        } else {
            packet.drop(reason);
        }
    }
}
