package io.jnat.nat.rule;

import io.jnat.nat.flow.FlowTimeouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of a set's rules, numbered from 0 as they are compiled, and the idle limits of each.
 * Rules of one name are one rule to whoever counts; the first of them that has limits of its own
 * has its way.
 *
 * <p>Owner: the thread that compiles the set.
 */
final class RuleNames {
    private final List<String> names;
    private final Map<Integer, FlowTimeouts> limits = new HashMap<>();

    RuleNames(List<String> builtIn) {
        names = new ArrayList<>(builtIn);
    }

    /** The number of a rule, a new one for a new name. */
    int number(String name, Lifetime lifetime) {
        int at = names.indexOf(name);
        if (at < 0) {
            at = names.size();
            names.add(name);
        }
        limit(at, lifetime);
        return at;
    }

    /** Gives a rule limits of its own, if it has any. */
    void limit(int rule, Lifetime lifetime) {
        FlowTimeouts own = lifetime.timeouts();
        if (own != null) {
            limits.putIfAbsent(rule, own);
        }
    }

    /** By number. */
    String[] names() {
        return names.toArray(new String[0]);
    }

    /** By number; {@code general} where a rule has none of its own. */
    FlowTimeouts[] timeouts(FlowTimeouts general) {
        FlowTimeouts[] timeouts = new FlowTimeouts[names.size()];
        for (int at = 0; at < timeouts.length; at++) {
            timeouts[at] = limits.getOrDefault(at, general);
        }
        return timeouts;
    }
}
