package io.jnat.cli.steering;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Takes back what an instance that was killed has left on the host. */
public final class SteeringCleanup {
    private static final List<String> GONE_ALREADY =
            List.of(
                    "No such file or directory",
                    "No such process",
                    "Cannot find device",
                    "FIB table does not exist",
                    "File exists");

    private SteeringCleanup() {}

    static Path journal(Path stateFolder, String name) {
        return stateFolder.resolve(name + ".steering");
    }

    /**
     * Cleans up after an instance.
     *
     * @return how many changes were taken back; 0 when there was nothing to do
     * @throws SteeringException when the instance is running, this user can't look, or something
     *     could not be taken back
     */
    public static int cleanUp(String name, CommandRunner runner, Path stateFolder, Path spareFolder)
            throws IOException {
        Path file = journal(stateFolder, name);
        Path spare = journal(spareFolder, name);
        if (!Files.exists(file) && !Files.exists(spare)) {
            requireAbsence(file);
            requireAbsence(spare);
            return 0;
        }
        try (InstanceLock _ = InstanceLock.take(stateFolder, spareFolder, name)) {
            HostFactsReader reader = new HostFactsReader(runner, NftTable.nameFor(name), "", "");
            reader.read();
            SteeringJournal journal = SteeringJournal.open(file, spare, reader.place());
            List<SteeringChange> all = journal.changes();
            Outcome outcome = undo(runner, all);
            journal.forget(outcome.undone());
            requireAll(all, outcome);
            return outcome.undone().size();
        }
    }

    /** That a file is not seen does not say that it is not there. */
    private static void requireAbsence(Path journal) throws SteeringException {
        if (!Files.notExists(journal)) {
            throw new SteeringException(
                    "what there is to clean up can't be known: "
                            + journal
                            + " can't be looked for; run this as root, and with JNAT_STATE_DIR and"
                            + " JNAT_RUNTIME_DIR as the instance had them");
        }
    }

    /**
     * What came of taking back.
     *
     * @param undone changes that are gone now
     * @param failures why others are not, each once
     */
    record Outcome(List<SteeringChange> undone, Set<String> failures) {}

    /**
     * Last change first. What a program is needed for that is not there, or does not end, stays;
     * all else goes all the same.
     */
    static Outcome undo(CommandRunner runner, List<SteeringChange> changes) {
        List<SteeringChange> undone = new ArrayList<>();
        Set<String> failures = new LinkedHashSet<>();
        Set<String> unusable = new HashSet<>();
        try (CommandRunner.Session session = runner.session()) {
            for (SteeringChange change : changes.reversed()) {
                String program = change.undo().program();
                if (unusable.contains(program)) {
                    continue;
                }
                try {
                    CommandRunner.Result result = session.run(change.undo());
                    if (result.exitCode() == 0
                            || GONE_ALREADY.stream().anyMatch(result.output()::contains)) {
                        undone.add(change);
                    } else {
                        failures.add(result.output());
                    }
                } catch (IOException notRun) {
                    unusable.add(program);
                    failures.add(String.valueOf(notRun.getMessage()));
                }
            }
        }
        return new Outcome(undone, failures);
    }

    static void requireAll(List<SteeringChange> all, Outcome outcome) throws SteeringException {
        List<String> left =
                all.stream()
                        .filter(change -> !outcome.undone().contains(change))
                        .map(change -> change.purpose() + ": " + change.undo())
                        .toList();
        if (!left.isEmpty()) {
            throw new SteeringException(
                    "could not be taken back ("
                            + String.join("; ", outcome.failures())
                            + "), try again or do it by hand: "
                            + String.join("; ", left));
        }
    }
}
