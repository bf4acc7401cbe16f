package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.Ipv6Key;
import io.jnat.nat.rule.RuleSet;

/**
 * Judges every flow anew after the rules have changed (N54): a flow stays if its first packet would
 * be let in again, by whatever rule, to the same place under the same address, and is that rule's
 * from then on, with its idle limit. The others end. Goes through the table in steps, so that no
 * packet waits for a large one.
 *
 * <p>Owner: engine thread. Allocates nothing per step.
 */
final class FlowReview {
    private final NatState state;
    private final Judge judge;
    private final Ruling ruling;
    private final int epoch;
    private final FlowDraft draft = new FlowDraft();
    private final int end;
    private int next = 1;

    /** Begins; the state has the new rules. */
    FlowReview(NatState state, Judge judge) {
        this.state = state;
        this.judge = judge;
        ruling = judge.ruling;
        epoch = state.epoch();
        end = state.table().numbersEnd();
    }

    /** Looks at some more flows. */
    void step(int flows, long nowNanos) {
        FlowTable table = state.table();
        int stop = Math.min(next + flows, end);
        for (; next < stop; next++) {
            if (table.isLive(next)) {
                stands(next, nowNanos);
            }
        }
    }

    /** Whether a flow goes on; it has ended if not. */
    boolean stands(int flow, long nowNanos) {
        FlowTable table = state.table();
        long record = table.record(flow);
        if ((Flow.flags(record) & Flow.EPOCH) == epoch) {
            return true;
        }
        if (isAllowed(record)) {
            int rule = state.ruleNumber(ruling.rule);
            table.adopt(flow, rule, ruling.flags | epoch);
            if (ruling.held && FlowState.isHalfOpen(Flow.state(record))) {
                table.become(flow, FlowState.HELD); // the other device's filter was another
            }
            int protocol = Flow.protocol(record);
            table.limit(flow, state.timeouts(rule).seconds(protocol, Flow.state(record)), nowNanos);
            return true;
        }
        state.keeper().end(flow, nowNanos);
        return false;
    }

    /** Lets the flows that were not looked at yet pass as judged: the next review judges them. */
    void breakOff() {
        FlowTable table = state.table();
        for (; next < end; next++) {
            if (table.isLive(next)) {
                long record = table.record(next);
                int flags = Flow.flags(record) & ~Flow.EPOCH | epoch;
                table.adopt(next, Flow.rule(record), flags & Flow.JUDGED);
            }
        }
    }

    /** Whether all flows were looked at that were there when it began. */
    boolean isDone() {
        return next >= end;
    }

    private boolean isAllowed(long record) {
        int link = Flow.link(record, 0);
        RuleSet rules = state.rules();
        if (rules == null || !rules.links().has(link)) {
            return false;
        }
        if (Flow.isIpv6(record)) {
            return isAllowedIpv6(record, link);
        }
        draft.start(
                Flow.domain(record, 0),
                link,
                Flow.protocol(record),
                Flow.source(record, 0),
                Flow.destination(record, 0),
                Flow.sourcePort(record, 0),
                Flow.destinationPort(record, 0));
        if (judge.judge(draft, false) != Ruling.FLOW
                || ruling.outLink != Flow.link(record, 1)
                || ruling.outDomain != Flow.domain(record, 1)
                || ruling.destination != Flow.source(record, 1)) {
            return false;
        }
        return switch (ruling.sourceKind) {
            case Ruling.SOURCE_KEPT, Ruling.SOURCE_REMEMBERED ->
                    Flow.source(record, 0) == Flow.destination(record, 1)
                            && ruling.destinationPort == Flow.sourcePort(record, 1);
            case Ruling.SOURCE_FIXED ->
                    state.externals().address(ruling.external) == Flow.destination(record, 1)
                            && ruling.fixedPort == Flow.destinationPort(record, 1);
            default ->
                    ruling.external >= 0
                            && state.externals().address(ruling.external)
                                    == Flow.destination(record, 1)
                            && isStillMapped(record);
        };
    }

    private boolean isAllowedIpv6(long record, int link) {
        draft.startIpv6(
                Flow.domain(record, 0),
                link,
                Flow.protocol(record),
                Ipv6Key.sourcePort(record, 0),
                Ipv6Key.destinationPort(record, 0));
        draft.sourceHigh = Ipv6Key.sourceHigh(record, 0);
        draft.sourceLow = Ipv6Key.sourceLow(record, 0);
        draft.destinationHigh = Ipv6Key.destinationHigh(record, 0);
        draft.destinationLow = Ipv6Key.destinationLow(record, 0);
        return judge.judge(draft, false) == Ruling.FLOW
                && ruling.outLink == Flow.link(record, 1)
                && ruling.outDomain == Flow.domain(record, 1);
    }

    /**
     * A mapping's port must still be ours to give: a new forward may have it now (N5). And there
     * must be one: a flow that had its port from a forward which is gone holds nothing.
     */
    private boolean isStillMapped(long record) {
        if (!NatState.hasPorts(Flow.protocol(record))) {
            return true;
        }
        int mapping = Flow.mapping(record);
        int address = Flow.destination(record, 1);
        int port = Flow.destinationPort(record, 1);
        if (mapping == 0
                || state.mapper().externalAddress(mapping) != address
                || state.mapper().externalPort(mapping) != port) {
            return false;
        }
        int external = state.externals().indexOf(address);
        if (Mapper.keepsPort(ruling.translation, Flow.protocol(record))
                && port != Flow.sourcePort(record, 0)) {
            return false;
        }
        var pool = state.externals().pool(Flow.protocol(record), external);
        // Not used: the address was away meanwhile, and its pool knows nothing of the mapping.
        return pool != null && pool.isOpen(port) && pool.isUsed(port);
    }
}
