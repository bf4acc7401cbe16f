package io.jnat.nat;

import io.jnat.core.packet.Ipv6Text;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.Ipv6Key;
import io.jnat.nat.rule.Ipv4Prefix;
import java.util.Locale;

/**
 * A flow as people and JSON see it, at one moment. {@code inside} is the endpoint on the device's
 * side, {@code outside} the one that it talks to, by its own address also where the device sees
 * another one (a masqueraded forward), {@code external} what the outside sees of the inside;
 * without translation it equals {@code inside}.
 *
 * @param number of the flow, until it ends
 * @param protocol {@code udp}, {@code tcp}, {@code icmp}, or a number
 * @param inbound whether it was opened from outside
 * @param inside address and port
 * @param outside address and port
 * @param external address and port
 * @param state in words
 * @param rule that let it in
 * @param idleMillis since the last packet that kept it alive
 * @param remainingMillis until it ends, if nothing comes
 * @param packetsOut from the inside
 * @param bytesOut from the inside
 * @param packetsIn to the inside
 * @param bytesIn to the inside
 */
public record FlowView(
        int number,
        String protocol,
        boolean inbound,
        String inside,
        String outside,
        String external,
        String state,
        String rule,
        long idleMillis,
        long remainingMillis,
        long packetsOut,
        long bytesOut,
        long packetsIn,
        long bytesIn) {

    static FlowView of(NatState nat, int flow, long nowNanos) {
        FlowTable table = nat.table();
        long record = table.record(flow);
        boolean inbound = (Flow.flags(record) & Flow.INBOUND) != 0;
        int fromInside = inbound ? 1 : 0;
        int fromOutside = inbound ? 0 : 1;
        return new FlowView(
                flow,
                protocol(Flow.protocol(record)),
                inbound,
                source(record, fromInside),
                inbound ? source(record, 0) : destination(record, 0),
                destination(record, fromOutside),
                FlowState.name(Flow.state(record)),
                nat.counters().name(Flow.rule(record)),
                table.idleMillis(record, nowNanos),
                table.remainingMillis(record, nowNanos),
                Flow.packets(record, fromInside),
                Flow.bytes(record, fromInside),
                Flow.packets(record, fromOutside),
                Flow.bytes(record, fromOutside));
    }

    private static String protocol(int number) {
        return switch (number) {
            case Protocol.TCP -> "tcp";
            case Protocol.UDP -> "udp";
            case Protocol.ICMP -> "icmp";
            case Protocol.ICMPV6 -> "icmpv6";
            case Protocol.GRE -> "gre";
            case Protocol.ESP -> "esp";
            case Protocol.SCTP -> "sctp";
            case Protocol.UDP_LITE -> "udplite";
            default -> String.format(Locale.ROOT, "proto-%d", number);
        };
    }

    private static String source(long record, int direction) {
        if (Flow.isIpv6(record)) {
            return endpoint(
                    Ipv6Key.sourceHigh(record, direction),
                    Ipv6Key.sourceLow(record, direction),
                    Ipv6Key.sourcePort(record, direction));
        }
        return endpoint(Flow.source(record, direction), Flow.sourcePort(record, direction));
    }

    private static String destination(long record, int direction) {
        if (Flow.isIpv6(record)) {
            return source(record, direction ^ 1);
        }
        return endpoint(
                Flow.destination(record, direction), Flow.destinationPort(record, direction));
    }

    private static String endpoint(int address, int port) {
        return Ipv4Prefix.format(address) + ":" + port;
    }

    private static String endpoint(long high, long low, int port) {
        return "[" + Ipv6Text.of(high, low) + "]:" + port;
    }
}
