package io.jnat.cli.config;

import java.nio.file.Path;

/** Where an instance keeps what it makes; two variables let several live on one machine. */
public final class InstanceFolders {

    private InstanceFolders() {}

    /** Control sockets: {@code $JNAT_RUNTIME_DIR}, or {@code /run/jnat}. */
    public static Path runtime() {
        return folder("JNAT_RUNTIME_DIR", "/run/jnat");
    }

    /** What survives a restart: {@code $JNAT_STATE_DIR}, or {@code /var/lib/jnat}. */
    public static Path state() {
        return folder("JNAT_STATE_DIR", "/var/lib/jnat");
    }

    private static Path folder(String variable, String otherwise) {
        String value = System.getenv(variable);
        return Path.of(value == null || value.isBlank() ? otherwise : value);
    }
}
