package io.jnat.nat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each rule has let through, by name, over reloads. A name keeps its number for ever, so that
 * flows may hold it.
 *
 * <p>Owner: engine thread. Only {@link #numbersOf} allocates.
 */
final class RuleCounters {
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private long[] packets = new long[0];
    private long[] bytes = new long[0];
    private long[] flows = new long[0];

    /** The lasting numbers of rules, new ones for new names. */
    int[] numbersOf(String[] ruleNames) {
        int[] result = new int[ruleNames.length];
        for (int at = 0; at < ruleNames.length; at++) {
            Integer known = numbers.get(ruleNames[at]);
            if (known == null) {
                known = names.size();
                numbers.put(ruleNames[at], known);
                names.add(ruleNames[at]);
            }
            result[at] = known;
        }
        packets = Arrays.copyOf(packets, names.size());
        bytes = Arrays.copyOf(bytes, names.size());
        flows = Arrays.copyOf(flows, names.size());
        return result;
    }

    void count(int rule, int morePackets, int moreBytes) {
        packets[rule] += morePackets;
        bytes[rule] += moreBytes;
    }

    void countFlow(int rule) {
        flows[rule]++;
    }

    String name(int rule) {
        return names.get(rule);
    }

    int size() {
        return names.size();
    }

    long packets(int rule) {
        return packets[rule];
    }

    long bytes(int rule) {
        return bytes[rule];
    }

    long flows(int rule) {
        return flows[rule];
    }
}
