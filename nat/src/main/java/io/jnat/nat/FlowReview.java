package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowTable;

/**
 * Judges every flow anew after the rules have changed (N54): a flow stays if its first packet would
 * be let in again, by whatever rule, to the same place under the same address. The others end.
 *
 * <p>Owner: engine thread, in a command.
 */
final class FlowReview {
    private final NatState state;
    private final Judge judge;
    private final FlowDraft draft = new FlowDraft();

    FlowReview(NatState state, Judge judge) {
        this.state = state;
        this.judge = judge;
    }

    /** Goes through all flows; returns how many ended. */
    int review(long nowNanos) {
        FlowTable table = state.table();
        int ended = 0;
        for (int flow = 1; flow < table.numbersEnd(); flow++) {
            if (table.isLive(flow) && !isAllowed(table.record(flow))) {
                state.keeper().end(flow, nowNanos);
                ended++;
            }
        }
        return ended;
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
