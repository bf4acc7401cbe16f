package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A command that makes a laboratory of its own, as a user types it. */
abstract class LaboratoryCommand {
    @TempDir Path directory;

    @BeforeEach
    void root() {
        RunningLab.assumeLaboratory();
    }

    /** The launcher with these words behind it; it builds nothing. */
    static ProcessBuilder launcher(String... words) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of("..", "jnat").toRealPath().toString());
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JNAT_BUILD", "never");
        return builder;
    }

    static void assertNothingIsLeftOf(long pid) throws IOException {
        String namespaces = Shell.run("ip", "netns", "list");
        assertFalse(namespaces.contains("jnlab" + pid + "-"), namespaces);
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
