package io.jnat.cli.demo;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/** Prints each step while it runs, and all of them as a table at the end. Plain text everywhere. */
final class DemoReport {

    private final PrintWriter out;
    private final int steps;
    private final BooleanSupplier interrupted;
    private final List<Row> rows = new ArrayList<>();

    /**
     * An empty report.
     *
     * @param steps how many there will be
     * @param interrupted true once what a step sees is of no meaning any more
     */
    DemoReport(PrintWriter out, int steps, BooleanSupplier interrupted) {
        this.out = out;
        this.steps = steps;
        this.interrupted = interrupted;
    }

    /** What a step saw, and whether that is what it should be. */
    record Seen(boolean ok, String text) {}

    /** One step; it may fail with an exception, which is then what was seen. */
    @FunctionalInterface
    interface Step {
        Seen run() throws IOException;
    }

    private record Row(String name, boolean ok, String seen, long millis) {}

    /**
     * Runs the step and prints what comes of it; true if it went well.
     *
     * @throws InterruptedIOException if the laboratory was taken away meanwhile
     */
    boolean step(String name, String expected, Step step) throws InterruptedIOException {
        out.printf(Locale.ROOT, "%n[%2d/%d] %s%n", rows.size() + 1, steps, name);
        out.println("        expected: " + expected);
        out.flush();
        long startNanos = System.nanoTime();
        Seen seen;
        try {
            seen = step.run();
        } catch (IOException e) {
            seen = new Seen(false, firstLine(String.valueOf(e.getMessage())));
        }
        if (interrupted.getAsBoolean()) {
            throw new InterruptedIOException("interrupted");
        }
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        out.println("        seen:     " + seen.text());
        out.printf(Locale.ROOT, "        %s (%d ms)%n", word(seen.ok()), millis);
        out.flush();
        rows.add(new Row(name, seen.ok(), seen.text(), millis));
        return seen.ok();
    }

    /** Prints the table; true if all steps were done and went well. */
    boolean finish(long totalMillis) {
        int width = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
        out.println();
        for (Row row : rows) {
            out.printf(
                    Locale.ROOT,
                    "%-" + width + "s  %-6s  %s%n",
                    row.name(),
                    word(row.ok()),
                    row.seen());
        }
        long failed = rows.stream().filter(row -> !row.ok()).count();
        int left = steps - rows.size();
        out.printf(
                Locale.ROOT,
                "%n%d of %d steps ok, %d failed, %d not done; %.1f s%n",
                rows.size() - failed,
                steps,
                failed,
                left,
                totalMillis / 1_000.0);
        out.flush();
        return failed == 0 && left == 0;
    }

    /** Prints lines that belong to the running step. */
    void detail(String text) {
        text.lines().forEach(line -> out.println("        " + line));
        out.flush();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse(text);
    }

    private static String word(boolean ok) {
        return ok ? "ok" : "FAILED";
    }
}
