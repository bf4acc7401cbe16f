package io.jnat.nat;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.nat.Explanation.Outcome;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rule.RuleSet;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Leads one packet that does not exist through the steps of {@link NatPolicy}, and writes down what
 * decided. Each step is the engine's own code, on the engine's own tables: parser, flow table,
 * {@link Judge}, limits, mapping, rewriting. Left out is what changes something: no flow is made or
 * refreshed, nothing is counted or sent; a mapping that had to be made is ended again.
 *
 * <p>Owner: engine thread, for one packet. Allocates.
 */
final class Explainer {
    private final NatPolicy policy;
    private final NatState state;
    private final Packet packet = new Packet();
    private final FlowDraft draft = new FlowDraft();
    private final FlowTranslator translator;
    private String rule = "";

    Explainer(NatPolicy policy) {
        this.policy = policy;
        state = policy.state();
        translator = new FlowTranslator(state);
    }

    /**
     * Explains a packet.
     *
     * @param asked from the IP header on; may hold anything
     */
    Explanation explain(ByteBuffer asked, int inLink, int inPeer, long nowNanos) {
        RuleSet rules = state.rules();
        if (rules == null) {
            return dropped(List.of(), Outcome.DROPPED, DropReason.NOT_READY);
        }
        Trace trace = new Trace(rules, state.mapper());
        byte[] bytes = new byte[asked.remaining()];
        asked.duplicate().get(bytes);
        try (Slab memory = Slab.allocate(Packet.HEADROOM_BYTES + bytes.length)) {
            packet.reset(memory.address() + Packet.HEADROOM_BYTES, bytes.length);
            Memory.copy(bytes, 0, packet.address, bytes.length);
            packet.inLink = inLink;
            packet.inPeer = inPeer;
            return explain(rules, trace, nowNanos);
        }
    }

    private Explanation explain(RuleSet rules, Trace trace, long nowNanos) {
        DropReason unfit = PacketParser.parse(packet);
        if (unfit == null) {
            unfit = NatPolicy.unfit(rules, packet);
        }
        if (unfit == null && (packet.fragment || NatPolicy.isError(packet))) {
            unfit = DropReason.UNSUPPORTED_PROTOCOL; // they follow another packet's way
        }
        if (unfit != null) {
            return dropped(trace.steps(), Outcome.DROPPED, unfit);
        }
        int domain = NatPolicy.domain(rules, packet);
        int entry = policy.follower().find(packet, domain);
        if (entry != 0
                && !FlowOpener.isOwnQuery(packet, domain, entry, draft, judge(rules, null))) {
            return explainFlow(rules, trace, entry, nowNanos);
        }
        trace.add(Asked.FLOW_TABLE, "", "belongs to no flow: the rules decide");
        Judge judge = judge(rules, trace);
        int verdict = FlowOpener.judge(packet, domain, draft, judge);
        Ruling ruling = judge.ruling;
        rule = ruling.rule == RuleSet.RULE_NONE ? "" : rules.names()[ruling.rule];
        return switch (verdict) {
            case Ruling.FLOW -> explainOpening(rules, trace, ruling, nowNanos);
            case Ruling.HAND_BACK -> kept(trace, Outcome.HANDED_BACK);
            case Ruling.ANSWER_ECHO, Ruling.REFLECT -> kept(trace, Outcome.ANSWERED);
            case Ruling.REJECT ->
                    dropped(trace.steps(), Outcome.REJECTED, FlowOpener.reason(ruling));
            default -> dropped(trace.steps(), Outcome.DROPPED, FlowOpener.reason(ruling));
        };
    }

    private Judge judge(RuleSet rules, @Nullable Trace trace) {
        return new Judge(rules, state.externals(), state.mapper(), trace);
    }

