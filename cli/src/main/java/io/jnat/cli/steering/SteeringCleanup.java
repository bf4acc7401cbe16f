package io.jnat.cli.steering;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
     * @throws SteeringException when the instance is running, or something could not be taken back
     */
    public static int cleanUp(String name, CommandRunner runner, Path stateFolder, Path spareFolder)
            throws IOException {
        Path file = journal(stateFolder, name);
        Path spare = journal(spareFolder, name);
        if (!Files.exists(file) && !Files.exists(spare)) {
            return 0;
        }
        try (InstanceLock _ = InstanceLock.take(stateFolder, spareFolder, name)) {
            HostFactsReader reader = new HostFactsReader(runner, NftTable.nameFor(name), "");
            reader.read();
            SteeringJournal journal = SteeringJournal.open(file, spare, reader.place());
            List<SteeringChange> all = journal.changes();
            List<SteeringChange> undone = undo(runner, all);
            journal.forget(undone);
            requireAll(all, undone);
            return undone.size();
        }
    }

    /** Last change first; returns those that are gone now. */
    static List<SteeringChange> undo(CommandRunner runner, List<SteeringChange> changes)
            throws IOException {
        List<SteeringChange> undone = new ArrayList<>();
        try (CommandRunner.Session session = runner.session()) {
            for (SteeringChange change : changes.reversed()) {
                CommandRunner.Result result = session.run(change.undo());
                if (result.exitCode() == 0
                        || GONE_ALREADY.stream().anyMatch(result.output()::contains)) {
                    undone.add(change);
                }
            }
        }
        return undone;
    }

    static void requireAll(List<SteeringChange> all, List<SteeringChange> undone)
            throws SteeringException {
        List<String> left =
                all.stream()
                        .filter(change -> !undone.contains(change))
                        .map(change -> change.undo().toString())
                        .toList();
        if (!left.isEmpty()) {
            throw new SteeringException(
                    "could not be taken back, try again or do it by hand: "
                            + String.join("; ", left));
        }
    }
}
