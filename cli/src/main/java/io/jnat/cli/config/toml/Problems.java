package io.jnat.cli.config.toml;

import io.jnat.cli.config.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects everything that is wrong. */
final class Problems {
    private final List<ConfigProblem> found = new ArrayList<>();
    private boolean unreadable;

    /** A file that is not TOML: what else seems to be missing may well stand there. */
    void syntax(Place place, String message) {
        unreadable = true;
        found.add(new ConfigProblem(place, "", message, false));
    }

    void error(Place place, String key, String message) {
        found.add(new ConfigProblem(place, key, message, false));
    }

    void missing(Place place, String key, String expected) {
        if (!unreadable) {
            error(place, key, "missing (expected " + expected + ")");
        }
    }

    void warning(Place place, String key, String message) {
        found.add(new ConfigProblem(place, key, message, true));
    }

    boolean hasErrors() {
        return found.stream().anyMatch(problem -> !problem.warning());
    }

    List<ConfigProblem> inOrder() {
        return found.stream().sorted(Comparator.comparing(ConfigProblem::place)).toList();
    }
}
