package io.jnat.cli.steering;

import java.util.ArrayList;
import java.util.List;

/**
 * Rules of somebody else that lead everything away, before ours. The kernel puts a rule without a
 * preference before the second one that is there, so a VPN client that starts later takes
 * everything from jnat, and from the host its own addresses. Ours can't be moved before them, for
 * there is too little room: what is ours jumps over them.
 */
final class ForeignRules {
    static final String PURPOSE = "not led away by rules of somebody else";

    private ForeignRules() {}

    /**
     * Rules that jump over them; none where none stand before ours, or no room is left.
     *
     * @param foreign preference of the first of them
     * @param ours preference of our first rule, which must be there
     * @param selectors what is ours
     */
    static List<SteeringChange> jumps(
            Family family, int foreign, int ours, List<String> selectors) {
        List<SteeringChange> rules = new ArrayList<>();
        if (foreign <= ours && foreign > 2) {
            for (String selector : selectors) {
                rules.add(Rules.rule(family, foreign - 2, PURPOSE, selector + " goto " + ours));
            }
        }
        return rules;
    }

    /** The host's own addresses, which we have moved behind ours, come before them again. */
    static List<SteeringChange> local(int foreign, int ours) {
        return foreign <= ours && foreign > 2
                ? List.of(Rules.rule(Family.IPV4, foreign - 1, PURPOSE, "lookup local"))
                : List.of();
    }
}
