package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.Ipv6Key;
import org.jspecify.annotations.Nullable;

/**
 * Which flows are asked for; every part that is given must match.
 *
 * @param protocol IP protocol number; -1: any
 * @param address of an endpoint, on any side of the translation; null: any
 * @param port of an endpoint, on any side of the translation; -1: any
 * @param rule name as it stands in {@link FlowView#rule}, or its end: {@code dmr}; null: any
 * @param state name as it stands in {@link FlowView#state}; null: any
 */
public record FlowFilter(
        int protocol,
        @Nullable AddressPrefix address,
        int port,
        @Nullable String rule,
        @Nullable String state) {
    /** Every flow. */
    public static final FlowFilter ALL = new FlowFilter(-1, null, -1, null, null);

    boolean matches(NatState nat, long record) {
        return (protocol < 0 || protocol == Flow.protocol(record))
                && (address == null || hasAddress(address, record))
                && (port < 0 || hasPort(record))
                && (rule == null || isRule(rule, nat.counters().name(Flow.rule(record))))
                && (state == null || state.equals(FlowState.name(Flow.state(record))));
    }

    private static boolean isRule(String wanted, String name) {
        return name.equals(wanted) || name.endsWith(" " + wanted);
    }

    private static boolean hasAddress(AddressPrefix wanted, long record) {
        return switch (wanted) {
            case Ipv4Prefix four -> !Flow.isIpv6(record) && hasIpv4(four, record);
            case Ipv6Prefix six -> Flow.isIpv6(record) && hasIpv6(six, record);
        };
    }

    private static boolean hasIpv4(Ipv4Prefix wanted, long record) {
        return wanted.contains(Flow.source(record, 0))
                || wanted.contains(Flow.destination(record, 0))
                || wanted.contains(Flow.source(record, 1))
                || wanted.contains(Flow.destination(record, 1));
    }

    private static boolean hasIpv6(Ipv6Prefix wanted, long record) {
        return wanted.contains(Ipv6Key.sourceHigh(record, 0), Ipv6Key.sourceLow(record, 0))
                || wanted.contains(Ipv6Key.sourceHigh(record, 1), Ipv6Key.sourceLow(record, 1));
    }

    private boolean hasPort(long record) {
        if (Flow.isIpv6(record)) {
            return Ipv6Key.sourcePort(record, 0) == port || Ipv6Key.sourcePort(record, 1) == port;
        }
        return Flow.sourcePort(record, 0) == port
                || Flow.destinationPort(record, 0) == port
                || Flow.sourcePort(record, 1) == port
                || Flow.destinationPort(record, 1) == port;
    }
}
