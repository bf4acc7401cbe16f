package io.jnat.bench.voice;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Histograms as text: a line for each range of latency, a column of bars for each histogram. A bar
 * is as long as the share of packets in the range is large; the share stands behind it.
 */
public final class LatencyBars {
    private static final long[] LIMITS_MICROS = {
        10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
        20_000, 50_000, 100_000
    };

    private final String bar;
    private final int width;

    /**
     * A style.
     *
     * @param bar one character
     * @param width of the longest bar
     */
    public LatencyBars(String bar, int width) {
        this.bar = bar;
        this.width = width;
    }

    /** The lines; ranges at both ends in which there is nothing are left out. */
    public List<String> lines(List<Histogram> columns) {
        double[][] shares = new double[LIMITS_MICROS.length + 1][];
        double longest = 0;
        int first = -1;
        int last = -1;
        for (int range = 0; range <= LIMITS_MICROS.length; range++) {
            shares[range] = shares(range, columns);
            for (double share : shares[range]) {
                longest = Math.max(longest, share);
                if (share > 0) {
                    first = first < 0 ? range : first;
                    last = range;
                }
            }
        }
        List<String> lines = new ArrayList<>();
        for (int range = Math.max(0, first); range <= last; range++) {
            StringBuilder line = new StringBuilder(label(range));
            for (double share : shares[range]) {
                line.append("  ").append(bar(share, longest));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static double[] shares(int range, List<Histogram> columns) {
        double[] shares = new double[columns.size()];
        for (int column = 0; column < shares.length; column++) {
            Histogram histogram = columns.get(column);
            long from = range == 0 ? 0 : LIMITS_MICROS[range - 1] * 1_000;
            long to =
                    range == LIMITS_MICROS.length
                            ? histogram.getHighestTrackableValue()
                            : LIMITS_MICROS[range] * 1_000 - 1;
            long total = histogram.getTotalCount();
            shares[column] = total == 0 ? 0 : (double) count(histogram, from, to) / total;
        }
        return shares;
    }

    /** As a difference of sums, so that a bucket that lies across a limit counts once. */
    private static long count(Histogram histogram, long from, long to) {
        long below = from == 0 ? 0 : histogram.getCountBetweenValues(0, from - 1);
        return histogram.getCountBetweenValues(0, to) - below;
    }

    private String bar(double share, double longest) {
        int length = (int) Math.ceil(share / longest * width);
        String percent =
                share == 0
                        ? ""
                        : share < 0.0001
                                ? "<0.01%"
                                : String.format(
                                        Locale.ROOT,
                                        share < 0.01 ? "%.2f%%" : "%.1f%%",
                                        share * 100);
        return bar.repeat(length) + " ".repeat(width - length) + " " + pad(percent);
    }

    /** As wide as the widest, {@code 100.0%}. */
    private static String pad(String percent) {
        return percent + " ".repeat(Math.max(0, 6 - percent.length()));
    }

    private static String label(int range) {
        boolean last = range == LIMITS_MICROS.length;
        long limit = LIMITS_MICROS[last ? range - 1 : range];
        String value =
                limit < 1_000
                        ? limit + " µs"
                        : String.format(
                                Locale.ROOT,
                                limit % 1_000 == 0 ? "%.0f ms" : "%.1f ms",
                                limit / 1e3);
        return (last ? "≥" : "<") + " ".repeat(Math.max(1, 8 - value.length())) + value;
    }
}
