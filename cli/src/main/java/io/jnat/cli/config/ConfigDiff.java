package io.jnat.cli.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What differs between two configurations, and what of it a running instance can't take over.
 * Compares what {@link ConfigText} writes, so that nothing is forgotten that a configuration can
 * say.
 *
 * @param changes one line each: {@code + site "hut"}, {@code - forward "dmr"}, {@code ~
 *     timeout.udp: "5m" -> "2m"}
 * @param needRestart those among them that only a restart can make
 */
public record ConfigDiff(List<String> changes, List<String> needRestart) {
    /** What a running instance takes over; anything else is fixed when it starts. */
    private static final List<String> RELOADED =
            List.of(
                    "pool",
                    "site ",
                    "forward ",
                    "allow ",
                    "order of ",
                    "device.",
                    "capture.",
                    "timeout.",
                    "translation.",
                    "engine.ports",
                    "engine.tcp-pick-up",
                    "relay.endpoint",
                    "relay.preshared-key-file",
                    "tunnel.keepalive",
                    "tunnel.why");

    /** Copies the lists. */
    public ConfigDiff {
        changes = List.copyOf(changes);
        needRestart = List.copyOf(needRestart);
    }

    /** Compares what runs with what is wanted. */
    public static ConfigDiff between(JnatConfig running, JnatConfig wanted) {
        Map<String, String> before = flat(ConfigText.of(running, true));
        Map<String, String> after = flat(ConfigText.of(wanted, true));
        Set<String> keys = new LinkedHashSet<>(after.keySet());
        keys.addAll(before.keySet());
        List<String> changes = new ArrayList<>();
        List<String> needRestart = new ArrayList<>();
        for (String key : keys) {
            String old = before.get(key);
            String now = after.get(key);
            if (Objects.equals(old, now)) {
                continue;
            }
            String line =
                    old == null
                            ? "+ " + key + ": " + now
                            : now == null ? "- " + key : "~ " + key + ": " + old + " -> " + now;
            changes.add(line);
            if (RELOADED.stream().noneMatch(key::startsWith)) {
                needRestart.add(line);
            }
        }
        return new ConfigDiff(changes, needRestart);
    }

    /**
     * Keys and values, each table of an array under its kind and name, with all it says as one
     * value; the order of such tables, which decides which rule comes first, as a value of its own.
     */
    private static Map<String, String> flat(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        String section = "";
        boolean ofArray = false;
        String item = "";
        for (String line : text.lines().filter(each -> !each.isEmpty()).toList()) {
            if (line.startsWith("[")) {
                ofArray = line.startsWith("[[");
                section = line.replace("[", "").replace("]", "");
                continue;
            }
            int equals = line.indexOf(" = ");
            String key = line.substring(0, equals);
            String value = line.substring(equals + 3);
            if (ofArray && key.equals("name")) {
                item = section + " " + value;
                for (int same = 2; values.containsKey(item); same++) {
                    item = section + " " + value + " (" + same + ")";
                }
                values.merge("order of " + section, value, (all, next) -> all + ", " + next);
                values.put(item, "");
            } else if (ofArray) {
                String said = key + " = " + value;
                values.merge(item, said, (all, next) -> all.isEmpty() ? next : all + ", " + next);
            } else {
                values.put(section.isEmpty() ? key : section + "." + key, value);
            }
        }
        return values;
    }
}
