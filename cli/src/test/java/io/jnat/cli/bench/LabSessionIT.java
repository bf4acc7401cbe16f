package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Timetable;
import io.jnat.cli.demo.JnatCommand;
import io.jnat.cli.demo.Requirements;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.StringWriter;
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
}
