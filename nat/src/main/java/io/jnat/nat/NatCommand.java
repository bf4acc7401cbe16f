package io.jnat.nat;

import io.jnat.core.engine.EngineCommand;
import io.jnat.nat.flow.ChangedFlows;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.SavedFlow;
import io.jnat.nat.rule.RuleSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What other threads ask of a {@link NatPolicy}. Each is bounded; what it finds out stands in its
 * answer.
 */
public sealed interface NatCommand extends EngineCommand {
    /** Flows that one command looks at, at most: well under a millisecond. */
    int LOOKED_AT_PER_COMMAND = 8192;

    /** Flows that one command describes in words, at most: the same. */
    int FOUND_PER_COMMAND = 256;

    /**
     * New rules. Flows that they still allow go on.
     *
     * @param policy whose
     * @param rules compiled
     * @param done is completed when they hold
     */
    record ApplyRules(NatPolicy policy, RuleSet rules, CompletableFuture<Void> done)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            policy.apply(rules, nowNanos);
            done.complete(null);
        }
    }

    /**
     * Some of the flows; go on with the page's {@code next} until that is 0.
     *
     * @param policy whose
     * @param filter which
     * @param from number to start at; 1 at first
     * @param answer takes them
     */
    record ListFlows(
            NatPolicy policy, FlowFilter filter, int from, CompletableFuture<FlowPage> answer)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            answer.complete(page(policy, filter, from, nowNanos));
        }
    }

    private static FlowPage page(NatPolicy policy, FlowFilter filter, int from, long nowNanos) {
        NatState nat = policy.state();
        FlowTable table = nat.table();
        int end = Math.min(from + LOOKED_AT_PER_COMMAND, table.numbersEnd());
        List<FlowView> found = new ArrayList<>();
        int flow = from;
        for (; flow < end && found.size() < FOUND_PER_COMMAND; flow++) {
            if (table.isLive(flow) && filter.matches(nat, table.record(flow))) {
                found.add(FlowView.of(nat, flow, nowNanos));
            }
        }
        return new FlowPage(found, flow < table.numbersEnd() ? flow : 0);
    }

    /**
     * Flows, and where to go on.
     *
     * @param flows in the order of their numbers
     * @param next number to go on with; 0: that was all
     */
    record FlowPage(List<FlowView> flows, int next) {
        /** Keeps a copy of the list. */
        public FlowPage {
            flows = List.copyOf(flows);
        }
    }

    /**
     * Ends some of the flows; go on as with {@link ListFlows}.
     *
     * @param policy whose
     * @param filter which
     * @param from number to start at; 1 at first
     * @param answer takes what they were
     */
    record EndFlows(
            NatPolicy policy, FlowFilter filter, int from, CompletableFuture<FlowPage> answer)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            FlowPage page = page(policy, filter, from, nowNanos);
            for (FlowView flow : page.flows()) {
                policy.state().keeper().end(flow.number(), nowNanos);
            }
            answer.complete(page);
        }
    }

    /**
     * What would become of a packet; nothing is sent, and nothing changes.
     *
     * @param policy whose
     * @param packet from its IP header on, as it would come in
     * @param inLink link that it would come in by
     * @param inPeer tunnel peer that it would come from; -1 when it would come from a device
     * @param answer takes it
     */
    record Explain(
            NatPolicy policy,
            ByteBuffer packet,
            int inLink,
            int inPeer,
            CompletableFuture<Explanation> answer)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            answer.complete(new Explainer(policy).explain(packet, inLink, inPeer, nowNanos));
        }
    }

    /**
     * From now on, messages of the other ends go to a listener. Without one they are dropped.
     *
     * @param policy whose
     * @param listener takes them
     */
    record ListenToEnds(NatPolicy policy, EndMessageListener listener) implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            policy.endMessages().listen(listener);
        }
    }

    /**
     * Sends a message to another end; it may get lost.
     *
     * @param policy whose
     * @param peer index of the tunnel's peer
     * @param to its address in the tunnel; 0 when that is not known
     * @param bytes at most {@link EndMessageListener#MAX_BYTES}
     */
    record SendToEnd(NatPolicy policy, int peer, int to, ByteBuffer bytes) implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            policy.endMessages().send(peer, to == 0 ? EndMessages.ALL_ROUTERS : to, bytes, 0);
        }
    }

    /**
     * Sends a message to another end in a packet of a certain length, whatever the tunnel's MTU is
     * now, and in a datagram that nobody fragments; it may get lost.
     *
     * @param policy whose
     * @param peer index of the tunnel's peer; it need not be a jnat
     * @param bytes at most {@link EndMessageListener#MAX_BYTES}
     * @param packetBytes IP header included
     */
    record MeasurePath(NatPolicy policy, int peer, ByteBuffer bytes, int packetBytes)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            policy.endMessages().send(peer, EndMessages.ALL_ROUTERS, bytes, packetBytes);
        }
    }

    /**
     * Hands over flows that have changed since they were last handed over, ended ones included.
     * Call again while it gives {@link FlowChanges#MOST}.
     *
     * @param policy whose
     * @param into takes them
     * @param all whether what was handed over before counts as lost
     * @param withHalfOpen whether flows of which only one side was heard have their turn too
     * @param done is completed when they are there
     */
    record CollectFlows(
            NatPolicy policy,
            FlowChanges into,
            boolean all,
            boolean withHalfOpen,
            CompletableFuture<Void> done)
            implements NatCommand {
        /** Flows whose deadline is looked at. */
        private static final int SWEPT = 4096;

        /** Changed flows that are passed over. */
        private static final int PASSED_OVER = 4096;

        @Override
        public void apply(long nowNanos) {
            NatState nat = policy.state();
            FlowTable table = nat.table();
            ChangedFlows changed = table.changed();
            into.clear();
            if (all) {
                changed.markAll(table);
            }
            changed.sweep(table, SWEPT);
            while (!into.isFull()) {
                int flow = changed.next(table, withHalfOpen, PASSED_OVER);
                if (flow == 0) {
                    break;
                }
                long record = table.record(flow);
                SavedFlow.write(
                        table,
                        flow,
                        nat.sites().site(Flow.domain(record, 0)),
                        nat.sites().site(Flow.domain(record, 1)),
                        into.next(flow));
            }
            into.through(changed.isThrough());
            done.complete(null);
        }
    }

    /**
     * Sizes and counters.
     *
     * @param policy whose
     * @param answer takes them
     */
    record Report(NatPolicy policy, CompletableFuture<NatReport> answer) implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            NatState nat = policy.state();
            RuleCounters counters = nat.counters();
            List<NatReport.Rule> rules = new ArrayList<>();
            for (int rule = 0; rule < counters.size(); rule++) {
                rules.add(
                        new NatReport.Rule(
                                counters.name(rule),
                                counters.flows(rule),
                                counters.packets(rule),
                                counters.bytes(rule)));
            }
            answer.complete(
                    new NatReport(
                            nat.table().size(),
                            nat.table().capacity(),
                            nat.mapper().size(),
                            nat.keeper().evicted(),
                            nat.keeper().refusedForSpace(),
                            nat.fragments().held(),
                            nat.keeper().busiest(),
                            nat.keeper().limited(),
                            List.copyOf(rules)));
        }
    }
}
