package io.jnat.nat;

import io.jnat.nat.Explanation.Step;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.RuleSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes down what a {@link Judge} asks, for {@link Explainer}. The engine's own judge has none.
 *
 * <p>Owner: engine thread. Allocates: it is made for one packet that somebody asks about.
 */
final class Trace {
    /** {@link Asked#DESTINATION}. */
    static final int TO_PUBLIC = 0;

    /** {@link Asked#DESTINATION}. */
    static final int TO_TUNNEL_END = 1;

    /** {@link Asked#DESTINATION}. */
    static final int TO_LOCAL = 2;

    /** {@link Asked#DESTINATION}. */
    static final int FROM_HOST = 3;

    /** {@link Asked#DESTINATION}. */
    static final int TO_WAN_SIDE = 4;

    /** {@link Asked#DESTINATION}. */
    static final int TO_TUNNEL_NETWORK = 5;

    /** {@link Asked#FILTER}: whoever comes is let in. */
    static final int LETS_IN = 0;

    /** {@link Asked#FILTER}: the device has not spoken to whoever comes. */
    static final int KEEPS_OUT = 1;

    private final RuleSet rules;
    private final Mapper mapper;
    private final List<Step> steps = new ArrayList<>();

    Trace(RuleSet rules, Mapper mapper) {
        this.rules = rules;
        this.mapper = mapper;
    }

    List<Step> steps() {
        return steps;
    }

    void add(Asked asked, String rule, String answer) {
        steps.add(new Step(asked, rule, answer));
    }

    /**
     * A question of the judge.
     *
     * @param answer number of the rule or mapping in question; -1: none
     */
    void note(Asked asked, int answer) {
        switch (asked) {
            case FORWARD -> forward(answer);
            case MAPPING -> mapping(answer);
            case ALLOW -> allow(answer);
            case CAPTURE ->
                    add(
                            asked,
                            answer < 0 ? "" : rules.names()[rules.captureRule(answer)],
                            answer < 0
                                    ? "the device is not captured"
                                    : "the device is captured: its packets to the internet leave by"
                                            + " the tunnel");
            case EGRESS -> add(asked, rules.names()[answer], "the source is translated");
            case TRANSLATION ->
                    add(
                            asked,
                            rules.names()[rules.forwardRule(answer)],
                            "leads to this endpoint, which therefore leaves as its port");
            case FILTER ->
                    add(
                            asked,
                            "",
                            answer == LETS_IN
                                    ? "lets it in"
                                    : "keeps it out: the device has not spoken to that address from"
                                            + " this port, or only answers are let in");
            case SOURCE -> add(asked, "", "can be on the side that it comes from");
            default -> add(asked, "", destination(answer));
        }
    }

    /** Whether a rule matched an IPv6 packet; by its number in the set, -1: none. */
    void noteRule(Asked asked, int matched) {
        add(
                asked,
                matched < 0 ? "" : rules.names()[matched],
                matched < 0 ? "none matches" : "matches");
    }

    private static String destination(int what) {
        return switch (what) {
            case TO_PUBLIC -> "a public address of this machine";
            case TO_TUNNEL_END -> "this machine's own address in the tunnel";
            case TO_LOCAL -> "this machine or a local network: the kernel's business";
            case FROM_HOST -> "sent by this machine itself into the tunnel";
            case TO_WAN_SIDE -> "a private network on the WAN's side";
            case TO_TUNNEL_NETWORK -> "the tunnel's own network";
            default -> "beyond this machine";
        };
    }

    private void forward(int at) {
        if (at < 0) {
            int count = rules.config().forwards().size();
            add(Asked.FORWARD, "", "none of " + count + " matches protocol, port and source");
            return;
        }
        Forward forward = rules.forward(at);
        add(
                Asked.FORWARD,
                rules.names()[rules.forwardRule(at)],
                "matches: leads to "
                        + Ipv4Prefix.format(forward.device())
                        + (forward.masquerade() ? ", which sees this end as the source" : ""));
    }

    private void mapping(int mapping) {
        add(
                Asked.MAPPING,
                "",
                mapping == 0
                        ? "no device has opened this port"
                        : "the port was opened by "
                                + Ipv4Prefix.format(mapper.insideAddress(mapping))
                                + ":"
                                + mapper.insidePort(mapping));
    }

    private void allow(int at) {
        int count = rules.config().allows().size();
        if (count == 0 && rules.hasSites()) {
            return; // a relay has none
        }
        if (at < 0) {
            add(Asked.ALLOW, "", "none of " + count + " matches source, destination and port");
            return;
        }
        add(
                Asked.ALLOW,
                rules.names()[rules.allowRule(at)],
                rules.action(at) == Action.ACCEPT ? "allows it" : "denies it");
    }
}
