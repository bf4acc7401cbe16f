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
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.fragment.FragmentTable;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * NAT, firewall and policy routing: steps 5 and 6 of a packet's way.
 *
 * <ol>
 *   <li>{@link #track}: fragments find or wait for their first one, ICMP errors find the flow of
 *       the packet they quote, everything else its own.
 *   <li>{@code FlowOpener}: what has no flow is judged by {@code Judge}; if a rule lets it in, it
 *       gets a mapping, if it needs one, and a flow.
 *   <li>{@code FlowFollower}: the flow's state moves on, the way out is known, size is checked.
 *   <li>{@link #translate}, by {@code FlowTranslator}: addresses and ports of the flow's other
 *       direction, MSS.
 * </ol>
 *
 * <p>Owner: engine thread, in the section. Per packet nothing is allocated.
 */
public final class NatPolicy implements Policy {
    private static final int EXPIRY_BUDGET = 512;

    /** Flows that are judged anew at a time, the first in the command that brings the rules. */
    private static final int REVIEWED_PER_STEP = 2048;

    private static final long SOON_NANOS = 1_000_000;
    private static final long FRAGMENT_CHECK_NANOS = 500_000_000;
    private static final long NEVER_NANOS = 86_400_000_000_000L;

    private final NatState state;
    private final FlowTable table;
    private final FlowKeeper keeper;
    private final FragmentTable fragments;
    private final ErrorTracker errorTracker;
    private final Ipv6ErrorTracker ipv6ErrorTracker;
    private final ErrorSender errorSender;
    private final HeldSyns heldSyns;
    private final EndMessages endMessages = new EndMessages();
    private final FlowOpener opener;
    private final FlowFollower follower;
    private final FlowTranslator translator;

    private @Nullable RuleSet rules;
    private @Nullable FlowReview review;

    private boolean expiryPending;

    /** When {@link #onTimer} was last called, or a review began. */
    private long timedNanos;

    /**
     * A policy without rules: until {@link NatCommand.ApplyRules} gives it some, it drops
     * everything.
     *
     * @param capacity sizes, fixed from now on
     */
    public NatPolicy(NatCapacity capacity) {
        state = new NatState(capacity);
        table = state.table();
        keeper = state.keeper();
        fragments = state.fragments();
        errorTracker = new ErrorTracker(state);
        ipv6ErrorTracker = new Ipv6ErrorTracker(table);
        errorSender = new ErrorSender(state);
        heldSyns = new HeldSyns(table, errorSender);
        opener = new FlowOpener(state, endMessages, errorSender, heldSyns);
        follower = new FlowFollower(state, errorSender);
        translator = new FlowTranslator(state);
    }

    /** Flows, mappings, counters: for commands. */
    NatState state() {
        return state;
    }

    /** What this end and the other ends say to each other. */
    EndMessages endMessages() {
        return endMessages;
    }

    /** Finds flows, and knows whether their packets may go. */
    FlowFollower follower() {
        return follower;
    }

    /** Takes over a rule set; in the section, between two bursts. */
    void apply(RuleSet newRules, long nowNanos) {
        state.configure(newRules);
        rules = newRules;
        Judge judge = new Judge(newRules, state.externals(), state.mapper(), null);
        opener.judgeBy(judge);
        FlowReview unfinished = review;
        if (unfinished != null) {
            unfinished.breakOff(); // an epoch has two values only
        }
        review = new FlowReview(state, judge);
        review.step(REVIEWED_PER_STEP, nowNanos);
        timedNanos = nowNanos;
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
            trackFragment(current, packet, domain, emitter, nowNanos);
        } else {
            trackWhole(current, packet, domain, emitter, nowNanos);
        }
    }

    /** Why a packet is not even looked at; null when it is. */
    static @Nullable DropReason unfit(RuleSet rules, Packet packet) {
        if (!rules.links().has(packet.inLink)) {
            return DropReason.NOT_READY;
        }
        int end = packet.transportOffset;
        boolean sourceRouted =
                packet.ipVersion == 4
                        ? end > Ipv4.MIN_HEADER_BYTES && Ipv4.hasSourceRoute(packet.address)
                        : end > Ipv6.HEADER_BYTES && Ipv6Chain.hasSourceRoute(packet.address, end);
        return sourceRouted ? DropReason.SOURCE_ROUTED : null;
    }

    private void trackFragment(
            RuleSet current, Packet packet, int domain, Emitter emitter, long nowNanos) {
        int entry = fragments.arrive(packet, domain, nowNanos);
        if (entry < 0) {
            packet.drop(DropReason.FRAGMENT_MALFORMED);
            return;
        }
        if (packet.fragmentOffset == 0) {
            trackWhole(current, packet, domain, emitter, nowNanos);
            if (packet.verdict == Packet.FORWARD) {
                translator.translate(current, packet); // a second time changes nothing
            }
            fragments.decide(entry, packet);
            fragments.letGo(entry, emitter);
        } else if (fragments.isDecided(entry)) {
            countFragment(packet, entry, nowNanos);
            fragments.follow(entry, packet);
        } else {
            DropReason unheld = fragments.hold(entry, packet);
            if (unheld == null) {
                packet.verdict = Packet.TAKEN;
            } else {
                packet.drop(unheld);
            }
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

    private void trackWhole(
            RuleSet current, Packet packet, int domain, Emitter emitter, long nowNanos) {
        if (isError(packet)) {
            if (packet.ipVersion == 4) {
                errorTracker.track(current, packet, domain);
            } else {
                ipv6ErrorTracker.track(current, packet, domain);
            }
            return;
        }
        int entry = follower.find(packet, domain);
        FlowReview judgesAnew = review;
        if (entry != 0
                && judgesAnew != null
                && !judgesAnew.stands(FlowTable.flow(entry), nowNanos)) {
            entry = 0;
        }
        if (entry == 0 || opener.isOwnQuery(packet, domain, entry)) {
            entry = opener.open(current, packet, domain, emitter, nowNanos);
        }
        if (entry != 0 && opener.goesOn(packet, entry, nowNanos)) {
            follower.follow(current, packet, entry, emitter, nowNanos);
        }
    }

    /** Whether a packet is an ICMP error, which follows the way of what it quotes. */
    static boolean isError(Packet packet) {
        long transport = packet.address + packet.transportOffset;
        return packet.ipVersion == 4
                ? packet.protocol == Protocol.ICMP && Icmp.isError(Icmp.type(transport))
                : packet.protocol == Protocol.ICMPV6 && Icmpv6.isError(Icmpv6.type(transport));
    }

    @Override
    public void translate(Packet packet, long nowNanos) {
        RuleSet current = rules;
        if (current != null) {
            translator.translate(current, packet);
        }
    }

    @Override
    public void undeliverable(Packet packet, DropReason reason, Emitter emitter, long nowNanos) {
        RuleSet current = rules;
        if (current != null && current.links().has(packet.inLink)) {
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

    /** The routing domain that a packet comes from. */
    static int domain(RuleSet rules, Packet packet) {
        return switch (rules.links().get(packet.inLink).zone()) {
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
