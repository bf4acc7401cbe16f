package io.jnat.bench.voice;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A bound that calls have to keep: {@code p99=200us}, {@code max=5ms}, {@code jitter=1ms}, {@code
 * loss=0.1%}, {@code r=90}; with {@code alone:} or {@code bulk:} in front, only in those phases.
 *
 * @param text as it was written
 * @param phases null for all
 * @param kind what is bounded
 * @param percentile for {@link Kind#LATENCY}
 * @param bound nanoseconds, percent or R
 */
public record Limit(
        String text, @Nullable String phases, Kind kind, double percentile, double bound) {

    private static final Pattern TEXT =
            Pattern.compile(
                    "(?:(?<phases>alone|bulk):)?(?:(?<p>p(?<percent>\\d{1,2}(?:\\.\\d{1,4})?))|(?<name>max|jitter|loss|r))"
                            + "=(?<value>\\d+(?:\\.\\d+)?)(?<unit>ns|us|µs|ms|s|%)?");

    /** What may be bounded. */
    public enum Kind {
        /** Latency at a percentile; 100 is the greatest. */
        LATENCY,
        /** RFC 3550 jitter, the worst call's. */
        JITTER,
        /** Lost packets, percent. */
        LOSS,
        /** R-factor, from below. */
        RATING
    }

    /**
     * Reads a limit.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    public static Limit parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw wrong(text);
        }
        String name = matcher.group("p") != null ? "p" : matcher.group("name");
        Kind kind =
                switch (name) {
                    case "loss" -> Kind.LOSS;
                    case "r" -> Kind.RATING;
                    case "jitter" -> Kind.JITTER;
                    default -> Kind.LATENCY;
                };
        double value = Double.parseDouble(matcher.group("value"));
        String unit = matcher.group("unit") == null ? "" : matcher.group("unit");
        double factor =
                switch (kind) {
                    case LATENCY, JITTER -> nanos(unit);
                    case LOSS -> unit.equals("%") ? 1 : Double.NaN;
                    case RATING -> unit.isEmpty() ? 1 : Double.NaN;
                };
        if (Double.isNaN(factor)) {
            throw wrong(text);
        }
        double percentile = name.equals("p") ? Double.parseDouble(matcher.group("percent")) : 100;
        return new Limit(text, matcher.group("phases"), kind, percentile, value * factor);
    }

    private static double nanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            default -> Double.NaN;
        };
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "budget '"
                        + text
                        + "' (expected: p99=200us, p99.9=1ms, max=5ms, jitter=1ms, loss=0.1% or"
                        + " r=90, with alone: or bulk: in front for these phases only)");
    }

    /** Whether it is meant for a phase. */
    public boolean concerns(Phase phase) {
        return phase.isMeasured()
                && (phases == null || phases.equals(phase.isBesideBulk() ? "bulk" : "alone"));
    }

    /**
     * What was measured of what it bounds; not a number where it cannot be told (no R for this
     * codec, or nothing that is sent this way).
     */
    public double value(Measured measured, @Nullable CallQuality quality) {
        if (measured.sent() == 0) {
            return Double.NaN;
        }
        if (measured.received() == 0 && (kind == Kind.LATENCY || kind == Kind.JITTER)) {
            return Double.POSITIVE_INFINITY;
        }
        return switch (kind) {
            case LATENCY ->
                    percentile == 100 ? measured.maxNanos() : measured.percentileNanos(percentile);
            case JITTER -> measured.worstJitterNanos();
            case LOSS -> measured.lostPercent();
            case RATING -> quality == null ? Double.NaN : quality.rating();
        };
    }

    /** Whether a value keeps it. */
    public boolean allows(double value) {
        return Double.isNaN(value) || (kind == Kind.RATING ? value >= bound : value <= bound);
    }
}
