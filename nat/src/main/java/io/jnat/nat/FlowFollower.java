package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ip;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.TcpTracker;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * Packets of flows that are there: which flow, which way out, what it does to the flow's state, and
 * whether it may go.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class FlowFollower {
    private final NatState state;
    private final FlowTable table;
    private final FlowKeeper keeper;
    private final RuleCounters counters;
    private final ErrorSender errorSender;

    FlowFollower(NatState state, ErrorSender errorSender) {
        this.state = state;
        table = state.table();
        keeper = state.keeper();
        counters = state.counters();
        this.errorSender = errorSender;
    }

    /** The entry of the flow that a packet belongs to; 0: none. */
    int find(Packet packet, int domain) {
        if (isWithoutIdentifier(packet)) {
            return 0;
        }
        long ip = packet.address;
        if (packet.ipVersion != 4) {
            return table.findIpv6(
                    domain, packet.protocol, ip, packet.sourcePort, packet.destinationPort);
        }
        return table.find(
                domain,
                packet.protocol,
                Ipv4.source(ip),
                Ipv4.destination(ip),
                packet.sourcePort,
                packet.destinationPort);
    }

    /**
     * Whether it is ICMP that neither asks nor answers, such as a router's advertisement: it has no
     * identifier, and must not be taken for an echo that has 0 for one.
     */
    private static boolean isWithoutIdentifier(Packet packet) {
        long transport = packet.address + packet.transportOffset;
        return packet.ipVersion == 4
                ? packet.protocol == Protocol.ICMP && !Icmp.isQuery(Icmp.type(transport))
                : packet.protocol == Protocol.ICMPV6 && !Icmpv6.isQuery(Icmpv6.type(transport));
    }

    /** Leads a packet on the way of its flow, whose state moves on with it; or drops it. */
    void follow(RuleSet rules, Packet packet, int entry, Emitter emitter, long nowNanos) {
        int flow = FlowTable.flow(entry);
        int direction = FlowTable.direction(entry);
        long record = table.record(flow);
        lead(packet, flow, direction, record);
        if (!mayLeave(rules, packet, emitter, nowNanos)) {
            return;
        }
        int before = Flow.state(record);
        DropReason refusal = advance(packet, flow, direction, record, nowNanos);
        if (refusal != null) {
            packet.drop(refusal);
            return;
        }
        if (Flow.state(record) != before) {
            keeper.onState(record, before);
        }
        int flags = Flow.flags(record);
        boolean refreshes =
                (isOutbound(flags, direction) || (flags & Flow.INBOUND_REFRESHES) != 0)
                        && !isReset(packet);
        int segments = packet.segments();
        table.count(record, direction, segments, packet.length, refreshes, nowNanos);
        counters.count(Flow.rule(record), segments, packet.length);
    }

    /** Tells a packet its flow, and the way out. */
    static void lead(Packet packet, int flow, int direction, long record) {
        packet.flow = flow;
        packet.originalDirection = direction == 0;
        packet.outLink = Flow.link(record, direction ^ 1);
        packet.outPeer = Domain.peer(Flow.domain(record, direction ^ 1));
    }

    /** Whether packets of a direction come from the device, whichever side opened the flow. */
    private static boolean isOutbound(int flags, int direction) {
        return direction == 0 == ((flags & Flow.INBOUND) == 0);
    }

    private static boolean isReset(Packet packet) {
        return packet.protocol == Protocol.TCP
                && TcpTracker.resets(packet.address + packet.transportOffset);
    }

    private @Nullable DropReason advance(
            Packet packet, int flow, int direction, long record, long nowNanos) {
        if (packet.protocol == Protocol.TCP) {
            return TcpTracker.advance(
                    table,
                    flow,
                    direction,
                    packet.address + packet.transportOffset,
                    packet.transportHeaderLength,
                    state.timeouts(Flow.rule(record)),
                    nowNanos);
        }
        if (direction == 1 && Flow.state(record) == FlowState.ONE_WAY) {
            int seconds =
                    state.timeouts(Flow.rule(record)).seconds(packet.protocol, FlowState.TWO_WAY);
            if (seconds == Flow.idleLimitSeconds(record)) {
                table.become(flow, FlowState.TWO_WAY);
            } else {
                table.enter(flow, FlowState.TWO_WAY, seconds, nowNanos);
            }
        }
        return null;
    }

    /**
     * Answers a packet that is too large for its way out and must not be cut (RFC 1191; an IPv6
     * router never cuts, RFC 8200 section 5), and one whose TTL or hop limit the kernel behind the
     * TUN device would find to have run out: its answer would quote the translated packet, and go
     * to the translated source. Of IPv6 it would leave by the host's own routes: on a router by the
     * WAN, whose address nobody outside is to know, on a relay to the internet.
     */
    private boolean mayLeave(RuleSet rules, Packet packet, Emitter emitter, long nowNanos) {
        if (!rules.links().has(packet.outLink)) {
            packet.drop(DropReason.NOT_READY);
            return false;
        }
        if (packet.outLink != rules.links().tunnel() && Ip.hopLimit(packet.address) <= 1) {
            errorSender.sendTimeExceeded(rules, packet, emitter, nowNanos);
            packet.drop(DropReason.HOP_LIMIT);
            return false;
        }
        int mtu = rules.links().get(packet.outLink).mtu(packet.outPeer);
        if (!isTooBig(packet, mtu)) {
            return true;
        }
        errorSender.tooBig(rules, packet, mtu, emitter, nowNanos);
        packet.drop(DropReason.TOO_BIG);
        return false;
    }

    /** Whether a packet, or a segment of it, is too large for a link and must not be cut. */
    static boolean isTooBig(Packet packet, int mtu) {
        int largest =
                packet.gsoSize == 0
                        ? packet.length
                        : packet.transportOffset + packet.transportHeaderLength + packet.gsoSize;
        return largest > mtu && (packet.ipVersion != 4 || Ipv4.dontFragment(packet.address));
    }
}
