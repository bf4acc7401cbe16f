package io.jnat.cli.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.bench.voice.CallQuality;
import io.jnat.bench.voice.EndCost;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Standstills;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * The benchmark's report for programs. Times are in nanoseconds, where the name does not say
 * otherwise. Fields are added, never renamed or removed, while the schema stays {@code
 * jnat-bench/1}.
 */
final class BenchJson {
    private static final String SCHEMA = "jnat-bench/1";
    private static final double[] PERCENTILES = {50, 90, 99, 99.9};

    private BenchJson() {}

    static String text(BenchReport report) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", SCHEMA);
        json.put("machine", machine(report.machine()));
        json.put("stolenPercent", report.stolenPercent());
        json.put("path", report.lab() ? "namespaces" : "in-process");
        json.put("calls", report.timetable().calls());
        json.put("seconds", seconds(report.timetable().length()));
        json.put("cutPackets", report.cutPackets());
        json.put(
                "assumptions",
                Map.of(
                        "networkDelayMillis",
                        report.networkDelay().toMillis(),
                        "playOutBufferMillis",
                        CallQuality.PLAY_OUT_BUFFER.toMillis(),
                        "model",
                        "ITU-T G.107, all else at its defaults",
                        "g711",
                        "Ie 0, Bpl 25.1, 20 ms a packet"));
        json.put("systems", report.systems().stream().map(s -> system(s, report)).toList());
        json.put("budgets", report.checks().stream().map(BenchJson::budget).toList());
        return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(json);
    }

    private static Map<String, Object> machine(Machine machine) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("processor", machine.processor());
        json.put("cores", machine.cores());
        json.put("kernel", machine.kernel());
        json.put("java", machine.java());
        json.put("jnat", machine.jnat());
        return json;
    }

    private static Map<String, Object> system(SystemResult system, BenchReport report) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", system.name());
        json.put("cipher", system.cipher());
        json.put("phases", phases(system.phases(), report));
        json.put("rounds", system.rounds().stream().map(r -> phases(r, report)).toList());
        return json;
    }

    private static List<Map<String, Object>> phases(List<PhaseResult> phases, BenchReport report) {
        return phases.stream().map(phase -> phase(phase, report)).toList();
    }

    private static Map<String, Object> phase(PhaseResult result, BenchReport report) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("phase", result.phase().key());
        json.put("bulkBitsPerSecond", Math.round(result.bulkBitsPerSecond()));
        json.put("senderLatenessNanos", distribution(result.outcome().latenessNanos()));
        Standstills.Noticed standstills = result.outcome().standstills();
        if (standstills != null) {
            Map<String, Object> noticed = new LinkedHashMap<>();
            noticed.put("count", standstills.count());
            noticed.put("longestNanos", standstills.longestNanos());
            json.put("standstills", noticed);
        }
        json.put(
                "calls",
                result.outcome().measured().stream()
                        .map(measured ->
                                measured(
                                        measured,
                                        result.phase().isMeasured(),
                                        report.networkDelay()))
                        .toList());
        json.put("ends", result.ends().stream().map(end -> end(end, result)).toList());
        return json;
    }

    private static Map<String, Object> measured(
            Measured measured, boolean rated, Duration networkDelay) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("codec", measured.codec().name());
        json.put(
                "direction",
                measured.direction().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        json.put("calls", measured.calls());
        json.put("sent", measured.sent());
        json.put("received", measured.received());
        json.put("lost", measured.lost());
        json.put("lostPercent", measured.lostPercent());
        json.put("duplicates", measured.duplicates());
        json.put("reordered", measured.reordered());
        json.put("latencyNanos", distribution(measured.latencyNanos()));
        json.put("maxOutsideStandstillsNanos", measured.calmMaxNanos());
        json.put("jitterMeanNanos", measured.meanJitterNanos());
        json.put("jitterWorstNanos", measured.worstJitterNanos());
        if (rated && measured.codec().isRated()) {
            CallQuality quality = CallQuality.of(measured, networkDelay);
            json.put("r", quality.rating());
            json.put("mos", quality.meanOpinionScore());
            json.put("latePercent", quality.latePercent());
        }
        return json;
    }

    private static Map<String, Object> distribution(Histogram histogram) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (double percentile : PERCENTILES) {
            String name = String.format(Locale.ROOT, "p%s", percentile).replaceAll("\\.0$", "");
            json.put(name, histogram.getValueAtPercentile(percentile));
        }
        json.put("max", histogram.getMaxValue());
        json.put("mean", Math.round(histogram.getMean()));
        json.put("min", histogram.getTotalCount() == 0 ? 0 : histogram.getMinValue());
        json.put("count", histogram.getTotalCount());
        return json;
    }

    private static Map<String, Object> end(EndCost end, PhaseResult result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("end", end.name());
        json.put("cpuSeconds", end.cpuSeconds());
        json.put("cpuPercentOfACore", 100 * end.cpuSeconds() / seconds(result.length()));
        json.put("residentBytes", end.residentBytes());
        if (end.collections() >= 0) {
            json.put("collections", end.collections());
            json.put("collectionMillis", end.collectionMillis());
            json.put("allocatedBytes", end.allocatedBytes());
            json.put("packets", end.packets());
            double garbage = end.allocatedBytesPerPacket();
            json.put("allocatedBytesPerPacket", Double.isFinite(garbage) ? garbage : null);
        }
        return json;
    }

    private static Map<String, Object> budget(LimitCheck check) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("budget", check.limit().text());
        json.put("kept", check.kept());
        json.put("worst", Double.isFinite(check.value()) ? check.value() : null);
        json.put("where", check.where());
        return json;
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
