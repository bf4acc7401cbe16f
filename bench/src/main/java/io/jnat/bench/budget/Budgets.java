package io.jnat.bench.budget;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The budgets' file. A line is a benchmark, its parameters, nanoseconds and bytes; {@code #} begins
 * a comment; one line gives the calibration:
 *
 * <pre>
 * calibration                                       480
 * ParseBench.udp                                     40   0
 * CipherBench.seal cipher=auto bytes=80 packets=1   300   0
 * </pre>
 *
 * @param calibrationNanos what {@code Calibration.chain} took where the bounds were set
 * @param lines the budgets, in the file's order
 */
public record Budgets(double calibrationNanos, List<Budget> lines) {

    /** The calibration's benchmark. */
    public static final String CALIBRATION = "Calibration.chain";

    private static final String FILE = "budgets.txt";

    /** Copies the lines. */
    public Budgets {
        lines = List.copyOf(lines);
    }

    /** The project's own. */
    public static Budgets ofProject() {
        try (InputStream file =
                Objects.requireNonNull(Budgets.class.getResourceAsStream(FILE), FILE)) {
            return parse(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }

    /**
     * Reads a file's text.
     *
     * @throws IllegalArgumentException naming the line
     */
    public static Budgets parse(String text) {
        double calibration = 0;
        List<Budget> budgets = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String[] words = line.replaceFirst("#.*", "").strip().split("\\s+", -1);
            try {
                if (words[0].isEmpty()) {
                    continue;
                }
                if (words[0].equals("calibration")) {
                    calibration = bound(words[1]);
                } else {
                    budgets.add(budget(words));
                }
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException wrong) {
                throw new IllegalArgumentException(
                        FILE
                                + ":"
                                + number
                                + ": '"
                                + line.strip()
                                + "' (expected: BENCHMARK [PARAMETER=VALUE …] NANOSECONDS BYTES)",
                        wrong);
            }
        }
        if (calibration == 0) {
            throw new IllegalArgumentException(FILE + ": no line 'calibration NANOSECONDS'");
        }
        return new Budgets(calibration, budgets);
    }

    private static Budget budget(String[] words) {
        Map<String, String> parameters = new HashMap<>();
        for (int at = 1; at < words.length - 2; at++) {
            int equals = words[at].indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(words[at]);
            }
            parameters.put(words[at].substring(0, equals), words[at].substring(equals + 1));
        }
        return new Budget(
                words[0],
                parameters,
                bound(words[words.length - 2]),
                bound(words[words.length - 1]));
    }

    private static double bound(String word) {
        double bound = Double.parseDouble(word);
        if (!(bound >= 0)) {
            throw new IllegalArgumentException(word);
        }
        return bound;
    }

    /** The lines whose benchmark's name contains this, without regard to case. */
    public List<Budget> matching(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return lines.stream()
                .filter(line -> line.benchmark().toLowerCase(Locale.ROOT).contains(wanted))
                .toList();
    }

    /**
     * How much the bounds are stretched here: never shrunk, as a faster core says little of the
     * rest.
     */
    public double slowness(Budget.Cost calibration) {
        return Math.max(1, calibration.nanos() / calibrationNanos);
    }
}
