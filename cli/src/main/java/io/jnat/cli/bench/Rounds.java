package io.jnat.cli.bench;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Timetable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes each contender through all phases, in turn with the others, as often as there are rounds.
 * Every other round goes backwards: who comes first finds another machine than who comes last.
 */
final class Rounds {
    private static final Duration TRIAL = Duration.ofSeconds(1);

    private final Opener opener;
    private final Timetable timetable;
    private final @Nullable Timetable onCable;
    private final boolean bulk;
    private final Progress progress;

    /** Brings a contender up. */
    interface Opener {
        Session open(Contender contender) throws IOException;
    }

    /**
     * Prepares them.
     *
     * @param timetable of each phase
     * @param onCable of the bare cable, which is measured once; null where there is none
     * @param bulk whether there are phases beside transfers
     */
    Rounds(
            Opener opener,
            Timetable timetable,
            @Nullable Timetable onCable,
            boolean bulk,
            Progress progress) {
        this.opener = opener;
        this.timetable = timetable;
        this.onCable = onCable;
        this.bulk = bulk;
        this.progress = progress;
    }

    /** Runs them all; what came of it, in the order of the contenders. */
    List<SystemResult> run(List<Contender> contenders, int count) throws IOException {
        String[] ciphers = new String[contenders.size()];
        List<List<List<PhaseResult>>> results = new ArrayList<>();
        contenders.forEach(contender -> results.add(new ArrayList<>()));
        for (int round = 1; round <= count; round++) {
            progress.round(round, count);
            for (int turn = 0; turn < contenders.size(); turn++) {
                boolean first = round == 1 && turn == 0;
                int at = round % 2 == 1 ? turn : contenders.size() - 1 - turn;
                try (Session session = opener.open(contenders.get(at))) {
                    results.get(at).add(phases(session, first ? onCable : null));
                    ciphers[at] = session.cipher();
                }
            }
        }
        List<SystemResult> systems = new ArrayList<>();
        for (int at = 0; at < contenders.size(); at++) {
            systems.add(new SystemResult(contenders.get(at).name(), ciphers[at], results.get(at)));
        }
        return systems;
    }

    private List<PhaseResult> phases(Session session, @Nullable Timetable bare) throws IOException {
        session.becomeSteady(trial(), progress);
        List<PhaseResult> results = new ArrayList<>();
        if (bare != null) {
            results.add(session.run(Phase.BASELINE, bare, progress));
        }
        results.add(session.run(Phase.ALONE, timetable, progress));
        if (bulk) {
            results.add(session.run(Phase.BULK_TO_SITE, timetable, progress));
            results.add(session.run(Phase.BULK_FROM_SITE, timetable, progress));
        }
        return results;
    }

    /** Some packets on every call, for everything that is not measured. */
    private Timetable trial() {
        return Timetable.of(List.of(new Timetable.Calls(Codec.G711, timetable.calls())), TRIAL);
    }
}
