package io.jnat.cli.config.toml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The two example files, with keys, in a folder of a test's own. */
public final class Examples {
    static final Path FOLDER = Path.of("src/test/resources/config");

    private Examples() {}

    public static void copyTo(Path folder) throws IOException {
        for (String name : List.of("relay.toml", "router.toml", "relay.key", "router.key")) {
            Path copy = Files.copy(FOLDER.resolve(name), folder.resolve(name));
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
        }
    }

    static List<ConfigProblem> problemsOf(Path file) {
        try {
            return ConfigReader.load(file).warnings();
        } catch (ConfigException e) {
            return e.problems();
        }
    }
}
