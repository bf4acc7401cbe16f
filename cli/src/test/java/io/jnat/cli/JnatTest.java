package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class JnatTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine commandLine =
            Jnat.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void versionNamesJnatAndJava() {
        assertEquals(ExitCode.OK, commandLine.execute("version"));
        assertTrue(out.toString().startsWith("jnat "), out::toString);
        assertTrue(out.toString().contains("java " + Runtime.version()), out::toString);
    }

    @Test
    void unknownCommandIsAUsageError() {
        assertEquals(ExitCode.USAGE, commandLine.execute("no-such-command"));
        assertTrue(err.toString().contains("no-such-command"), err::toString);
    }

    @Test
    void everyCommandsHelpHasAnExample() {
        commandLine.getSubcommands().values().forEach(JnatTest::assertHelpHasExample);
    }

    private static void assertHelpHasExample(CommandLine command) {
        String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
        assertTrue(help.contains("\nExample"), help);
        command.getSubcommands().values().forEach(JnatTest::assertHelpHasExample);
    }

    @Test
    void examplesStandInTheHelpAsTheyAreTyped() {
        assertFootersAreNotBroken(commandLine);
    }

    private static void assertFootersAreNotBroken(CommandLine command) {
        String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
        for (String line : command.getCommandSpec().usageMessage().footer()) {
            if (line.startsWith("  ")) {
                assertTrue(help.lines().anyMatch(String.format(line)::equals), line);
            }
        }
        command.getSubcommands().values().forEach(JnatTest::assertFootersAreNotBroken);
    }

    @Test
    void everyCommandSaysItsVersion() {
        for (String[] words :
                List.of(
                        new String[] {"-V"},
                        new String[] {"run", "-V"},
                        new String[] {"key", "--version"},
                        new String[] {"config", "check", "-V"})) {
            out.getBuffer().setLength(0);
            assertEquals(ExitCode.OK, commandLine.execute(words));
            assertTrue(out.toString().startsWith("jnat "), String.join(" ", words));
        }
    }

    @Test
    void wordWithAnAtIsNotAFileWithMoreWords(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("private.key"), "a-secret");
        assertEquals(ExitCode.FAILED, commandLine.execute("key", "pub", "@" + file));
        assertFalse(err.toString().contains("a-secret"), err::toString);
    }

    @Test
    void helpListsTheSubcommands() {
        assertEquals(ExitCode.OK, commandLine.execute("--help"));
        assertTrue(out.toString().contains("version"), out::toString);
    }
}
