package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts in {@code bench/} as a user calls them; short, so that their figures say little. */
@Tag("alone")
final class BenchScriptsIT extends LaboratoryCommand {
    private static final long LIMIT_SECONDS = 240;

    /** Title, jnat's figure, the other's, ratio. */
    private static final Pattern ROW =
            Pattern.compile(".*\\S\\s+\\d+(\\.\\d+)?\\s+\\d+(\\.\\d+)?\\s+(\\d+\\.\\d+|-)");

    @ParameterizedTest
    @CsvSource({"side-by-side, 19", "nat-alone, 6", "first-figure, 6"})
    void allFiguresAreThere(String script, int figures) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Path errors = directory.resolve("errors");
        ProcessBuilder builder =
                new ProcessBuilder(Path.of("..", "bench", script).toRealPath().toString(), "1")
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile());
        builder.environment().put("SECONDS_EACH", "1");
        builder.environment().put("SECONDS_TCP", "1");
        Process bench = builder.start();
        try {
            assertTrue(
                    bench.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS),
                    () -> "not done: " + read(errors));
        } finally {
            bench.destroy(); // it takes its namespaces with it
            bench.waitFor(10, TimeUnit.SECONDS);
        }
        assertEquals(0, bench.exitValue(), () -> read(errors) + read(output));
        long rows = read(output).lines().filter(line -> ROW.matcher(line).matches()).count();
        assertEquals(figures, rows, () -> read(output));
        String namespaces = Shell.run("ip", "netns", "list");
        assertFalse(
                Pattern.compile("jn[a-z]+" + bench.pid() + "[-a-z]").matcher(namespaces).find(),
                namespaces);
    }

    @Test
    void eachSystemComesFirstInEveryOtherRound() throws IOException {
        String measured =
                Shell.run(
                        "bash",
                        "-euc",
                        """
                        . ../bench/compare.sh
                        rounds=3
                        measure() { echo "$1"; }
                        measure_in_turn kernel 2>/dev/null
                        """);
        assertEquals("jnat kernel kernel jnat jnat kernel", measured.strip().replace('\n', ' '));
    }
}
