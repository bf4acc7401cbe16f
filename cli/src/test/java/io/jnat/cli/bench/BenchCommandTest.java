package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** On simulated links, as everybody may run it. */
final class BenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    @TempDir private Path directory;

    @AfterEach
    void forgetCipher() {
        System.clearProperty("jnat.cipher");
    }

    private int run(String... arguments) {
        return new CommandLine(new BenchCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @ParameterizedTest
    @CsvSource({
        "--streams=200, --streams: 200 (expected: 0 to 150)",
        "--seconds=0, --seconds: 0 (expected: 1 to 3600)",
        "--streams=0 --dmr=0, --streams and --dmr (0 for none) together: 0 (expected: 1 to 150)",
        "--streams=150, --streams and --dmr (0 for none) together: 152 (expected: 1 to 150)",
        "--budget=p99, budget 'p99' (expected: p99=200us",
        "--no-bulk --budget=bulk:p99=1ms, budget 'bulk:p99=1ms': there is no such phase with --no-bulk",
        "--streams=0 --budget=r=90, budget 'r=90': only calls with G.711 have an R",
        "--hgrm=/, --hgrm: / (expected: a file in a directory that can be written)",
        "--hgrm=/nowhere/a.hgrm, --hgrm: /nowhere/a.hgrm (expected: a file in a directory",
    })
    void wrongNumbersAreUsageErrorsThatSayWhatIsExpected(String options, String message) {
        assertEquals(ExitCode.USAGE, run(options.split(" ")));
        assertTrue(err.toString().contains(message), err::toString);
    }

    @Test
    void againstNeedsNamespacesAndSaysSo() {
        assertEquals(ExitCode.FAILED, run("--in-process", "--against", "wireguard-go"));
        assertTrue(err.toString().contains("--against needs network namespaces"), err::toString);
    }

    @Test
    void aCaptureThatIsMissingIsNamed() {
        assertEquals(ExitCode.FAILED, run("--in-process", "--replay", "/nowhere.pcap"));
        assertTrue(err.toString().contains("/nowhere.pcap: no such file"), err::toString);
    }

    @Test
    void callsInThisProcessAreMeasuredAndBudgetsChecked() throws IOException {
        // Compiling the vector cipher takes seconds, on a busy machine many.
        System.setProperty("jnat.cipher", "scalar");
        Path hgrm = directory.resolve("calls.hgrm");
        assertEquals(
                ExitCode.FAILED,
                run(
                        "--in-process",
                        "--streams=2",
                        "--dmr=1",
                        "--seconds=1",
                        "--no-bulk",
                        "--json",
                        "--budget=loss=0%",
                        "--budget=p50=1ns",
                        "--hgrm=" + hgrm));
        assertTrue(err.toString().contains("are not measured"), err::toString);
        Map<String, Object> json = JSON.std.mapFrom(out.toString());
        assertEquals("jnat-bench/1", json.get("schema"));
        assertEquals("in-process", json.get("path"));
        Map<String, Object> system = map(list(json, "systems").getFirst());
        Map<String, Object> alone = map(list(system, "phases").getFirst());
        List<Object> calls = list(alone, "calls");
        assertEquals(4, calls.size(), "two codecs, two directions");
        for (Object one : calls) {
            assertEquals(0, map(one).get("lost"), () -> one + "\n" + err);
            assertTrue((Integer) map(map(one).get("latencyNanos")).get("p99.9") > 0, one::toString);
        }
        List<Object> budgets = list(json, "budgets");
        assertEquals(true, map(budgets.get(0)).get("kept"));
        assertEquals(false, map(budgets.get(1)).get("kept"));
        assertTrue(Files.readString(hgrm).contains("Percentile"), "HdrHistogram's heading");
        assertTrue(Files.exists(directory.resolve("calls-alone-dmr-to-site.hgrm")));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Map<String, Object> map, String key) {
        return (List<Object>) map.get(key);
    }
}
