package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SteeringJournalTest {
    private static final String HERE = "boot-1 net:[4026531840]";

    @TempDir private Path folder;

    private final SteeringChange odd =
            new SteeringChange(
                    "odd words",
                    new Command(List.of("sh", "-c", "a b\tc\\s\n'd' \\<", ""), "in \\put\n\n"),
                    Command.of("true", "", "\\"));
    private final SteeringChange forward = Sysctl.change("forwards", "ipv4/ip_forward", "0", "1");

    private SteeringJournal open(String place) throws IOException {
        return SteeringJournal.open(
                folder.resolve("state/jnat.steering"), folder.resolve("run/jnat.steering"), place);
    }

    @Test
    void whatWasAnnouncedIsReadBackAsItWas() throws IOException {
        open(HERE).announce(List.of(odd, forward));
        assertEquals(List.of(odd, forward), open(HERE).changes());
    }

    @Test
    void aJournalThatCannotBeWrittenLiesElsewhereUntilItCan() throws IOException {
        Path state = Files.createFile(folder.resolve("state"));
        SteeringJournal journal = open(HERE);
        journal.announce(List.of(odd));
        assertTrue(journal.warning().contains("state/jnat.steering: can't be written"));
        assertEquals(List.of(odd), open(HERE).changes());
        Files.delete(state);
        journal.announce(List.of(forward));
        assertEquals("", journal.warning());
        assertFalse(Files.exists(folder.resolve("run/jnat.steering")));
        assertEquals(List.of(odd, forward), open(HERE).changes());
    }

    @Test
    void whatCannotBeLookedForIsNotTakenForNothingToCleanUp() throws IOException {
        // As for a user who may not enter the folder; root may enter all folders.
        Path loop = folder.resolve("state");
        Path state = Files.createSymbolicLink(loop, loop);
        IOException said =
                assertThrows(
                        IOException.class,
                        () ->
                                SteeringCleanup.cleanUp(
                                        "jnat",
                                        CommandRunner.here(),
                                        state,
                                        folder.resolve("none")));
        assertTrue(said.getMessage().contains("run this as root"), said.getMessage());
    }

    @Test
    void aJournalThatCannotBeReadIsNamed() throws IOException {
        Path journal = Files.createDirectories(folder.resolve("state/jnat.steering"));
        SteeringException said = assertThrows(SteeringException.class, () -> open(HERE));
        assertEquals(
                journal
                        + " can't be read (Is a directory), and it says what an earlier run has"
                        + " changed on this host; if it is beyond repair, remove it",
                said.getMessage());
    }

    @Test
    void aDamagedJournalIsReadAsFarAsItGoes() throws IOException {
        open(HERE).announce(List.of(odd));
        Path file = folder.resolve("state/jnat.steering");
        Files.write(file, new byte[] {(byte) 0xff, '\n'}, StandardOpenOption.APPEND);
        assertEquals(List.of(odd), open(HERE).changes());
    }

    @Test
    void theLockLiesElsewhereWhereTheFolderCannotBeWritten() throws IOException {
        Path state = Files.createFile(folder.resolve("state"));
        Path run = folder.resolve("run");
        try (InstanceLock _ = InstanceLock.take(state, run, "jnat")) {
            assertThrows(SteeringException.class, () -> InstanceLock.take(state, run, "jnat"));
        }
        String said =
                assertThrows(SteeringException.class, () -> InstanceLock.take(state, state, "jnat"))
                        .getMessage();
        assertTrue(said.contains("state can't be written"), said);
    }

    @Test
    void theFirstOldValueIsKept() throws IOException {
        open(HERE).announce(List.of(forward));
        SteeringChange again = Sysctl.change("forwards", "ipv4/ip_forward", "1", "1");
        assertEquals(List.of(forward), open(HERE).announce(List.of(again)));
        assertEquals("0", Sysctl.originals(open(HERE).changes()).get("ipv4/ip_forward"));
    }

    @Test
    void aNewContentOfTheSameTableTakesTheOldOnesPlace() throws IOException {
        NftTable before = new NftTable("jnat");
        NftTable after = new NftTable("jnat");
        after.chain("guard", "type filter hook forward priority 0", List.of("drop"));
        SteeringJournal journal = open(HERE);
        journal.announce(List.of(before.change(), forward));
        journal.announce(List.of(after.change()));
        assertEquals(List.of(after.change(), forward), open(HERE).changes());
    }

    @Test
    void anEmptyJournalLeavesNoFile() throws IOException {
        SteeringJournal journal = open(HERE);
        journal.announce(List.of(odd, forward));
        journal.forget(List.of(odd));
        assertEquals(List.of(forward), open(HERE).changes());
        journal.forget(List.of(forward));
        assertFalse(Files.exists(folder.resolve("state/jnat.steering")));
    }

    @Test
    void afterAnotherBootThereIsNothingToUndo() throws IOException {
        open(HERE).announce(List.of(forward));
        assertEquals(List.of(), open("boot-2 net:[4026531840]").changes());
    }

    @Test
    void anotherNamespaceOfTheSameBootIsRefusedWithTheRemedy() throws IOException {
        open(HERE).announce(List.of(forward));
        SteeringException refused =
                assertThrows(SteeringException.class, () -> open("boot-1 net:[4026532177]"));
        assertTrue(refused.getMessage().contains("net:[4026531840]"), refused::getMessage);
        assertTrue(refused.getMessage().contains("service cleanup"), refused::getMessage);
    }

    @Test
    void damagedFilesAreReadAsFarAsTheyMakeSense() throws IOException {
        open(HERE).announce(List.of(odd, forward));
        Path file = folder.resolve("state/jnat.steering");
        String whole = Files.readString(file);
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(file, whole.substring(0, length));
            List<SteeringChange> read;
            try {
                read = open(HERE).changes();
            } catch (SteeringException refused) {
                continue;
            }
            assertTrue(read.size() <= 2, () -> "from " + whole);
        }
    }

    @Test
    void undoGoesBackwardsAndKeepsWhatFails() throws IOException {
        List<String> ran = new ArrayList<>();
        CommandRunner failing =
                command -> {
                    ran.add(command.toString());
                    boolean bad = command.arguments().contains("bad");
                    return new CommandRunner.Result(bad ? 1 : 0, bad ? "busy" : "");
                };
        List<SteeringChange> changes =
                List.of(
                        new SteeringChange("1", Command.of("do", "1"), Command.of("undo", "1")),
                        new SteeringChange("2", Command.of("do", "2"), Command.of("undo", "bad")),
                        new SteeringChange("3", Command.of("do", "3"), Command.of("undo", "3")));
        SteeringCleanup.Outcome outcome = SteeringCleanup.undo(failing, changes);
        assertEquals(List.of("undo 3", "undo bad", "undo 1"), ran);
        assertEquals(List.of(changes.get(2), changes.get(0)), outcome.undone());
        SteeringException left =
                assertThrows(
                        SteeringException.class,
                        () -> SteeringCleanup.requireAll(changes, outcome));
        assertTrue(left.getMessage().contains("(busy)"), left::getMessage);
        assertTrue(left.getMessage().contains("2: undo bad"), left::getMessage);
    }

    @Test
    void undoGoesOnWithoutAProgramThatIsNotThere() {
        CommandRunner withoutNft =
                command -> {
                    if (command.program().equals("nft")) {
                        throw ProgramRunner.notThere("nft", new IOException("not found"));
                    }
                    return new CommandRunner.Result(0, "");
                };
        List<SteeringChange> changes =
                List.of(
                        new SteeringChange("1", Command.of("ip", "1"), Command.of("ip", "del")),
                        new SteeringChange("2", Command.of("nft", "2"), Command.of("nft", "del")),
                        new SteeringChange("3", Command.of("ip", "3"), Command.of("ip", "gone")));
        SteeringCleanup.Outcome outcome = SteeringCleanup.undo(withoutNft, changes);
        assertEquals(List.of(changes.get(2), changes.get(0)), outcome.undone());
        SteeringException left =
                assertThrows(
                        SteeringException.class,
                        () -> SteeringCleanup.requireAll(changes, outcome));
        assertTrue(left.getMessage().contains("install"), left::getMessage);
    }
}
