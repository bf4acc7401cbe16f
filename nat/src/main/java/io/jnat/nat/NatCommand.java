package io.jnat.nat;

import io.jnat.core.engine.EngineCommand;
import io.jnat.nat.flow.FlowTable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What other threads ask of a {@link NatPolicy}. Each is bounded; what it finds out stands in its
 * answer.
 */
public sealed interface NatCommand extends EngineCommand {
    /** Flows that one command looks at, at most. */
    int FLOWS_PER_COMMAND = 16_384;

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
     * The WAN's address, when the configuration does not have it. Flows of the former one end.
     *
     * @param policy whose
     * @param address IPv4; 0: there is none
     * @param done is completed when it holds
     */
    record SetWanAddress(NatPolicy policy, int address, CompletableFuture<Void> done)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            policy.setWanAddress(address, nowNanos);
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
            NatState nat = policy.state();
            FlowTable table = nat.table();
            int end = Math.min(from + FLOWS_PER_COMMAND, table.numbersEnd());
            List<FlowView> found = new ArrayList<>();
            for (int flow = from; flow < end; flow++) {
                if (table.isLive(flow) && filter.matches(nat, table.record(flow))) {
                    found.add(FlowView.of(nat, flow, nowNanos));
                }
            }
            answer.complete(new FlowPage(found, end < table.numbersEnd() ? end : 0));
        }
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
     * Ends flows.
     *
     * @param policy whose
     * @param filter which
     * @param answer takes how many
     */
    record EndFlows(NatPolicy policy, FlowFilter filter, CompletableFuture<Integer> answer)
            implements NatCommand {
        @Override
        public void apply(long nowNanos) {
            NatState nat = policy.state();
            FlowTable table = nat.table();
            int ended = 0;
            for (int flow = 1; flow < table.numbersEnd(); flow++) {
                if (table.isLive(flow) && filter.matches(nat, table.record(flow))) {
                    nat.keeper().end(flow, nowNanos);
                    ended++;
                }
            }
            answer.complete(ended);
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
                            List.copyOf(rules)));
        }
    }
}
