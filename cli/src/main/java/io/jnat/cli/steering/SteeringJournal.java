package io.jnat.cli.steering;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What has been changed on this host, on disk before it is done. One line a change:
 *
 * <pre>
 * jnat-steering 1 BOOT NAMESPACE
 * PURPOSE \t COMMAND \t UNDO
 * </pre>
 *
 * <p>What an earlier boot or another network namespace has seen is gone with it. So a folder that
 * does not outlive the boot is good enough where the first one has no room: a full disk is no
 * reason not to start.
 */
final class SteeringJournal {
    private static final String MAGIC = "jnat-steering 1 ";

    private final Path file;
    private final Path spare;
    private final String head;
    private final List<SteeringChange> changes = new ArrayList<>();
    private String warning = "";

    private SteeringJournal(Path file, Path spare, String head) {
        this.file = file;
        this.spare = spare;
        this.head = head;
    }

    /**
     * Reads what an earlier run has left.
     *
     * @param spare takes its place while it can't be written
     * @param place names the boot and the network namespace, without tabs
     * @throws SteeringException when it was written in another namespace of this boot
     */
    static SteeringJournal open(Path file, Path spare, String place) throws IOException {
        SteeringJournal journal = new SteeringJournal(file, spare, MAGIC + place);
        journal.read(file, place);
        journal.read(spare, place);
        return journal;
    }

    private void read(Path from, String place) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        List<String> lines = lines(from);
        String found = lines.isEmpty() ? "" : lines.getFirst();
        if (!found.equals(head)) {
            String boot = place.substring(0, place.indexOf(' ') + 1);
            if (found.startsWith(MAGIC + boot)) {
                throw new SteeringException(
                        from
                                + " was written in another network namespace ("
                                + found.substring((MAGIC + boot).length())
                                + "); clean up there: ip netns exec NAMESPACE jnat service cleanup,"
                                + " or give this instance another JNAT_STATE_DIR");
            }
            return;
        }
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split("\t", -1);
            // The last line may be half written: what it announces was not done.
            if (fields.length == 3) {
                SteeringChange change =
                        new SteeringChange(
                                fields[0], Command.decoded(fields[1]), Command.decoded(fields[2]));
                if (changes.stream().noneMatch(change::replaces)) {
                    changes.add(change);
                }
            }
        }
    }

    /** Strictly read, a damaged file would keep jnat from starting. */
    private static List<String> lines(Path from) throws IOException {
        try {
            return new String(Files.readAllBytes(from), StandardCharsets.UTF_8).lines().toList();
        } catch (AccessDeniedException denied) {
            throw new SteeringException(
                    from
                            + " can't be read (permission denied), and it says what an earlier run"
                            + " has changed on this host; give it to the user who runs jnat",
                    denied);
        } catch (IOException unreadable) {
            throw new SteeringException(
                    from
                            + " can't be read ("
                            + unreadable.getMessage()
                            + "), and it says what an earlier run has changed on this host; if it"
                            + " is beyond repair, remove it",
                    unreadable);
        }
    }

    /** Why it lies elsewhere; empty while it lies where it should. */
    String warning() {
        return warning;
    }

    /** In the order in which they were made. */
    List<SteeringChange> changes() {
        return List.copyOf(changes);
    }

    /**
     * Announces changes that are about to be made; on disk when this returns. A change that is
     * there already keeps its old entry, which knows what was before jnat; one about the same thing
     * takes the old one's place.
     *
     * @return the entries, in the order of what is wanted
     */
    List<SteeringChange> announce(List<SteeringChange> wanted) throws IOException {
        List<SteeringChange> entries = new ArrayList<>();
        boolean changed = false;
        for (SteeringChange change : wanted) {
            SteeringChange old = changes.stream().filter(change::replaces).findFirst().orElse(null);
            if (old != null && old.apply().equals(change.apply())) {
                entries.add(old);
                continue;
            }
            changed = true;
            entries.add(change);
            if (old == null) {
                changes.add(change);
            } else {
                changes.set(changes.indexOf(old), change);
            }
        }
        if (changed) {
            rewrite();
        }
        return entries;
    }

    /** Forgets a change that has been taken back. */
    void forget(List<SteeringChange> gone) throws IOException {
        changes.removeAll(gone);
        if (changes.isEmpty()) {
            Files.deleteIfExists(file);
            Files.deleteIfExists(spare);
        } else {
            rewrite();
        }
    }

    private void rewrite() throws IOException {
        try {
            rewrite(file);
            warning = "";
            deleteStale(spare);
        } catch (IOException full) {
            rewriteSpare(full);
        }
    }

    private void rewriteSpare(IOException full) throws IOException {
        try {
            rewrite(spare);
        } catch (IOException neither) {
            full.addSuppressed(neither);
            throw new IOException(file + ": can't be written: " + full.getMessage(), full);
        }
        warning =
                file
                        + ": can't be written ("
                        + full.getMessage()
                        + "); what is changed on this host is noted in "
                        + spare
                        + " instead";
        deleteStale(file);
    }

    /** What stays is in the way of nobody: to take back what is not there does no harm. */
    private static void deleteStale(Path stale) {
        try {
            Files.deleteIfExists(stale);
        } catch (IOException staysThere) {
            // as said
        }
    }

    private void rewrite(Path to) throws IOException {
        Files.createDirectories(to.toAbsolutePath().getParent());
        StringBuilder text = new StringBuilder(head).append('\n');
        changes.forEach(change -> text.append(line(change)));
        Path next = to.resolveSibling(to.getFileName() + ".new");
        try (FileChannel channel =
                FileChannel.open(
                        next,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            write(channel, text.toString());
        } catch (IOException full) {
            deleteStale(next);
            throw full;
        }
        Files.move(next, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel folder = FileChannel.open(to.toAbsolutePath().getParent())) {
            folder.force(true);
        }
    }

    private static void write(FileChannel channel, String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(true);
    }

    private static String line(SteeringChange change) {
        return change.purpose()
                + '\t'
                + change.apply().encoded()
                + '\t'
                + change.undo().encoded()
                + '\n';
    }
}
