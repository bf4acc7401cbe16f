package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads as the kernel sees them. */
@Timeout(60)
final class AwakeCoresTest {
    private static final int SCHED_IDLE = 5;
    private static final long SOON_NANOS = 10_000_000_000L;

    private AwakeCores awake;

    @BeforeEach
    void start() throws IOException {
        awake = Linux.keepCoresAwake(2, List.of());
    }

    @AfterEach
    void close() {
        awake.close();
    }

    private static List<Path> threads() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(task -> read(task.resolve("comm")).startsWith("awake-")).toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException ended) {
            return "";
        }
    }

    /** Fields of proc(5)'s stat, behind the name; empty for a thread that has ended meanwhile. */
    private static String stat(Path thread, int field) {
        String line = read(thread.resolve("stat"));
        return line.isEmpty()
                ? ""
                : line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[field];
    }

    private static boolean allAre(String state) {
        List<String> states = threads().stream().map(thread -> stat(thread, 0)).toList();
        return states.equals(List.of(state, state));
    }

    private static void soon(String what, BooleanSupplier condition) {
        long startNanos = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - startNanos < SOON_NANOS, what);
            Thread.onSpinWait();
        }
    }

    @Test
    void theyHaveTheLowestPriority() {
        soon("two threads", () -> threads().size() == 2);
        for (Path thread : threads()) {
            assertEquals(SCHED_IDLE, Integer.parseInt(stat(thread, 38)), thread::toString);
        }
    }

    @Test
    void theySpinWhilePacketsFlowAndSleepElse() {
        soon("asleep at the start", () -> allAre("S"));
        for (int time = 0; time < 3; time++) {
            awake.begins();
            soon("spinning, time " + time, () -> allAre("R"));
            awake.ends();
            soon("asleep, time " + time, () -> allAre("S"));
        }
    }

    @Test
    void changesInQuickSuccessionLeaveThemAsTheLastOneSays() {
        for (int time = 0; time < 20_000; time++) {
            awake.begins();
            awake.ends();
        }
        soon("asleep", () -> allAre("S"));
        awake.begins();
        soon("spinning", () -> allAre("R"));
    }

    /** A collection stops all threads of Java; one that spins in C is not waited for. */
    @Test
    void aSafepointDoesNotWaitForThem() {
        awake.begins();
        soon("spinning", () -> allAre("R"));
        long startNanos = System.nanoTime();
        System.gc();
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        assertTrue(millis < 5000, () -> String.format(Locale.ROOT, "%d ms", millis));
    }

    @Test
    void aCoreThatIsNotThereIsSaid() {
        for (int core : new int[] {1023, 100_000}) {
            assertThrows(IOException.class, () -> Linux.keepCoresAwake(2, List.of(0, core)));
        }
        soon("none is left of them", () -> threads().size() == 2);
    }

    @Test
    void closingEndsThem() {
        awake.begins();
        awake.close();
        soon("ended", () -> threads().isEmpty());
    }
}
