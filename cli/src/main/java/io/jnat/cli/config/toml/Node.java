package io.jnat.cli.config.toml;

import io.jnat.cli.config.Place;
import java.util.List;
import java.util.Map;

/** A value in a TOML file, with the place where it stands. */
sealed interface Node {

    Place place();

    /** How an error message shows it. */
    String found();

    /** Text, number, truth or date. */
    record Scalar(Place place, Object value) implements Node {
        private static final int LONGEST = 60;

        @Override
        public String found() {
            if (!(value instanceof String text)) {
                return value.toString();
            }
            String shown = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
            return '"' + shown.replace("\n", "\\n") + '"';
        }
    }

    /** An array, also of tables. */
    record Items(Place place, List<Node> items) implements Node {
        @Override
        public String found() {
            return "a list";
        }
    }

    /** A table; the map keeps the order of the file. */
    record Table(Place place, Map<String, Node> entries) implements Node {
        @Override
        public String found() {
            return "a table";
        }
    }
}
