package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many commands through one shell are what each of them is by itself. */
@Timeout(30)
final class ShellSessionTest {
    private static final long LIMIT_MILLIS = 500;

    private final ProgramRunner single = new ProgramRunner(List.of());
    private final ShellSession session = new ShellSession(single, LIMIT_MILLIS);

    @AfterEach
    void close() {
        session.close();
    }

    static List<Command> commands() {
        String odd = "a 'b' \"c\" $d `e` \\f *\n@@ g";
        return List.of(
                Command.of("true"),
                Command.of("false"),
                Command.of("printf", "%s", "no newline"),
                Command.of("printf", "%s\\n\\n", "two"),
                Command.of("printf", "%s", odd),
                Command.of("printf", "%s|%s|", "", odd),
                Command.of("sh", "-c", "echo out; echo error >&2; exit 3"),
                Command.of("cat"),
                new Command(List.of("cat"), odd),
                new Command(List.of("cat"), odd + '\n'),
                new Command(List.of("cat"), "comment \"Zürich 東京\"\n"),
                new Command(List.of("sort"), "b\na\nEOF\n"),
                new Command(List.of("true"), "never read\n".repeat(20_000)),
                Command.of("ls", "/nowhere"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatACommandSaysAndHowItEndsIsTheSame(Command command) throws IOException {
        CommandRunner.Result alone = single.run(command);
        assertEquals(alone, session.run(command));
        assertEquals(alone, session.run(command), "the second time");
    }

    @Test
    void oneShellRunsThemAll() throws IOException {
        Command parent = Command.of("sh", "-c", "echo $PPID");
        assertEquals(session.run(parent), session.run(parent));
    }

    @Test
    void aProgramThatIsNotThereIsNamedWithTheRemedy() {
        Command command = Command.of("jnat-has-no-such-program", "x");
        SteeringException failure =
                assertThrows(SteeringException.class, () -> session.run(command));
        assertTrue(
                failure.getMessage().startsWith("jnat-has-no-such-program could not be started"),
                failure::getMessage);
        assertTrue(failure.getMessage().contains("install"), failure::getMessage);
    }

    @Test
    void aCommandThatDoesNotEndIsEnded() {
        Command command = Command.of("sleep", "1000");
        SteeringException failure =
                assertThrows(SteeringException.class, () -> session.run(command));
        assertTrue(failure.getMessage().contains("did not end"), failure::getMessage);
    }

    /** On one core the shell had the time to say how it ended. */
    @Test
    void howItWasEndedIsNotTakenForHowItEnded() throws IOException {
        for (int attempt = 0; attempt < 20; attempt++) {
            try (ShellSession impatient = new ShellSession(single, 50)) {
                Command command = Command.of("sleep", "1000");
                assertThrows(SteeringException.class, () -> impatient.run(command));
            }
        }
    }

    /** What was done before must be taken back then. */
    @Test
    void afterACommandThatDidNotEndOthersAreRun() throws IOException {
        assertThrows(SteeringException.class, () -> session.run(Command.of("sleep", "1000")));
        assertEquals("on", session.run(Command.of("echo", "on")).output());
        session.close();
        assertEquals("again", session.run(Command.of("echo", "again")).output());
    }

    /** As Ctrl-C does to all that the terminal runs, and a service manager to all of a service. */
    @Test
    void aSignalToAllOfThemEndsNoCommand() throws IOException {
        String itself = "kill -INT $PPID $$; kill -TERM $PPID $$; kill -HUP $PPID $$; echo on";
        assertEquals("on", session.run(Command.of("sh", "-c", itself)).output());
    }
}
