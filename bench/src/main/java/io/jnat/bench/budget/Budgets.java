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
 * a comment. Lines of the calibration's benchmarks give what they took where the bounds were set:
 *
 * <pre>
 * Calibration.chain                                     480   0
 * ParseBench.udp                                         40   0
 * CipherBench.seal cipher=vector256 bytes=80 packets=1  300   0
 * </pre>
 *
 * @param calibration what calibrates, and what it took where the bounds were set
 * @param lines the budgets, in the file's order
 */
public record Budgets(List<Budget> calibration, List<Budget> lines) {
    private static final String CALIBRATION = "Calibration.";
    private static final String CIPHER = "cipher";

    private static final String FILE = "budgets.txt";

    /** Copies the lines. */
    public Budgets {
        calibration = List.copyOf(calibration);
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
    static Budgets parse(String text) {
        List<Budget> calibration = new ArrayList<>();
        List<Budget> budgets = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String[] words = line.replaceFirst("#.*", "").strip().split("\\s+", -1);
            try {
                if (words[0].isEmpty()) {
                    continue;
                }
                Budget budget = budget(words);
                if (!words[0].startsWith(CALIBRATION)) {
                    budgets.add(budget);
                } else if (budget.nanos() > 0) {
                    calibration.add(budget);
                } else {
                    throw new IllegalArgumentException(words[0]); // would stretch without end
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
        if (calibration.isEmpty()) {
            throw new IllegalArgumentException(
                    FILE + ": no line '" + CALIBRATION + "… NANOSECONDS BYTES'");
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
     * Without the lines of other ciphers: the kernels' speed is the width of their vectors, which
     * no calibration stretches.
     *
     * @param cipher as in the parameter, {@code vector256}
     */
    public Budgets withCipher(String cipher) {
        return new Budgets(
                calibration,
                lines.stream()
                        .filter(line ->
                                line.parameters().getOrDefault(CIPHER, cipher).equals(cipher))
                        .toList());
    }

    /**
     * How much the bounds are stretched where one line of the calibration took so long: never
     * shrunk, as a faster core says little of the rest. The machine's slowness is the largest.
     */
    public static double slowness(Budget line, Budget.Cost cost) {
        return Math.max(1, cost.nanos() / line.nanos());
    }
}
