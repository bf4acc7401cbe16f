package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.cli.lab.JnatCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class RoundsTest {
    private final Timetable timetable =
            Timetable.of(List.of(new Timetable.Calls(Codec.G711, 1)), Duration.ofSeconds(1));
    private final List<Contender> contenders =
            List.of(
                    new Contender.Jnat(new JnatCommand(List.of()), false),
                    new Contender.Other(Path.of("/usr/bin/other")));
    private final List<String> ran = new ArrayList<>();

    /** Writes down what is asked of it. */
    private final class Listed implements Session {
        private final String name;

        Listed(Contender contender) {
            name = contender.name();
        }

        @Override
        public void becomeSteady(Timetable trial, Progress progress) {}

        @Override
        public PhaseResult run(Phase phase, Timetable calls, Progress progress) {
            ran.add(name + " " + phase.key());
            VoiceRun.Outcome nothing = new VoiceRun.Outcome(List.of(), new Histogram(3), null);
            return new PhaseResult(phase, Duration.ZERO, nothing, 0, List.of());
        }

        @Override
        public String cipher() {
            return name + "'s";
        }

        @Override
        public void close() {}
    }

    /** What the first leaves behind, or finds cold, is the second's in the next round. */
    @Test
    void eachContenderComesFirstInEveryOtherRound() throws IOException {
        Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
        Rounds rounds = new Rounds(Listed::new, timetable, timetable, false, progress);
        List<SystemResult> systems = rounds.run(contenders, 3);
        assertEquals(
                List.of(
                        "jnat baseline",
                        "jnat alone",
                        "other alone",
                        "other alone",
                        "jnat alone",
                        "jnat alone",
                        "other alone"),
                ran);
        assertEquals(List.of("jnat", "other"), systems.stream().map(SystemResult::name).toList());
        assertEquals("other's", systems.get(1).cipher());
        assertEquals(3, systems.get(1).rounds().size());
    }
}
