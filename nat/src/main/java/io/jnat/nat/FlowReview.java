package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowTable;

/**
 * Judges every flow anew after the rules have changed (N54): a flow stays if its first packet would
 * be let in again, by whatever rule, to the same place under the same address. The others end. Goes
 * through the table in steps, so that no packet waits for a large one.
 *
 * <p>Owner: engine thread. Allocates nothing per step.
 */
final class FlowReview {
    private final NatState state;
    private final Judge judge;
    private final FlowDraft draft = new FlowDraft();
    private final int end;
    private int next = 1;

    FlowReview(NatState state, Judge judge) {
        this.state = state;
        this.judge = judge;
        end = state.table().numbersEnd();
    }

    /** Looks at some more flows. */
    void step(int flows, long nowNanos) {
        FlowTable table = state.table();
        int stop = Math.min(next + flows, end);
        for (; next < stop; next++) {
            if (table.isLive(next) && !isAllowed(table.record(next))) {
                state.keeper().end(next, nowNanos);
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
        if (rules == null || !rules.isLink(link)) {
            return false;
        }
        draft.start(
                Flow.domain(record, 0),
                link,
                Flow.protocol(record),
                Flow.source(record, 0),
                Flow.destination(record, 0),
                Flow.sourcePort(record, 0),
                Flow.destinationPort(record, 0));
        if (judge.judge(draft, false) != Judge.FLOW
                || judge.outLink != Flow.link(record, 1)
                || judge.outDomain != Flow.domain(record, 1)
                || judge.destination != Flow.source(record, 1)) {
            return false;
        }
        return switch (judge.sourceKind) {
            case Judge.SOURCE_KEPT ->
                    Flow.source(record, 0) == Flow.destination(record, 1)
                            && judge.destinationPort == Flow.sourcePort(record, 1);
            case Judge.SOURCE_FIXED ->
                    state.externals().address(judge.external) == Flow.destination(record, 1)
                            && judge.fixedPort == Flow.destinationPort(record, 1);
            default ->
                    judge.external >= 0
                            && state.externals().address(judge.external)
                                    == Flow.destination(record, 1)
                            && isStillMapped(record);
        };
    }

    /** A mapping's port must still be ours to give: a new forward may have it now (N5). */
    private boolean isStillMapped(long record) {
        int mapping = Flow.mapping(record);
        if (mapping == 0) {
            return true;
        }
        int external = state.externals().indexOf(Flow.destination(record, 1));
        var pool = state.externals().pool(Flow.protocol(record), external);
        return pool != null && pool.isOpen(Flow.destinationPort(record, 1));
    }
}
