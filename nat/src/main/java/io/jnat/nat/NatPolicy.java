package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Policy;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Ipv6Chain;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.flow.TcpTracker;
import io.jnat.nat.fragment.FragmentTable;
import io.jnat.nat.rewrite.HeaderRewriter;
import io.jnat.nat.rewrite.IcmpSender;
import org.jspecify.annotations.Nullable;

/**
 * NAT, firewall and policy routing: steps 5 and 6 of a packet's way.
 *
 * <ol>
 *   <li>{@link #track}: fragments find or wait for their first one, ICMP errors find the flow of
 *       the packet they quote, everything else its own.
 *   <li>{@code open}: what has no flow is judged by {@code Judge}; if a rule lets it in, it gets a
 *       mapping, if it needs one, and a flow.
 *   <li>{@code follow}: the flow's state moves on, the way out is known, size and tunnel are
 *       checked.
 *   <li>{@link #translate}: addresses and ports of the flow's other direction, MSS.
 * </ol>
 *
 * <p>Owner: engine thread, in the section. Per packet nothing is allocated.
 */
public final class NatPolicy implements Policy {
    /** Bytes of IPv4 and TCP headers without options: what the MTU exceeds the MSS by (RFC 879). */
    private static final int HEADER_BYTES = 40;

    /** The same of IPv6 and TCP (RFC 8200 section 8.3). */
    private static final int IPV6_HEADER_BYTES = 60;

    private static final int EXPIRY_BUDGET = 512;

    /** Flows that are judged anew at a time, the first in the command that brings the rules. */
    private static final int REVIEWED_PER_STEP = 2048;

    private static final long SOON_NANOS = 1_000_000;
    private static final long FRAGMENT_CHECK_NANOS = 500_000_000;
    private static final long NEVER_NANOS = 86_400_000_000_000L;

    private final NatState state;
    private final TunnelState tunnel;
    private final FlowTable table;
    private final FlowKeeper keeper;
    private final FragmentTable fragments;
    private final ErrorTracker errorTracker;
    private final Ipv6ErrorTracker ipv6ErrorTracker;
    private final ErrorSender errorSender;
    private final HeldSyns heldSyns;
    private final EndMessages endMessages = new EndMessages();
    private final FlowDraft draft = new FlowDraft();

    private @Nullable RuleSet rules;
    private @Nullable Judge judge;
    private @Nullable FlowReview review;

    /** Value of {@link Flow#EPOCH} in flows that were judged by the present rules. */
    private int epoch;

    private boolean expiryPending;

    /** When {@link #onTimer} was last called, or a review began. */
    private long timedNanos;

    /**
     * A policy without rules: until {@link NatCommand.ApplyRules} gives it some, it drops
     * everything.
     *
     * @param capacity sizes, fixed from now on
     * @param tunnel tells whether captured packets can go
     */
    public NatPolicy(NatCapacity capacity, TunnelState tunnel) {
        state = new NatState(capacity);
        this.tunnel = tunnel;
        table = state.table();
        keeper = state.keeper();
        fragments = state.fragments();
        errorTracker = new ErrorTracker(state);
        ipv6ErrorTracker = new Ipv6ErrorTracker(table);
        errorSender = new ErrorSender(state);
        heldSyns = new HeldSyns(table, errorSender);
    }

    /** Flows, mappings, counters: for commands. */
    NatState state() {
        return state;
    }

    /** What this end and the other ends say to each other. */
    EndMessages endMessages() {
        return endMessages;
    }

    /** What new flows have of {@link Flow#EPOCH}. */
    int epoch() {
        return epoch;
    }

    /** Takes over a rule set; in the section, between two bursts. */
    void apply(RuleSet newRules, long nowNanos) {
        state.configure(newRules);
        rules = newRules;
        judge = new Judge(newRules, state.externals(), state.mapper(), null);
        FlowReview unfinished = review;
        if (unfinished != null) {
            unfinished.breakOff(); // an epoch has two values only
        }
        epoch ^= Flow.EPOCH;
        review = new FlowReview(state, judge, epoch);
        review.step(REVIEWED_PER_STEP, nowNanos);
        timedNanos = nowNanos;
    }

