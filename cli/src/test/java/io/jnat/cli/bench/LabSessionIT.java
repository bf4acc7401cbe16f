package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Timetable;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LabSessionIT {
    private final Timetable trial =
            Timetable.of(List.of(new Timetable.Calls(Codec.G711, 1)), Duration.ofMillis(100));

    @BeforeEach
    void root() {
        assumeTrue(Requirements.isRoot() && Requirements.missingPackages().isEmpty());
    }

    /** Ctrl-C reaches the ends as well, and removes the laboratory while calls are made. */
    @Test
    void endsThatHaveEndedWithTheBenchHaveNotEndedByThemselves() throws Exception {
        JnatCommand endsAtOnce = new JnatCommand(List.of("true"));
        Session session = LabSession.open(new Contender.Jnat(endsAtOnce, false), 1);
        session.close();
        Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
        assertThrows(InterruptedIOException.class, () -> session.becomeSteady(trial, progress));
    }

    /** As in a container that has too little memory for both. */
    @Test
    void anEndThatIsKilledWhileItsCipherIsCompiledIsNotWaitedFor() throws Exception {
        Writer killsAnEnd =
                new StringWriter() {
                    @Override
                    public void write(String text, int from, int length) {
                        if (text.contains("ciphers are compiled")) {
                            ProcessHandle.current()
                                    .children()
                                    .filter(LabSessionIT::isRelay)
                                    .forEach(ProcessHandle::destroyForcibly);
                        }
                    }
                };
        Progress progress = new Progress(new PrintWriter(killsAnEnd), false);
        JnatCommand jnat = JnatCommand.ofLauncher(Path.of("..", "jnat").toRealPath());
        try (Session session = LabSession.open(new Contender.Jnat(jnat, false), 1)) {
            long startNanos = System.nanoTime();
            IOException killed =
                    assertThrows(IOException.class, () -> session.becomeSteady(trial, progress));
            assertTrue(killed.getMessage().startsWith("jnat was killed"), killed.getMessage());
            Duration waited = Duration.ofNanos(System.nanoTime() - startNanos);
            assertTrue(waited.toSeconds() < 20, waited::toString);
        }
    }

    private static boolean isRelay(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains("relay.toml");
    }
}
