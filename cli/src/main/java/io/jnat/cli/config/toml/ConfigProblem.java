package io.jnat.cli.config.toml;

import io.jnat.cli.config.Place;

/**
 * One thing that is wrong with a configuration, or (a warning) that its author should know.
 *
 * @param place where
 * @param key the key that is meant, {@code tunnel.listen}; empty for a file that is not TOML
 * @param message what was found, and in brackets what was expected and the nearest known name
 * @param warning whether it can be run nevertheless
 */
public record ConfigProblem(Place place, String key, String message, boolean warning) {

    /** {@code file:line:column: key: found (expected …; did you mean "…"?)}. */
    @Override
    public String toString() {
        return place
                + ": "
                + (warning ? "warning: " : "")
                + (key.isEmpty() ? "" : key + ": ")
                + message;
    }
}
