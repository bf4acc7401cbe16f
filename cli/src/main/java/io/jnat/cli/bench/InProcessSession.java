package io.jnat.cli.bench;

import io.jnat.bench.voice.BulkTransfer;
import io.jnat.bench.voice.Direction;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.SimulatedPath;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Both ends in this process on simulated links, for people who are not root. */
final class InProcessSession implements Session {
    private static final String NAME = "jnat";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final SimulatedPath path = new SimulatedPath(CipherChoice.ofProperty());

    @Override
    public void becomeSteady(Timetable trial, Progress progress) throws IOException {
        progress.tell(NAME + ": the tunnel comes up, ciphers are compiled");
        path.awaitSteady(trial, START_LIMIT);
        for (Direction direction : Direction.values()) {
            progress.tell(NAME + ": warm-up, not measured");
            BulkTransfer bulk = path.bulk(direction);
            try {
                VoiceRun.run(trial, path, time -> {});
            } finally {
                bulk.close();
            }
        }
    }

    @Override
    public PhaseResult run(Phase phase, Timetable timetable, Progress progress) throws IOException {
        System.gc();
        Direction direction = phase.bulk();
        try (BulkTransfer bulk = direction == null ? null : path.bulk(direction)) {
            VoiceRun.Outcome outcome =
                    VoiceRun.run(
                            timetable, path, time -> progress.tell(NAME, phase, time, timetable));
            if (outcome.measured().stream().anyMatch(measured -> measured.lost() > 0)) {
                progress.note(NAME + ": packets were lost; " + path.drops());
            }
            return new PhaseResult(
                    phase,
                    timetable.length(),
                    outcome,
                    bulk == null ? 0 : bulk.bitsPerSecond(),
                    List.of());
        }
    }

    @Override
    public String cipher() {
        return path.cipher();
    }

    @Override
    public void close() {
        path.close();
    }
}
