package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.demo.Await;
import io.jnat.cli.demo.Shell;
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
        Await.until(Duration.ofSeconds(30), "locked memory", () -> kilobytes(right, "VmLck") > 0);
        long resident = kilobytes(right, "VmRSS");
        assertTrue(resident < 120_000, resident + " kB: nothing that compiling took is locked");
        assertEquals(
                run(
                        left,
                        "echo -500 2>&- >/proc/$$/oom_score_adj || true; cat /proc/$$/oom_score_adj"),
                Files.readString(process(right).resolve("oom_score_adj")),
                "others are ended first, where a process may choose that");
    }

    private static long kilobytes(String namespace, String field) throws IOException {
        for (String line : Files.readAllLines(process(namespace).resolve("status"))) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no " + field);
    }

    /** The one process of a namespace. */
    private static Path process(String namespace) throws IOException {
        return Path.of("/proc", Shell.run("ip", "netns", "pids", namespace).strip());
    }

    private Set<Integer> nicesOfCompilers() throws IOException {
        Set<Integer> nices = new HashSet<>();
        for (String pid : Shell.run("ip", "netns", "pids", right).lines().toList()) {
            try (var threads = Files.newDirectoryStream(Path.of("/proc", pid, "task"))) {
                for (Path thread : threads) {
                    String stat = Files.readString(thread.resolve("stat"));
                    if (stat.contains("(C1 Compiler") || stat.contains("(C2 Compiler")) {
                        // proc(5): field 19, where the name of field 2 stands in brackets
                        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                        nices.add(Integer.parseInt(fields[16]));
                    }
                }
            } catch (IOException ended) {
                // a thread or a program of the start, between two looks
            }
        }
        return nices;
    }
}
