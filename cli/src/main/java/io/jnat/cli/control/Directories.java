package io.jnat.cli.control;

import java.nio.file.Path;

/**
 * Where running instances keep their sockets and their state; several instances share a machine by
 * other directories.
 */
public final class Directories {
    private static final Path RUNTIME = Path.of("/run/jnat");
    private static final Path STATE = Path.of("/var/lib/jnat");

    private Directories() {}

    /** {@code $JNAT_RUNTIME_DIR}, or {@code /run/jnat}. */
    public static Path runtime() {
        return fromEnvironment("JNAT_RUNTIME_DIR", RUNTIME);
    }

    /** {@code $JNAT_STATE_DIR}, or {@code /var/lib/jnat}. */
    public static Path state() {
        return fromEnvironment("JNAT_STATE_DIR", STATE);
    }

    /** The control socket of an instance. */
    public static Path controlSocket(String instance) {
        return runtime().resolve(instance + ".sock");
    }

    private static Path fromEnvironment(String variable, Path otherwise) {
        String value = System.getenv(variable);
        return value == null || value.isBlank() ? otherwise : Path.of(value);
    }
}
