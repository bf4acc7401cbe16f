package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowState;
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
        @Nullable Ipv4Prefix address,
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

    private static boolean hasAddress(Ipv4Prefix wanted, long record) {
        return wanted.contains(Flow.source(record, 0))
                || wanted.contains(Flow.destination(record, 0))
                || wanted.contains(Flow.source(record, 1))
                || wanted.contains(Flow.destination(record, 1));
    }

    private boolean hasPort(long record) {
        return Flow.sourcePort(record, 0) == port
                || Flow.destinationPort(record, 0) == port
                || Flow.sourcePort(record, 1) == port
                || Flow.destinationPort(record, 1) == port;
    }
}
