package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class ServiceCommandTest {
    private final StringWriter out = new StringWriter();
    private final CommandLine commandLine = Jnat.commandLine().setOut(new PrintWriter(out));

    @Test
    void withoutAJournalThereIsNothingToCleanUp() {
        assertEquals(
                ExitCode.OK, commandLine.execute("service", "cleanup", "--name", "never-started"));
        assertEquals("never-started: nothing to clean up\n", out.toString());
    }

    @Test
    void helpSaysWhatCleanupDoesAndHasAnExample() {
        assertEquals(ExitCode.OK, commandLine.execute("service", "cleanup", "--help"));
        assertTrue(out.toString().contains("Captured devices"), out::toString);
        assertTrue(out.toString().contains("jnat service cleanup"), out::toString);
    }
}
