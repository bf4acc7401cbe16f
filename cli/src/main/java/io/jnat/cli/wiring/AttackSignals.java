package io.jnat.cli.wiring;

import io.jnat.cli.wiring.AttackWatch.Signal;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.NatReport;
import io.jnat.wireguard.PeerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The counters that {@link AttackWatch} looks at, with the words for them. */
final class AttackSignals {
    private static final long NEW_FLOWS = 500;
    private static final long UNWANTED = 100;
    private static final long HANDSHAKES = 50;

    private AttackSignals() {}

    /**
     * All of them.
     *
     * @param drops packets by reason, wherever they were dropped
     */
    static List<Signal> of(
            NatReport nat, List<PeerStatus> peers, ToLongFunction<DropReason> drops) {
        List<Signal> signals = new ArrayList<>();
        nat.rules().forEach(rule -> signals.add(newFlows(rule, nat)));
        unwanted(signals, drops);
        tooManyFlows(signals, nat, peers, drops);
        signals.add(
                new Signal(
                        "spoofed",
                        UNWANTED,
                        drops.applyAsLong(DropReason.SPOOFED_SOURCE)
                                + drops.applyAsLong(DropReason.MARTIAN),
                        rate -> "packets with forged source addresses, " + rate + " a second",
                        "dropped"));
        handshakes(signals, drops);
        peers.forEach(peer -> signals.add(replayed(peer)));
        return signals;
    }

    private static Signal newFlows(NatReport.Rule rule, NatReport nat) {
        return new Signal(
                "rule " + rule.name(),
                NEW_FLOWS,
                rule.flows(),
                rate -> "flood of new flows: " + rule.name() + " lets in " + rate + " a second",
                "when the table is full, half-open and one-way flows make room;"
                        + " conversations stay ("
                        + nat.evicted()
                        + " evicted, "
                        + nat.refused()
                        + " refused so far)");
    }

    private static void unwanted(List<Signal> signals, ToLongFunction<DropReason> drops) {
        signals.add(
                AttackWatch.drops(
                        DropReason.NO_FORWARD,
                        UNWANTED,
                        drops.applyAsLong(DropReason.NO_FORWARD),
                        "port scan or flood: packets to ports that nothing forwards",
                        "dropped without an answer; they take no room"));
        signals.add(
                AttackWatch.drops(
                        DropReason.FILTERED,
                        UNWANTED,
                        drops.applyAsLong(DropReason.FILTERED),
                        "strangers send to ports that devices have opened",
                        "dropped: the devices have not spoken to them"));
        signals.add(
                AttackWatch.drops(
                        DropReason.NOT_ALLOWED,
                        UNWANTED,
                        drops.applyAsLong(DropReason.NOT_ALLOWED),
                        "packets out of the tunnel that no rule allows",
                        "dropped"));
    }

    private static void tooManyFlows(
            List<Signal> signals,
            NatReport nat,
            List<PeerStatus> peers,
            ToLongFunction<DropReason> drops) {
        signals.add(
                AttackWatch.drops(
                        DropReason.FLOW_LIMIT,
                        UNWANTED,
                        drops.applyAsLong(DropReason.FLOW_LIMIT),
                        opener(nat.limited(), peers) + " opens too many flows",
                        "more than its share is refused; others keep theirs"));
        signals.add(
                AttackWatch.drops(
                        DropReason.FLOW_TABLE_FULL,
                        1,
                        drops.applyAsLong(DropReason.FLOW_TABLE_FULL),
                        "the flow table is full; most flows has " + opener(nat.busiest(), peers),
                        "new flows are refused; raise engine.flows, or: jnat flows src=… --kill"));
    }

    private static Signal replayed(PeerStatus peer) {
        return new Signal(
                "replay " + peer.config().name(),
                HANDSHAKES,
                peer.replayed(),
                rate ->
                        "packets of peer "
                                + peer.config().name()
                                + " are sent again by somebody, "
                                + rate
                                + " a second",
                "dropped by the replay window");
    }

    private static void handshakes(List<Signal> signals, ToLongFunction<DropReason> drops) {
        signals.add(
                new Signal(
                        "handshakes",
                        HANDSHAKES,
                        drops.applyAsLong(DropReason.TUNNEL_UNDER_LOAD)
                                + drops.applyAsLong(DropReason.TUNNEL_HANDSHAKE_QUEUE_FULL)
                                + drops.applyAsLong(DropReason.TUNNEL_BAD_HANDSHAKE)
                                + drops.applyAsLong(DropReason.TUNNEL_UNKNOWN_PEER)
                                + drops.applyAsLong(DropReason.TUNNEL_BAD_MAC),
                        rate -> "flood of handshakes at the tunnel's port, " + rate + " a second",
                        "senders must prove their address by a cookie, 20 a second each; data is"
                                + " not delayed"));
        signals.add(
                new Signal(
                        "forged",
                        UNWANTED,
                        drops.applyAsLong(DropReason.TUNNEL_BAD_MESSAGE)
                                + drops.applyAsLong(DropReason.TUNNEL_BAD_TAG),
                        rate -> "forged packets at the tunnel's port, " + rate + " a second",
                        "dropped: they do not authenticate"));
        // What a peer sends that has not noticed a restart of this end looks like that, too.
        signals.add(
                AttackWatch.drops(
                        DropReason.TUNNEL_UNKNOWN_INDEX,
                        UNWANTED,
                        drops.applyAsLong(DropReason.TUNNEL_UNKNOWN_INDEX),
                        "packets of unknown sessions at the tunnel's port",
                        "dropped: a peer goes on in one from before a restart of this end, for some"
                                + " 15 s, or they are forged"));
    }

    private static String opener(NatReport.@Nullable Opener opener, List<PeerStatus> peers) {
        if (opener == null) {
            return "somebody";
        }
        for (PeerStatus peer : peers) {
            if (peer.index() == opener.peer()) {
                return peer.config().name()
                        + ":"
                        + opener.address()
                        + " ("
                        + opener.flows()
                        + " flows)";
            }
        }
        return opener.address() + " (" + opener.flows() + " flows)";
    }
}
