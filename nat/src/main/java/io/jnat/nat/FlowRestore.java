package io.jnat.nat;

import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.SavedFlow;
import io.jnat.nat.rule.RuleSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes flows back that an earlier process has written down (N53). What was written is trusted no
 * more than a packet: each flow is judged by the rules of now as if its first packet came, and is
 * taken back if that gives the very translation that it had; its port must be free. So a file that
 * somebody has tampered with can bring in nothing that a packet could not.
 *
 * <p>Owner: whoever starts the engine, before it starts and after the policy has its rules.
 */
public final class FlowRestore {
    private final NatState state;
    private final RuleSet rules;
    private final Judge judge;
    private final Sites sites;
    private final long nowNanos;
    private final int shiftMillis;
    private final FlowDraft draft = new FlowDraft();

    /** Flows that were let in by another flow's mapping, which may only come after them. */
    private final List<byte[]> second = new ArrayList<>();

    private int restored;
    private int expired;
    private int refused;
    private int damaged;

    /**
     * What became of the flows.
     *
     * @param restored go on
     * @param expired had nothing to say for too long
     * @param refused are not allowed any more, or not under that address and port
     * @param damaged were not written as they are
     */
    public record Result(int restored, int expired, int refused, int damaged) {}

    /**
     * Begins.
     *
     * @param policy has its rules already
     * @param shiftMillis what is to be added to a written deadline to have it on this clock
     * @param nowNanos this clock
     */
    FlowRestore(NatPolicy policy, long shiftMillis, long nowNanos) {
        state = policy.state();
        RuleSet present = state.rules();
        if (present == null) {
            throw new IllegalStateException("flows are restored by rules, and there are none yet");
        }
        rules = present;
        judge = new Judge(rules, state.externals(), state.mapper(), null);
        sites = Sites.of(rules);
        this.shiftMillis = (int) shiftMillis;
        this.nowNanos = nowNanos;
    }

    /** Takes back what stands in the buffer, {@link SavedFlow#BYTES} bytes a flow. */
    void take(ByteBuffer flows) {
        for (int at = flows.position();
                at + SavedFlow.BYTES <= flows.limit();
                at += SavedFlow.BYTES) {
            if (SavedFlow.isEmpty(flows, at)) {
                continue;
            }
            if (!SavedFlow.isSound(flows, at)) {
                damaged++;
            } else if (remainingMillis(flows, at) <= 0) {
                expired++;
            } else if (begin(flows, at)) {
                restored++;
            } else {
                byte[] again = new byte[SavedFlow.BYTES];
                flows.get(at, again);
                second.add(again);
            }
        }
    }

    /** Tries those again that may have needed another one, and says what became of all. */
    Result finish() {
        for (byte[] flow : second) {
            if (begin(ByteBuffer.wrap(flow), 0)) {
                restored++;
            } else {
                refused++;
            }
        }
        second.clear();
        return new Result(restored, expired, refused, damaged);
    }

    private int remainingMillis(ByteBuffer flow, int at) {
        return SavedFlow.deadlineMillis(flow, at) + shiftMillis - (int) (nowNanos / 1_000_000);
    }

    private boolean begin(ByteBuffer flow, int at) {
        int domain = sites.domain(SavedFlow.site(flow, at, 0));
        int replyDomain = sites.domain(SavedFlow.site(flow, at, 1));
        int link = domain < 0 ? -1 : linkOf(domain);
        if (link < 0 || replyDomain < 0) {
            return false;
        }
        if (SavedFlow.isIpv6(flow, at)) {
            SavedFlow.startIpv6(flow, at, draft, domain, link);
        } else {
            draft.start(
                    domain,
                    link,
                    SavedFlow.protocol(flow, at),
                    SavedFlow.source(flow, at, 0),
                    SavedFlow.destination(flow, at, 0),
                    SavedFlow.sourcePort(flow, at, 0),
                    SavedFlow.destinationPort(flow, at, 0));
        }
        if (judge.judge(draft, false) != Ruling.FLOW || judge.ruling.outDomain != replyDomain) {
            return false;
        }
        state.takeRule(draft, judge.ruling);
        int port = SavedFlow.destinationPort(flow, at, 1);
        boolean translated = state.draftTranslation(draft, judge.ruling, port, nowNanos) == null;
        int begun = translated && isAsItWas(flow, at) ? start(flow, at) : 0;
        if (begun <= 0) {
            if (draft.mapping != 0) {
                state.mapper().discardIfUnused(draft.mapping, nowNanos);
            }
            return false;
        }
        return true;
    }

    private boolean isAsItWas(ByteBuffer flow, int at) {
        return draft.ipv6 // never translated
                || draft.replySource == SavedFlow.source(flow, at, 1)
                        && draft.replyDestination == SavedFlow.destination(flow, at, 1)
                        && draft.replySourcePort == SavedFlow.sourcePort(flow, at, 1)
                        && draft.replyDestinationPort == SavedFlow.destinationPort(flow, at, 1);
    }

    private int start(ByteBuffer flow, int at) {
        draft.state = SavedFlow.state(flow, at);
        draft.idleLimitSeconds = state.timeouts(draft.rule).seconds(draft.protocol, draft.state);
        FlowTable table = state.table();
        if (table.size() == table.capacity()
                || state.keeper().flowsOfOpener(draft) >= state.keeper().flowsPerOpener()) {
            return FlowTable.FULL;
        }
        int begun = state.keeper().begin(draft, nowNanos);
        if (begun > 0) {
            int limit = Flow.idleLimitSeconds(table.record(begun)) * 1000;
            int remaining = Math.min(remainingMillis(flow, at), limit);
            SavedFlow.resume(table, begun, flow, at, remaining, nowNanos);
        }
        return begun;
    }

    private int linkOf(int domain) {
        return switch (domain) {
            case Domain.WAN -> rules.links().wan();
            case Domain.LAN -> rules.links().lan();
            default -> rules.links().tunnel();
        };
    }
}
