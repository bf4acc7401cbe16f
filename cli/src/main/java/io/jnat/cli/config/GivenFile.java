package io.jnat.cli.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that a user has named; what is none may never give anything, or never end. */
public final class GivenFile {
    private GivenFile() {}

    /**
     * Opens a file. What is open already, such as a shell's {@code <(command)}, is one too.
     *
     * @throws IOException saying what it is instead, or why it cannot be opened
     */
    public static InputStream open(Path file) throws IOException {
        String instead = instead(file);
        if (!instead.isEmpty()) {
            throw new IOException(file + ": " + instead);
        }
        return Files.newInputStream(file);
    }

    /** What it is instead of a file; empty if it is one, or not there. */
    public static String instead(Path file) {
        if (Files.isDirectory(file)) {
            return "is a directory (expected a file)";
        }
        boolean isOpen = file.startsWith("/dev/fd") || file.startsWith("/dev/stdin");
        return isOpen || Files.isRegularFile(file) || !Files.exists(file)
                ? ""
                : "is a FIFO, a socket or a device (expected a file)";
    }
}