    /** Takes note of the WAN's address; in the section. */
    void setWanAddress(int address, long nowNanos) {
        state.wanAddress(address);
        RuleSet current = rules;
        if (current != null) {
            apply(current, nowNanos);
        }
    }

    @Override
    public void track(Packet packet, Emitter emitter, long nowNanos) {
        RuleSet current = rules;
        packet.flow = -1;
        if (current == null) {
            packet.drop(DropReason.NOT_READY);
            return;
        }
        DropReason unfit = unfit(current, packet);
        if (unfit != null) {
            packet.drop(unfit);
            return;
        }
        int domain = domain(current, packet);
        if (packet.fragment) {
            trackFragment(packet, domain, emitter, nowNanos);
        } else {
            trackWhole(packet, domain, emitter, nowNanos);
        }
    }

    /** Why a packet is not even looked at; null when it is. */
    static @Nullable DropReason unfit(RuleSet rules, Packet packet) {
        if (!rules.isLink(packet.inLink)) {
            return DropReason.NOT_READY;
        }
        int end = packet.transportOffset;
        boolean sourceRouted =
                packet.ipVersion == 4
                        ? end > Ipv4.MIN_HEADER_BYTES && Ipv4.hasSourceRoute(packet.address)
                        : end > Ipv6.HEADER_BYTES && Ipv6Chain.hasSourceRoute(packet.address, end);
        return sourceRouted ? DropReason.SOURCE_ROUTED : null;
    }

    private void trackFragment(Packet packet, int domain, Emitter emitter, long nowNanos) {
        int entry = fragments.arrive(packet, domain, nowNanos);
        if (entry < 0) {
            packet.drop(DropReason.FRAGMENT_MALFORMED);
            return;
        }
        if (packet.fragmentOffset == 0) {
            trackWhole(packet, domain, emitter, nowNanos);
            if (packet.verdict == Packet.FORWARD) {
                translate(packet, nowNanos); // a second time changes nothing
            }
            fragments.decide(entry, packet);
            fragments.letGo(entry, emitter);
        } else if (fragments.isDecided(entry)) {
            countFragment(packet, entry, nowNanos);
            fragments.follow(entry, packet);
        } else if (fragments.hold(entry, packet)) {
            packet.verdict = Packet.TAKEN;
        } else {
            packet.drop(DropReason.FRAGMENT_MEMORY);
        }
        fragments.freeIfComplete(entry);
    }

    private void countFragment(Packet packet, int entry, long nowNanos) {
        int flow = fragments.flow(entry);
        if (flow > 0 && table.isLive(flow)) {
            int direction = fragments.original(entry) ? 0 : 1;
            long record = table.record(flow);
            table.count(record, direction, 1, packet.length, false, nowNanos);
        }
    }

    private void trackWhole(Packet packet, int domain, Emitter emitter, long nowNanos) {
        if (isError(packet)) {
            RuleSet current = rules;
            if (current != null && packet.ipVersion == 4) {
                errorTracker.track(current, packet, domain);
            } else if (current != null) {
                ipv6ErrorTracker.track(current, packet, domain);
            }
            return;
        }
        int entry = find(packet, domain);
        FlowReview judgesAnew = review;
        if (entry != 0
                && judgesAnew != null
                && !judgesAnew.stands(FlowTable.flow(entry), nowNanos)) {
            entry = 0;
        }
        if (entry == 0) {
            entry = open(packet, domain, emitter, nowNanos);
        }
        if (entry != 0) {
            follow(packet, entry, emitter, nowNanos);
        }
    }

    /** Whether a packet is an ICMP error, which follows the way of what it quotes. */
    static boolean isError(Packet packet) {
        long transport = packet.address + packet.transportOffset;
        return packet.ipVersion == 4
                ? packet.protocol == Protocol.ICMP && Icmp.isError(Icmp.type(transport))
                : packet.protocol == Protocol.ICMPV6 && Icmpv6.isError(Icmpv6.type(transport));
    }

    /** The entry of the flow that a packet belongs to; 0: none. */
    int find(Packet packet, int domain) {
        long ip = packet.address;
        if (packet.ipVersion != 4) {
            return table.findIpv6(
                    domain, packet.protocol, ip, packet.sourcePort, packet.destinationPort);
        }
        return table.find(
                domain,
                packet.protocol,
                Ipv4.source(ip),
                Ipv4.destination(ip),
                packet.sourcePort,
                packet.destinationPort);
    }

