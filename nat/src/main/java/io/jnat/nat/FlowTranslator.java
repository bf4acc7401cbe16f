package io.jnat.nat;

import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rule.RuleSet;

/**
 * Gives packets the addresses and ports of their flow's other direction, and an MSS that fits both
 * links.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class FlowTranslator {
    /** Bytes of IPv4 and TCP headers without options: what the MTU exceeds the MSS by (RFC 879). */
    private static final int HEADER_BYTES = 40;

    /** The same of IPv6 and TCP (RFC 8200 section 8.3). */
    private static final int IPV6_HEADER_BYTES = 60;

    private final NatState state;

    FlowTranslator(NatState state) {
        this.state = state;
    }

    /** Rewrites a packet as its flow says, if it has one; drops what must not leave by the WAN. */
    void translate(RuleSet rules, Packet packet) {
        if (packet.flow > 0) {
            if (packet.ipVersion == 4) {
                translateByFlow(rules, packet);
            } else {
                clampMss(rules, packet, IPV6_HEADER_BYTES);
            }
        }
        guardEgress(rules, packet);
    }

    /**
     * The last guard (N44): whatever the tables say, only an own address leaves by the WAN, and of
     * IPv6 only a site's.
     */
    void guardEgress(RuleSet rules, Packet packet) {
        if (packet.outLink != rules.links().wan() || packet.inLink == packet.outLink) {
            return;
        }
        long ip = packet.address;
        boolean mayLeave =
                packet.ipVersion == 4
                        ? state.externals().isPublic(Ipv4.source(ip))
                        : rules.ipv6().mayLeave(Ipv6.sourceHigh(ip), Ipv6.sourceLow(ip));
        if (!mayLeave) {
            packet.drop(DropReason.UNTRANSLATED_EGRESS);
        }
    }

    private void translateByFlow(RuleSet rules, Packet packet) {
        long record = state.table().record(packet.flow);
        int other = packet.originalDirection ? 1 : 0;
        int source = Flow.destination(record, other);
        int destination = Flow.source(record, other);
        int sourcePort = Flow.destinationPort(record, other);
        int destinationPort = Flow.sourcePort(record, other);
        HeaderRewriter.rewrite(packet, source, destination, sourcePort, destinationPort);
        clampMss(rules, packet, HEADER_BYTES);
    }

    private static void clampMss(RuleSet rules, Packet packet, int headerBytes) {
        if (packet.protocol == Protocol.TCP && packet.fragmentOffset == 0) {
            int in = rules.links().get(packet.inLink).mtu(packet.inPeer);
            int out = rules.links().get(packet.outLink).mtu(packet.outPeer);
            HeaderRewriter.clampMss(packet, Math.min(in, out) - headerBytes);
        }
    }
}
