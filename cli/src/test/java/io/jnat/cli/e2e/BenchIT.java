package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code jnat bench} as a user types it; short, so that its figures say little. */
@Tag("alone")
final class BenchIT extends LaboratoryCommand {
    private static final long LIMIT_SECONDS = 240;

    @Test
    void callsThroughBothEndsAreMeasuredAloneAndBesideTransfers() throws Exception {
        Path output = directory.resolve("output");
        Path errors = directory.resolve("errors");
        Process bench =
                bench(
                        output,
                        errors,
                        "--streams=4",
                        "--dmr=1",
                        "--seconds=2",
                        "--json",
                        "--budget=alone:p50=30s");
        assertEquals(0, bench.exitValue(), () -> read(errors) + read(output));
        Map<String, Object> json = JSON.std.mapFrom(read(output));
        assertEquals("jnat-bench/1", json.get("schema"));
        assertEquals("namespaces", json.get("path"));
        List<Map<String, Object>> phases = list(list(json, "systems").getFirst(), "phases");
        assertEquals(
                List.of("baseline", "alone", "bulk-to-site", "bulk-from-site"),
                phases.stream().map(phase -> phase.get("phase")).toList());
        for (Map<String, Object> phase : phases) {
            for (Map<String, Object> calls : list(phase, "calls")) {
                assertTrue(number(calls, "received") > 0, calls::toString);
                assertTrue(number(map(calls.get("latencyNanos")), "p50") > 1_000, calls::toString);
            }
        }
        Map<String, Object> alone = phases.get(1);
        for (Map<String, Object> end : list(alone, "ends")) {
            assertTrue(number(end, "packets") >= 4 * 50 * 2 * 2, end::toString);
            assertTrue(number(end, "residentBytes") > 10_000_000, end::toString);
        }
        assertTrue(number(phases.get(2), "bulkBitsPerSecond") > 1e6, () -> read(output));
        assertTrue(number(phases.get(3), "bulkBitsPerSecond") > 1e6, () -> read(output));
        boolean mayGoFirst =
                new ProcessBuilder("chrt", "--fifo", "1", "true").start().waitFor() == 0;
        assertEquals(mayGoFirst, phases.get(2).containsKey("standstills"), () -> read(output));
        assertFalse(alone.containsKey("standstills"), "cores that would sleep are left to");
        assertNothingIsLeftOf(bench.pid());
    }

    private static Process bench(Path output, Path errors, String... options)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("bench"));
        words.addAll(List.of(options));
        Process bench =
                launcher(words.toArray(String[]::new))
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start();
        assertTrue(
                bench.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), () -> "not done: " + read(errors));
        return bench;
    }

    private static double number(Map<String, Object> map, String key) {
        return ((Number) map.get(key)).doubleValue();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> map, String key) {
        return (List<Map<String, Object>>) map.get(key);
    }
}