    private Explanation explainFlow(RuleSet rules, Trace trace, int entry, long nowNanos) {
        FlowTable table = state.table();
        int flow = FlowTable.flow(entry);
        int direction = FlowTable.direction(entry);
        long record = table.record(flow);
        rule = state.counters().name(Flow.rule(record));
        trace.add(
                Asked.FLOW_TABLE,
                "flow " + flow,
                (direction == 0 ? "belongs to it" : "answers it")
                        + ": let in by "
                        + rule
                        + ", "
                        + FlowState.name(Flow.state(record))
                        + ", idle "
                        + table.idleMillis(record, nowNanos) / 1000
                        + " s, ends in "
                        + table.remainingMillis(record, nowNanos) / 1000
                        + " s without packets");
        FlowFollower.lead(packet, flow, direction, record);
        DropReason refusal = wayOut(rules);
        if (refusal == null
                && direction == 0
                && Flow.state(record) == FlowState.HELD
                && FlowOpener.isHeld(packet, record, draft, judge(rules, trace))) {
            refusal = DropReason.FILTERED;
        }
        if (refusal != null) {
            return dropped(trace.steps(), Outcome.DROPPED, refusal);
        }
        translator.translate(rules, packet);
        return forwarded(rules, trace);
    }

    private Explanation explainOpening(RuleSet rules, Trace trace, Ruling ruling, long nowNanos) {
        DropReason refusal = FlowOpener.firstState(rules, packet, draft);
        if (refusal == null) {
            trace.add(Asked.FIRST_PACKET, "", "may begin a flow");
            state.takeRule(draft, ruling);
            refusal = state.keeper().refusalAhead(draft, nowNanos);
        }
        if (refusal == null) {
            trace.add(
                    Asked.LIMITS,
                    "",
                    "its sender has opened "
                            + state.keeper().flowsOfOpener(draft)
                            + " of at most "
                            + state.keeper().flowsPerOpener()
                            + " flows; the table holds "
                            + state.table().size()
                            + " of "
                            + state.table().capacity());
            refusal = state.draftTranslation(draft, ruling, draft.sourcePort, nowNanos);
        }
        if (refusal == null && state.table().clashes(draft)) {
            refusal = FlowOpener.clash(draft);
        }
        if (draft.mapping != 0) {
            state.mapper().discardIfUnused(draft.mapping, nowNanos);
        }
        packet.outLink = ruling.outLink;
        packet.outPeer = Domain.peer(ruling.outDomain);
        if (refusal == null) {
            refusal = wayOut(rules);
        }
        if (refusal == null && ruling.held) {
            refusal = DropReason.FILTERED;
        }
        if (refusal != null) {
            return dropped(trace.steps(), Outcome.DROPPED, refusal);
        }
        if (!draft.ipv6) {
            HeaderRewriter.rewrite(
                    packet,
                    draft.replyDestination,
                    draft.replySource,
                    draft.replyDestinationPort,
                    draft.replySourcePort);
        }
        translator.guardEgress(rules, packet);
        return forwarded(rules, trace);
    }

    private @Nullable DropReason wayOut(RuleSet rules) {
        if (!rules.links().has(packet.outLink)) {
            return DropReason.NOT_READY;
        }
        return FlowFollower.isTooBig(packet, rules.links().get(packet.outLink).mtu(packet.outPeer))
                ? DropReason.TOO_BIG
                : null;
    }

    private Explanation forwarded(RuleSet rules, Trace trace) {
        DropReason guarded = packet.dropReason;
        if (packet.verdict == Packet.DROP && guarded != null) {
            return dropped(trace.steps(), Outcome.DROPPED, guarded);
        }
        trace.add(Asked.WAY_OUT, "", "leaves by " + rules.links().get(packet.outLink).name());
        byte[] leaving = new byte[packet.length];
        Memory.copy(packet.address, leaving, 0, leaving.length);
        return new Explanation(
                Outcome.FORWARDED,
                null,
                rule,
                trace.steps(),
                packet.outLink,
                packet.outPeer,
                ByteBuffer.wrap(leaving));
    }

    private Explanation kept(Trace trace, Outcome outcome) {
        return new Explanation(outcome, null, rule, trace.steps(), -1, -1, Explanation.NOTHING);
    }

    private Explanation dropped(List<Explanation.Step> steps, Outcome outcome, DropReason reason) {
        return new Explanation(outcome, reason, rule, steps, -1, -1, Explanation.NOTHING);
    }
}
