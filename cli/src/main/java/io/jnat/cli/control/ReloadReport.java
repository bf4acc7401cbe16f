package io.jnat.cli.control;

import java.util.List;

/**
 * What a reload has done, or would do.
 *
 * @param file the configuration
 * @param changes what differs from the configuration that runs, one line each
 * @param warnings what its author should know
 * @param errors why nothing was changed; empty when the changes hold
 */
public record ReloadReport(
        String file, List<String> changes, List<String> warnings, List<String> errors) {
    /** Copies the lists. */
    public ReloadReport {
        changes = List.copyOf(changes);
        warnings = List.copyOf(warnings);
        errors = List.copyOf(errors);
    }
}
