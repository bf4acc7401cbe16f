package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.ProcessMemory;
import io.jnat.cli.lab.ProcessStat;
import io.jnat.cli.lab.Shell;
import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the rehearsal has compiled stays: the first packet of a kind that it did not have must not
 * throw the others back into the interpreter (docs/decisions/014-rehearsal.md).
 */
@Timeout(120)
final class CompiledCodeIT extends JoinedNamespaces {
    /** Where the JVM writes down whenever it leaves compiled code for the interpreter. */
    private Path events() {
        return directory.resolve("thrown-away");
    }

    private List<String> ofThePacketsWay() throws IOException {
        return Files.readAllLines(events()).stream()
                .filter(event -> event.contains("level=4 io.jnat."))
                .toList();
    }

    @Test
    void aPacketOfANewKindThrowsNoCompiledCodeAway() throws IOException {
        String watched = "-Djnat.cipher=scalar -Xlog:deoptimization=debug:file=" + events();
        jnatWg(left, a0(), watched);
        jnatWg(right, b0());
        join(a0(), b0());
        run(left, "ping -q -c 3000 -i 0.002 10.7.0.2");
        run(left, "ping -q -c 100 -i 0.002 fd07::2");
        run(
                left,
                "for bytes in 1 7 56 333 1372; do ping -q -c 20 -i 0.002 -s $bytes 10.7.0.2; done");
        run(left, "ping -q -c 20 -i 0.002 -s 3000 10.7.0.2");
        iperf("-t 3");
        assertTrue(Files.exists(events()), "the JVM writes it down");
        assertEquals(List.of(), ofThePacketsWay());
    }

    /** On a machine that is full, what is not compiled would keep the compilers waiting. */
    @Test
    void compilersGoWithTheEngineUntilAllIsCompiledThenItIsKeptInMemory() throws IOException {
        jnatWg(right, b0());
        run(right, "ip link set " + b0() + " up");
        Await.until(
                SOON, "compilers beside the engine", () -> nicesOfCompilers().equals(Set.of(-5)));
        Await.until(
                Duration.ofSeconds(60),
                "compilers as before",
                () -> nicesOfCompilers().equals(Set.of(Linux.niceOfThisThread())));
        long pid = Long.parseLong(Shell.run("ip", "netns", "pids", right).strip());
        Await.until(
                Duration.ofSeconds(30),
                "locked memory",
                () -> ProcessMemory.LOCKED.kilobytesOf(pid) > 0);
        long resident = ProcessMemory.RESIDENT.kilobytesOf(pid);
        assertTrue(resident < 120_000, resident + " kB: nothing that compiling took is locked");
        long arenas = residentOfArenas(pid);
        assertTrue(arenas < 16_000, arenas + " kB: what compiling took does not stay in pieces");
        assertEquals(
                run(
                        left,
                        "echo -500 2>&- >/proc/$$/oom_score_adj || true; cat /proc/$$/oom_score_adj"),
                Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")),
                "others are ended first, where a process may choose that");
    }

    /**
     * Kilobytes that the C library holds for other threads than the first. It takes 64 MB of
     * addresses at such a multiple for each of its areas.
     */
    private static long residentOfArenas(long pid) throws IOException {
        long kilobytes = 0;
        boolean arena = false;
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
            if (line.matches("\\p{XDigit}+-.*")) {
                long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
                arena =
                        start >>> 32 != 0
                                && start % (64 << 20) == 0
                                && line.matches("\\S+ rw-p \\S+ 00:00 0\\b.*");
            } else if (arena && line.startsWith("Rss:")) {
                kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return kilobytes;
    }

    private Set<Integer> nicesOfCompilers() throws IOException {
        Set<Integer> nices = new HashSet<>();
        for (String pid : Shell.run("ip", "netns", "pids", right).lines().toList()) {
            try (var threads = Files.newDirectoryStream(Path.of("/proc", pid, "task"))) {
                for (Path thread : threads) {
                    if (Files.readString(thread.resolve("comm")).matches("(?s)C[12] Compiler.*")) {
                        long number = Long.parseLong(thread.getFileName().toString());
                        nices.add((int) ProcessStat.NICE.of(number));
                    }
                }
            } catch (IOException ended) {
                // a thread or a program of the start, between two looks
            }
        }
        return nices;
    }
}
