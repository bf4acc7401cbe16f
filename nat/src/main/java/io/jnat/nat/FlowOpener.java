package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.TcpTracker;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rewrite.IcmpSender;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * Packets that belong to no flow: {@link Judge} decides, and what it lets in gets a mapping, if it
 * needs one, and a flow. The rest is answered, handed back, refused or dropped here.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class FlowOpener {
    private final NatState state;
    private final FlowKeeper keeper;
    private final EndMessages endMessages;
    private final ErrorSender errorSender;
    private final HeldSyns heldSyns;
    private final FlowDraft draft = new FlowDraft();
    private @Nullable Judge judge;

    FlowOpener(
            NatState state, EndMessages endMessages, ErrorSender errorSender, HeldSyns heldSyns) {
        this.state = state;
        keeper = state.keeper();
        this.endMessages = endMessages;
        this.errorSender = errorSender;
        this.heldSyns = heldSyns;
    }

    /** From now on a judge for other rules decides. */
    void judgeBy(Judge newJudge) {
        judge = newJudge;
    }

    /**
     * Judges a packet without a flow; returns the entry of its new flow, or 0 when it gets none.
     */
    int open(RuleSet rules, Packet packet, int domain, Emitter emitter, long nowNanos) {
        Judge asked = judge;
        if (asked == null) {
            packet.drop(DropReason.NOT_READY);
            return 0;
        }
        if (endMessages.isOne(rules, packet)) {
            endMessages.take(rules, packet, nowNanos);
            return 0;
        }
        switch (judge(packet, domain, draft, asked)) {
            case Ruling.HAND_BACK -> {
                packet.outLink = packet.inLink;
                packet.outPeer = -1;
            }
            case Ruling.ANSWER_ECHO -> IcmpSender.answerEcho(packet);
            case Ruling.REFLECT -> reflect(packet);
            case Ruling.FLOW -> {
                return begin(rules, packet, asked.ruling, nowNanos);
            }
            case Ruling.REJECT -> {
                refuse(rules, packet, asked.ruling.withReset, emitter, nowNanos);
                packet.drop(reason(asked.ruling));
            }
            default -> {
                if (asked.ruling.reason == DropReason.FILTERED && isWholeSyn(rules, packet)) {
                    heldSyns.hold(packet, nowNanos);
                }
                packet.drop(reason(asked.ruling));
            }
        }
        return 0;
    }

    /**
     * Whether a packet of a flow may go on: not while the flow is {@link FlowState#HELD}, which
     * ends when the other side speaks, or has spoken meanwhile.
     */
    boolean goesOn(Packet packet, int entry, long nowNanos) {
        int flow = FlowTable.flow(entry);
        FlowTable table = state.table();
        long record = table.record(flow);
        if (Flow.state(record) != FlowState.HELD) {
            return true;
        }
        int direction = FlowTable.direction(entry);
        Judge asked = judge;
        if (direction == 0 && (asked == null || isHeld(packet, record, draft, asked))) {
            table.count(record, direction, packet.segments(), packet.length, true, nowNanos);
            packet.drop(DropReason.FILTERED);
            return false;
        }
        int released = FlowState.released(packet.protocol);
        int seconds = state.timeouts(Flow.rule(record)).seconds(packet.protocol, released);
        table.enter(flow, released, seconds, nowNanos);
        return true;
    }

    /**
     * Whether a packet of a flow is an echo request, or the like, from the side that is to answer
     * it: it only has the same identifier (Windows uses one for all), and needs a rule that lets it
     * in.
     */
    boolean isOwnQuery(Packet packet, int domain, int entry) {
        Judge asked = judge;
        return asked != null && isOwnQuery(packet, domain, entry, draft, asked);
    }

    /** The same, asked of any judge. */
    static boolean isOwnQuery(Packet packet, int domain, int entry, FlowDraft draft, Judge asked) {
        return FlowTable.direction(entry) == 1
                && isRequest(packet)
                && judge(packet, domain, draft, asked) != Ruling.FLOW;
    }

    private static boolean isRequest(Packet packet) {
        long transport = packet.address + packet.transportOffset;
        return packet.ipVersion == 4
                ? packet.protocol == Protocol.ICMP && isRequest(Icmp.type(transport))
                : packet.protocol == Protocol.ICMPV6
                        && Icmpv6.type(transport) == Icmpv6.ECHO_REQUEST;
    }

    /** Whether a filter still keeps out what the first side of a held flow sends. */
    static boolean isHeld(Packet packet, long record, FlowDraft draft, Judge asked) {
        return judge(packet, Flow.domain(record, 0), draft, asked) != Ruling.FLOW
                || asked.ruling.held;
    }

    /** Starts a draft with a packet's key, and has it judged; see {@link Judge#judge}. */
    static int judge(Packet packet, int domain, FlowDraft draft, Judge asked) {
        long ip = packet.address;
        if (packet.ipVersion != 4) {
            draft.startIpv6(
                    domain,
                    packet.inLink,
                    packet.protocol,
                    packet.sourcePort,
                    packet.destinationPort);
            draft.sourceHigh = Ipv6.sourceHigh(ip);
            draft.sourceLow = Ipv6.sourceLow(ip);
            draft.destinationHigh = Ipv6.destinationHigh(ip);
            draft.destinationLow = Ipv6.destinationLow(ip);
            return asked.judge(draft, false);
        }
        draft.start(
                domain,
                packet.inLink,
                packet.protocol,
                Ipv4.source(ip),
                Ipv4.destination(ip),
                packet.sourcePort,
                packet.destinationPort);
        boolean echo =
                packet.protocol == Protocol.ICMP
                        && Icmp.type(ip + packet.transportOffset) == Icmp.ECHO_REQUEST;
        return asked.judge(draft, echo);
    }

    /**
     * Both directions of such a conversation look the same, so there is no flow that could tell
     * them apart, and none is needed: the external endpoint is the asked one.
     */
    private static void reflect(Packet packet) {
        int asked = Ipv4.destination(packet.address);
        int asker = Ipv4.source(packet.address);
        int askedPort = packet.destinationPort;
        int askerPort = packet.sourcePort;
        HeaderRewriter.rewrite(packet, asked, asker, askedPort, askerPort);
        packet.outLink = packet.inLink;
        packet.outPeer = packet.inPeer;
    }

    private void refuse(
            RuleSet rules, Packet packet, boolean withReset, Emitter emitter, long nowNanos) {
        if (withReset && packet.protocol == Protocol.TCP) {
            errorSender.reset(packet, emitter, nowNanos);
        } else {
            errorSender.prohibited(rules, packet, emitter, nowNanos);
        }
    }

    private static boolean isWholeSyn(RuleSet rules, Packet packet) {
        return packet.inLink == rules.links().wan()
                && packet.protocol == Protocol.TCP
                && !packet.fragment
                && TcpTracker.opens(packet.address + packet.transportOffset);
    }

    static DropReason reason(Ruling ruling) {
        DropReason reason = ruling.reason;
        return reason == null ? DropReason.NOT_ALLOWED : reason;
    }

    private int begin(RuleSet rules, Packet packet, Ruling ruling, long nowNanos) {
        DropReason refusal = firstState(rules, packet, draft);
        if (refusal == null) {
            draft.state = ruling.held ? FlowState.HELD : draft.state;
            state.takeRule(draft, ruling);
            refusal = keeper.refusal(draft, nowNanos);
        }
        if (refusal == null) {
            refusal = state.draftTranslation(draft, ruling, draft.sourcePort, nowNanos);
        }
        if (refusal != null) {
            packet.drop(refusal);
            return 0;
        }
        draft.idleLimitSeconds = state.timeouts(draft.rule).seconds(draft.protocol, draft.state);
        int flow = keeper.begin(draft, nowNanos);
        if (flow > 0) {
            state.counters().countFlow(draft.rule);
            return FlowTable.entry(flow, 0);
        }
        if (draft.mapping != 0) {
            state.mapper().discardIfUnused(draft.mapping, nowNanos);
        }
        if (flow == FlowTable.FULL) {
            packet.drop(DropReason.FLOW_TABLE_FULL);
        } else {
            packet.drop(clash(draft));
        }
        return 0;
    }

    /** Why a flow whose answers would be taken for another's can't be. */
    static DropReason clash(FlowDraft draft) {
        return NatState.hasPorts(draft.protocol)
                ? DropReason.NO_FREE_PORT
                : DropReason.UNSUPPORTED_PROTOCOL;
    }

    /** Sets the draft's first state; returns why a packet of this kind opens no flow, or null. */
    static @Nullable DropReason firstState(RuleSet rules, Packet packet, FlowDraft draft) {
        long transport = packet.address + packet.transportOffset;
        draft.state = FlowState.ONE_WAY;
        if (packet.protocol == Protocol.TCP) {
            if (TcpTracker.opens(transport)) {
                draft.state = FlowState.TCP_OPENING;
                return null;
            }
            draft.state = FlowState.TCP_PICKED_UP;
            boolean pickUp = rules.config().midStreamPickUp();
            return pickUp && TcpTracker.isMidStream(transport) ? null : DropReason.TCP_OUT_OF_STATE;
        }
        if (packet.ipVersion != 4) {
            return packet.protocol == Protocol.ICMPV6 ? notOpening(Icmpv6.type(transport)) : null;
        }
        if (packet.protocol == Protocol.ICMP && !isRequest(Icmp.type(transport))) {
            return DropReason.ICMP_UNRELATED;
        }
        return null;
    }

    private static boolean isRequest(int icmpType) {
        return icmpType == Icmp.ECHO_REQUEST || icmpType == Icmp.TIMESTAMP_REQUEST;
    }

    private static @Nullable DropReason notOpening(int icmpv6Type) {
        if (icmpv6Type == Icmpv6.ECHO_REQUEST) {
            return null;
        }
        return Icmpv6.isQuery(icmpv6Type)
                ? DropReason.ICMP_UNRELATED
                : DropReason.ICMPV6_NOT_FORWARDED;
    }
}
