package io.jnat.cli.bench;

import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Timetable;
import java.io.IOException;

/** A system that is up and carries calls. */
interface Session extends AutoCloseable {
    /** Waits until packets cross and nothing is compiled any more, as far as that can be told. */
    void becomeSteady(Timetable trial, Progress progress) throws IOException;

    /** Runs the calls once. */
    PhaseResult run(Phase phase, Timetable timetable, Progress progress) throws IOException;

    /** The cipher in use, and why; empty where that cannot be told. */
    String cipher() throws IOException;

    @Override
    void close() throws IOException;
}