    /**
     * Judges a packet without a flow; returns the entry of its new flow, or 0 when it gets none.
     */
    private int open(Packet packet, int domain, Emitter emitter, long nowNanos) {
        Judge asked = judge;
        RuleSet current = rules;
        if (asked == null || current == null) {
            packet.drop(DropReason.NOT_READY);
            return 0;
        }
        if (endMessages.isOne(current, packet)) {
            endMessages.take(current, packet, nowNanos);
            return 0;
        }
        switch (judge(packet, domain, draft, asked)) {
            case Judge.HAND_BACK -> {
                packet.outLink = packet.inLink;
                packet.outPeer = -1;
            }
            case Judge.ANSWER_ECHO -> IcmpSender.answerEcho(packet);
            case Judge.REFLECT -> reflect(packet);
            case Judge.FLOW -> {
                return begin(packet, asked, nowNanos);
            }
            case Judge.REJECT -> {
                refuse(packet, asked.withReset, emitter, nowNanos);
                packet.drop(reason(asked));
            }
            default -> {
                if (asked.reason == DropReason.FILTERED && isWholeSyn(packet)) {
                    heldSyns.hold(packet, nowNanos);
                }
                packet.drop(reason(asked));
            }
        }
        return 0;
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

    private void refuse(Packet packet, boolean withReset, Emitter emitter, long nowNanos) {
        RuleSet current = rules;
        if (current == null) {
            return;
        }
        if (withReset && packet.protocol == Protocol.TCP) {
            errorSender.reset(packet, emitter, nowNanos);
        } else {
            errorSender.prohibited(current, packet, emitter, nowNanos);
        }
    }

    private boolean isWholeSyn(Packet packet) {
        RuleSet current = rules;
        return current != null
                && packet.inLink == current.wanLink()
                && packet.protocol == Protocol.TCP
                && !packet.fragment
                && TcpTracker.opens(packet.address + packet.transportOffset);
    }

    static DropReason reason(Judge asked) {
        DropReason reason = asked.reason;
        return reason == null ? DropReason.NOT_ALLOWED : reason;
    }

    private int begin(Packet packet, Judge asked, long nowNanos) {
        DropReason refusal = firstState(packet, draft);
        if (refusal == null) {
            draft.state = asked.held ? FlowState.HELD : draft.state;
            state.takeRule(draft, asked);
            draft.flags |= epoch;
            refusal = keeper.refusal(draft, nowNanos);
        }
        if (refusal == null) {
            refusal = state.draftTranslation(draft, asked, draft.sourcePort, nowNanos);
        }
        if (refusal != null) {
            packet.drop(refusal);
            return 0;
        }
        draft.idleLimitSeconds = timeouts(draft.rule).seconds(draft.protocol, draft.state);
        int flow = keeper.begin(draft, nowNanos);
        if (flow > 0) {
            state.counters().countFlow(draft.rule);
            return flow << 1;
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
    @Nullable DropReason firstState(Packet packet, FlowDraft draft) {
        long transport = packet.address + packet.transportOffset;
        draft.state = FlowState.ONE_WAY;
        if (packet.protocol == Protocol.TCP) {
            if (TcpTracker.opens(transport)) {
                draft.state = FlowState.TCP_OPENING;
                return null;
            }
            draft.state = FlowState.TCP_PICKED_UP;
            RuleSet current = rules;
            boolean pickUp = current != null && current.config().midStreamPickUp();
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

    private void follow(Packet packet, int entry, Emitter emitter, long nowNanos) {
        int flow = FlowTable.flow(entry);
        int direction = FlowTable.direction(entry);
        long record = table.record(flow);
        packet.flow = flow;
        packet.originalDirection = direction == 0;
        packet.outLink = Flow.link(record, direction ^ 1);
        packet.outPeer = Domain.peer(Flow.domain(record, direction ^ 1));
        if (!mayLeave(packet, emitter, nowNanos)) {
            return;
        }
        if (Flow.state(record) == FlowState.HELD && !release(packet, flow, direction, nowNanos)) {
            return;
        }
        int before = Flow.state(record);
        DropReason refusal = advance(packet, flow, direction, record, nowNanos);
        if (refusal != null) {
            packet.drop(refusal);
            return;
        }
        if (Flow.state(record) != before) {
            keeper.onState(record, before);
        }
        int flags = Flow.flags(record);
        boolean outbound = direction == 0 == ((flags & Flow.INBOUND) == 0);
        int segments = packet.segments();
        table.count(
                record,
                direction,
                segments,
                packet.length,
                outbound || (flags & Flow.INBOUND_REFRESHES) != 0,
                nowNanos);
        state.counters().count(Flow.rule(record), segments, packet.length);
        if (outbound && (flags & Flow.CAPTURED) != 0 && !tunnel.up(packet.outPeer)) {
            packet.drop(DropReason.TUNNEL_DOWN);
        }
    }

    /** Lets a held flow go on when the other side speaks, or has spoken meanwhile. */
    private boolean release(Packet packet, int flow, int direction, long nowNanos) {
        long record = table.record(flow);
        if (direction == 0 && isHeld(packet, record)) {
            table.count(record, direction, packet.segments(), packet.length, true, nowNanos);
            packet.drop(DropReason.FILTERED);
            return false;
        }
        int state = FlowState.released(packet.protocol);
        int seconds = timeouts(Flow.rule(record)).seconds(packet.protocol, state);
        table.enter(flow, state, seconds, nowNanos);
        return true;
    }

    /** Whether a filter keeps out what a flow's first side sends. */
    boolean isHeld(Packet packet, long record) {
        Judge asked = judge;
        return Flow.state(record) == FlowState.HELD
                && (asked == null
                        || judge(packet, Flow.domain(record, 0), draft, asked) != Judge.FLOW
                        || asked.held);
    }

    /** Whether captured packets can go to a peer. */
    boolean tunnelIsUp(int peer) {
        return tunnel.up(peer);
    }

    private @Nullable DropReason advance(
            Packet packet, int flow, int direction, long record, long nowNanos) {
        if (packet.protocol == Protocol.TCP) {
            return TcpTracker.advance(
                    table,
                    flow,
                    direction,
                    packet.address + packet.transportOffset,
                    packet.transportHeaderLength,
                    timeouts(Flow.rule(record)),
                    nowNanos);
        }
        if (direction == 1 && Flow.state(record) == FlowState.ONE_WAY) {
            int seconds = timeouts(Flow.rule(record)).seconds(packet.protocol, FlowState.TWO_WAY);
            if (seconds == Flow.idleLimitSeconds(record)) {
                table.become(flow, FlowState.TWO_WAY);
            } else {
                table.enter(flow, FlowState.TWO_WAY, seconds, nowNanos);
            }
        }
        return null;
    }

    /**
     * Answers a packet that is too large for its way out and must not be cut (RFC 1191; an IPv6
     * router never cuts, RFC 8200 section 5), and an IPv4 packet whose TTL the kernel behind the
     * TUN device would find to have run out: its answer would quote the translated packet, and go
     * to the translated source.
     */
    private boolean mayLeave(Packet packet, Emitter emitter, long nowNanos) {
        RuleSet current = rules;
        if (current == null || !current.isLink(packet.outLink)) {
            packet.drop(DropReason.NOT_READY);
            return false;
        }
        if (packet.ipVersion == 4
                && packet.outLink != current.tunnelLink()
                && Ipv4.ttl(packet.address) <= 1) {
            errorSender.sendTimeExceeded(current, packet, emitter, nowNanos);
            packet.drop(DropReason.HOP_LIMIT);
            return false;
        }
        int mtu = current.link(packet.outLink).mtu();
        if (!isTooBig(packet, mtu)) {
            return true;
        }
        errorSender.tooBig(current, packet, mtu, emitter, nowNanos);
        packet.drop(DropReason.TOO_BIG);
        return false;
    }

    static boolean isTooBig(Packet packet, int mtu) {
        int largest =
                packet.gsoSize == 0
                        ? packet.length
                        : packet.transportOffset + packet.transportHeaderLength + packet.gsoSize;
        return largest > mtu && (packet.ipVersion != 4 || Ipv4.dontFragment(packet.address));
    }

    @Override
    public void translate(Packet packet, long nowNanos) {
        RuleSet current = rules;
        if (current == null) {
            return;
        }
        if (packet.flow > 0) {
            if (packet.ipVersion == 4) {
                translateByFlow(packet, current);
            } else {
                clampMss(packet, current, IPV6_HEADER_BYTES);
            }
        }
        guardEgress(packet, current);
    }

    /**
     * The last guard (N44): whatever the tables say, only an own address leaves by the WAN, and of
     * IPv6 only a site's.
     */
    void guardEgress(Packet packet, RuleSet current) {
        if (packet.outLink != current.wanLink() || packet.inLink == packet.outLink) {
            return;
        }
        long ip = packet.address;
        boolean mayLeave =
                packet.ipVersion == 4
                        ? state.externals().isPublic(Ipv4.source(ip))
                        : current.ipv6().mayLeave(Ipv6.sourceHigh(ip), Ipv6.sourceLow(ip));
        if (!mayLeave) {
            packet.drop(DropReason.UNTRANSLATED_EGRESS);
        }
    }

    private void translateByFlow(Packet packet, RuleSet current) {
        long record = table.record(packet.flow);
        int other = packet.originalDirection ? 1 : 0;
        int source = Flow.destination(record, other);
        int destination = Flow.source(record, other);
        int sourcePort = Flow.destinationPort(record, other);
        int destinationPort = Flow.sourcePort(record, other);
        HeaderRewriter.rewrite(packet, source, destination, sourcePort, destinationPort);
        clampMss(packet, current, HEADER_BYTES);
    }

    private static void clampMss(Packet packet, RuleSet current, int headerBytes) {
        if (packet.protocol == Protocol.TCP && packet.fragmentOffset == 0) {
            int in = current.link(packet.inLink).mtu();
            int out = current.link(packet.outLink).mtu();
            HeaderRewriter.clampMss(packet, Math.min(in, out) - headerBytes);
        }
    }

    @Override
    public void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        RuleSet current = rules;
        if (current != null && current.isLink(packet.inLink)) {
            errorSender.undeliverable(current, packet, reason, emitter, nowNanos);
        }
    }

    @Override
    public void onTimer(Emitter emitter, long nowNanos) {
        timedNanos = nowNanos;
        expiryPending = keeper.expire(EXPIRY_BUDGET, nowNanos) < 0;
        if (fragments.isWaiting()) {
            fragments.expire(emitter, nowNanos);
        }
        RuleSet held = rules;
        if (held != null) {
            heldSyns.answer(held, emitter, nowNanos);
            endMessages.sendWaiting(held, emitter);
        }
        FlowReview current = review;
        if (current != null) {
            current.step(REVIEWED_PER_STEP, nowNanos);
            review = current.isDone() ? null : current;
        }
    }

    @Override
    public long nextDeadlineNanos(long nowNanos) {
        if (rules != null && endMessages.isWaiting()) {
            return nowNanos;
        }
        // Measured from the last call, not from now: else asking would put it off for ever.
        long sinceNanos = nowNanos - timedNanos;
        if (expiryPending || review != null) {
            return nowNanos + Math.max(0, SOON_NANOS - sinceNanos);
        }
        long nanos = Math.min(table.nanosToExpiry(nowNanos), NEVER_NANOS);
        if (fragments.isWaiting()) {
            nanos = Math.min(nanos, Math.max(0, FRAGMENT_CHECK_NANOS - sinceNanos));
        }
        if (heldSyns.isWaiting()) {
            nanos = Math.min(nanos, Math.max(heldSyns.nextNanos() - nowNanos, 0));
        }
        return nowNanos + nanos;
    }

    private FlowTimeouts timeouts(int ruleNumber) {
        return state.timeouts(ruleNumber);
    }

    /** The routing domain that a packet comes from. */
    static int domain(RuleSet rules, Packet packet) {
        return switch (rules.link(packet.inLink).zone()) {
            case WAN -> Domain.WAN;
            case LAN -> Domain.LAN;
            case TUNNEL -> Domain.ofPeer(Math.max(packet.inPeer, 0));
        };
    }

    /** Frees the memory; after the engine has stopped. */
    public void release() {
        heldSyns.close();
        state.release();
    }
}
