package io.jnat.cli.bench;

import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.PhaseResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Latencies in microseconds as HdrHistogram's own text, which its plotters read. */
final class HgrmFiles {
    private static final double NANOS_PER_MICRO = 1_000.0;
    private static final String ENDING = ".hgrm";

    private HgrmFiles() {}

    /** Writes all together into the file, and each series into one beside it; says so. */
    static String write(Path file, SystemResult system) throws IOException {
        Histogram all = null;
        int beside = 0;
        for (PhaseResult phase : system.phases()) {
            for (Measured measured : phase.outcome().measured()) {
                write(beside(file, phase, measured), measured.latencyNanos());
                beside++;
                if (phase.phase().isMeasured()) {
                    if (all == null) {
                        all = measured.latencyNanos().copy();
                    } else {
                        all.add(measured.latencyNanos());
                    }
                }
            }
        }
        if (all != null) {
            write(file, all);
        }
        return "jnat bench: wrote " + file + ", and " + beside + " files beside it";
    }

    private static Path beside(Path file, PhaseResult phase, Measured measured) {
        String name = file.getFileName().toString();
        String stem =
                name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
        String codec = measured.codec().name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        String way = measured.direction().label().replace("the ", "").replace(' ', '-');
        return file.resolveSibling(
                stem + "-" + phase.phase().key() + "-" + codec + "-" + way + ENDING);
    }

    private static void write(Path file, Histogram nanos) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        nanos.outputPercentileDistribution(
                new PrintStream(text, true, StandardCharsets.UTF_8), NANOS_PER_MICRO);
        try {
            Files.write(file, text.toByteArray());
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }
}
