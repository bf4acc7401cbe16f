package io.jnat.cli.config.toml;

import io.jnat.cli.config.JnatConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A configuration that can be run.
 *
 * @param config what it says
 * @param files that it was read from
 * @param warnings what its author should know
 */
public record LoadedConfig(JnatConfig config, List<Path> files, List<ConfigProblem> warnings) {
    /** Copies the lists. */
    public LoadedConfig {
        files = List.copyOf(files);
        warnings = List.copyOf(warnings);
    }
}
