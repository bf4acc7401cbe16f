package io.jnat.cli.bench;

import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.PhaseResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Two systems beside each other: medians of the rounds, and their ratio (below 1: jnat is faster).
 */
final class Comparison {
    private Comparison() {}

    static void print(SystemResult ours, SystemResult theirs, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%njnat against %s, medians, rounds in turn: %d; µs (ratio below 1: jnat is"
                        + " faster)%n",
                theirs.name(),
                ours.rounds().size());
        out.printf("%-50s%26s%26s%n", "", "p50", "p99");
        out.printf("%-50s", "");
        for (int column = 0; column < 2; column++) {
            out.printf("%9s%10s%7s", "jnat", shortened(theirs.name()), "ratio");
        }
        out.println();
        for (PhaseResult result : ours.phases()) {
            if (result.phase().isMeasured()) {
                for (Measured like : result.outcome().measured()) {
                    row(ours, theirs, result, like, out);
                }
            }
        }
    }

    private static void row(
            SystemResult ours,
            SystemResult theirs,
            PhaseResult result,
            Measured like,
            PrintWriter out) {
        out.printf(
                "%-50s",
                like.codec().name()
                        + " "
                        + like.direction().label()
                        + ", "
                        + result.phase().label().replace("a transfer", "bulk"));
        cells(ours, theirs, result, like, measured -> measured.percentileNanos(50), out);
        cells(ours, theirs, result, like, measured -> measured.percentileNanos(99), out);
        out.println();
    }

    private static void cells(
            SystemResult ours,
            SystemResult theirs,
            PhaseResult result,
            Measured like,
            ToDoubleFunction<Measured> value,
            PrintWriter out) {
        double our = ours.median(result.phase(), like, value);
        double their = theirs.median(result.phase(), like, value);
        out.printf(
                Locale.ROOT,
                "%9s%10s%7s",
                BenchText.micros(our),
                BenchText.micros(their),
                Double.isNaN(our / their) ? "-" : String.format(Locale.ROOT, "%.2f", our / their));
    }

    private static String shortened(String name) {
        return name.equals("wireguard-go")
                ? "wg-go"
                : name.substring(0, Math.min(9, name.length()));
    }
}
