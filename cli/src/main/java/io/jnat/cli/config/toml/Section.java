package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads one table. Each key that is asked for becomes a known key; {@link #refuseUnknown} reports
 * all others. What cannot be read is reported, and a stand-in returned, so that reading goes on.
 */
final class Section {

    /** From text to a value. */
    interface Parser<T> {
        T parse(String text) throws BadValue;
    }

    /** Keys that stand in no table: below one, they are taken for its own. */
    private static final Set<String> TOP =
            Set.of("role", "name", "tun", "mtu", "public", "pool", "lan", "wan", "others");

    private final Problems problems;
    private final String path;
    private final Node.Table table;
    private final Set<String> known = new TreeSet<>();

    Section(Problems problems, String path, Node.Table table) {
        this.problems = problems;
        this.path = path;
        this.table = table;
    }

    Problems problems() {
        return problems;
    }

    Place place() {
        return table.place();
    }

    /** Where a key stands, or the section when it does not. */
    Place placeOf(String key) {
        Node node = table.entries().get(key);
        return node == null ? place() : node.place();
    }

    boolean has(String key) {
        return table.entries().containsKey(key);
    }

    Set<String> keys() {
        return table.entries().keySet();
    }

    String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    void error(String key, String message) {
        problems.error(placeOf(key), pathOf(key), message);
    }

    void warning(String key, String message) {
        problems.warning(placeOf(key), pathOf(key), message);
    }

    /** A value, or what holds when the key is not there. */
    <T> T optional(String key, Parser<T> parser, T otherwise) {
        Node node = node(key);
        return node == null ? otherwise : parse(key, node, parser).orElse(otherwise);
    }

    /** A value that may be absent. */
    <T> Optional<T> optional(String key, Parser<T> parser) {
        Node node = node(key);
        return node == null ? Optional.empty() : parse(key, node, parser);
    }

    /** A value that must be there. */
    <T> T required(String key, Parser<T> parser, String expected, T standIn) {
        Node node = node(key);
        if (node == null) {
            problems.missing(place(), pathOf(key), expected);
            return standIn;
        }
        return parse(key, node, parser).orElse(standIn);
    }

    /** One value, or a list of them; nothing when the key is not there. */
    <T> List<T> list(String key, Parser<T> parser) {
        return List.copyOf(placedList(key, parser).values());
    }

    /** One value, or a list of them, by where they stand. */
    <T> Map<Place, T> placedList(String key, Parser<T> parser) {
        Map<Place, T> values = new LinkedHashMap<>();
        Node node = node(key);
        List<Node> items =
                node == null
                        ? List.of()
                        : node instanceof Node.Items array ? array.items() : List.of(node);
        for (Node item : items) {
            parse(key, item, parser).ifPresent(value -> values.put(item.place(), value));
        }
        return values;
    }

    /** Refuses an empty list where one that is not there has a meaning that nobody reads in it. */
    void refuseEmpty(String key, String expected) {
        if (table.entries().get(key) instanceof Node.Items array && array.items().isEmpty()) {
            error(key, "empty (expected " + expected + ")");
        }
    }

    /** How many values stand there, in a list or alone, whether they can be read or not. */
    int count(String key) {
        Node node = table.entries().get(key);
        return node == null ? 0 : node instanceof Node.Items array ? array.items().size() : 1;
    }

    /** All values of several lists in one. */
    static <T> List<T> flat(Map<Place, List<T>> placed) {
        return placed.values().stream().flatMap(List::stream).distinct().toList();
    }

    /** True or false. */
    boolean flag(String key, boolean otherwise) {
        Node node = node(key);
        if (node instanceof Node.Scalar scalar && scalar.value() instanceof Boolean value) {
            return value;
        }
        if (node != null) {
            String expected = new BadValue("true or false, without quotes").message(node.found());
            problems.error(node.place(), pathOf(key), expected);
        }
        return otherwise;
    }

    /** A whole number within bounds. */
    int integer(String key, int least, int most, int otherwise) {
        Node node = node(key);
        return node == null ? otherwise : integer(key, node, least, most).orElse(otherwise);
    }

    /** A list of whole numbers within bounds. */
    List<Integer> integers(String key, int least, int most) {
        List<Integer> values = new ArrayList<>();
        if (node(key) instanceof Node.Items array) {
            for (Node item : array.items()) {
                integer(key, item, least, most).ifPresent(values::add);
            }
        } else if (has(key)) {
            integer(key, table.entries().get(key), least, most).ifPresent(values::add);
        }
        return values;
    }

    private Optional<Integer> integer(String key, @Nullable Node node, int least, int most) {
        if (node instanceof Node.Scalar scalar
                && scalar.value() instanceof Long value
                && value >= least
                && value <= most) {
            return Optional.of(value.intValue());
        }
        if (node != null) {
            BadValue bad = new BadValue("a whole number from " + least + " to " + most);
            problems.error(node.place(), pathOf(key), bad.message(node.found()));
        }
        return Optional.empty();
    }

    /** A table; an empty one when it is not there. */
    Section table(String key) {
        Node node = node(key);
        if (node instanceof Node.Table found) {
            return new Section(problems, pathOf(key), found);
        }
        if (node != null) {
            error(key, new BadValue("a table: [" + pathOf(key) + "]").message(node.found()));
        }
        return new Section(problems, pathOf(key), new Node.Table(place(), Map.of()));
    }

    /** An array of tables. */
    List<Section> tables(String key) {
        Node node = node(key);
        List<Section> sections = new ArrayList<>();
        BadValue expected = new BadValue("an array of tables: [[" + pathOf(key) + "]]");
        if (node instanceof Node.Items array) {
            for (Node item : array.items()) {
                if (item instanceof Node.Table found) {
                    sections.add(new Section(problems, pathOf(key), found));
                } else {
                    problems.error(item.place(), pathOf(key), expected.message(item.found()));
                }
            }
        } else if (node instanceof Node.Table found) {
            error(key, expected.message(node.found()));
            sections.add(new Section(problems, pathOf(key), found));
        } else if (node != null) {
            error(key, expected.message(node.found()));
        }
        return sections;
    }

    /** Makes a key known, and returns what stands there. */
    @Nullable Node node(String key) {
        known.add(key);
        return table.entries().get(key);
    }

    /** Reports each key that nobody asked for. */
    void refuseUnknown(Set<String> knownElsewhere, String elsewhere) {
        for (String key : keys()) {
            if (known.contains(key)) {
                continue;
            }
            String nearest = Nearest.to(key, known);
            if (!path.isEmpty() && TOP.contains(key)) {
                error(key, "unknown key here (it belongs above the first [table])");
            } else if (path.isEmpty() && key.equals("Interface")) {
                error(key, "of a wg-quick file (expected what `jnat config import` makes of it)");
            } else if (knownElsewhere.contains(key)) {
                error(key, "unknown key here (it belongs to " + elsewhere + ")");
            } else if (nearest != null) {
                error(key, "unknown key (did you mean \"" + nearest + "\"?)");
            } else {
                error(key, "unknown key (expected one of: " + String.join(", ", known) + ")");
            }
        }
    }

    void refuseUnknown() {
        refuseUnknown(Set.of(), "");
    }

    <T> Optional<T> parse(String key, Node node, Parser<T> parser) {
        boolean text = node instanceof Node.Scalar scalar && scalar.value() instanceof String;
        String value = node instanceof Node.Scalar scalar ? scalar.value().toString() : "";
        try {
            T parsed = parser.parse(value);
            if (text) {
                return Optional.of(parsed);
            }
            String expected =
                    node instanceof Node.Scalar ? '"' + value + "\" in quotes" : "one value";
            problems.error(node.place(), pathOf(key), new BadValue(expected).message(node.found()));
        } catch (BadValue bad) {
            // What stands where a key belongs may be somebody's private key.
            boolean secret = text && (key.endsWith("key") || key.endsWith("key-file"));
            String found = secret ? value.length() + " characters" : node.found();
            problems.error(node.place(), pathOf(key), bad.message(found));
        }
        return Optional.empty();
    }
}
