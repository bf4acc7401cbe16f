package io.jnat.cli.bench;

import io.jnat.bench.budget.Benchmarks;
import io.jnat.bench.budget.Benchmarks.BenchmarkFailed;
import io.jnat.bench.budget.Benchmarks.Effort;
import io.jnat.bench.budget.Budget;
import io.jnat.bench.budget.Budget.Cost;
import io.jnat.bench.budget.Budgets;
import io.jnat.cli.ExitCode;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat bench jmh}: what each step of the data path costs, against its budget. */
@Command(
        name = "jmh",
        description = {
            "Measure single steps of the data path and compare them with their budgets.",
            "",
            "Runs the project's JMH benchmarks, each in a JVM of its own, with the garbage profiler."
                    + " The budgets were set on one machine; loops of plain arithmetic and of loads say how"
                    + " much slower this one is, and the bounds are stretched by that. Allocated bytes are"
                    + " not. The cipher has bounds for each width of vectors."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  jnat bench jmh              all that have a budget, about a minute",
            "  jnat bench jmh nat          those with nat in their name",
            "  jnat bench jmh --all seal   with all values of their parameters, budget or not",
            "Exit code 1 when a budget is exceeded."
        })
final class JmhCommand implements Callable<Integer> {
    private static final String ROW = "%-58s %10s %10s %7s %8s  %s%n";

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "Only benchmarks with this in their name.")
    private String name = "";

    @Option(
            names = "--all",
            description = "Each with all values of its parameters, not only those with a budget.")
    private boolean all;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Budgets project = Budgets.ofProject();
        CipherChoice asked = CipherChoice.ofProperty();
        String cipher = (asked == CipherChoice.AUTO ? CipherChoice.ofMachine() : asked).text();
        Budgets budgets = project.withCipher(cipher);
        try {
            if (all) {
                return measureAll(out, err);
            }
            List<Budget> lines = budgets.matching(name);
            if (lines.isEmpty()) {
                boolean ofOthers = !project.matching(name).isEmpty();
                err.println(ofOthers ? noneWithCipher(cipher) : noneIsCalled());
                return ExitCode.USAGE;
            }
            return compare(budgets.calibration(), lines, out) ? ExitCode.OK : ExitCode.FAILED;
        } catch (BenchmarkFailed failed) {
            err.println("jnat bench jmh: " + failed.getMessage());
            return ExitCode.FAILED;
        }
    }

    private String noneIsCalled() {
        return "jnat bench jmh: no benchmark has '"
                + name
                + "' in its name (there are: "
                + String.join(", ", Benchmarks.names())
                + ")";
    }

    private String noneWithCipher(String cipher) {
        return "jnat bench jmh: '"
                + name
                + "' has no budget for this machine's cipher, "
                + cipher
                + " (--all measures it without one)";
    }

    private static boolean compare(List<Budget> calibration, List<Budget> lines, PrintWriter out)
            throws BenchmarkFailed {
        double slowness = 1;
        for (Budget line : calibration) {
            Cost cost = Benchmarks.run(line.benchmark(), line.parameters(), Effort.MEASURE);
            slowness = Math.max(slowness, Budgets.slowness(line, cost));
            out.printf(
                    Locale.ROOT,
                    "%s: %.0f ns here, %.0f ns where the budgets were set%n",
                    line.title(),
                    cost.nanos(),
                    line.nanos());
        }
        out.printf(Locale.ROOT, "bounds stretched by %.2f%n%n", slowness);
        out.printf(ROW, "an operation", "ns", "at most", "bytes", "at most", "");
        out.flush();
        int exceeded = 0;
        for (Budget line : lines) {
            Cost cost = Benchmarks.run(line.benchmark(), line.parameters(), Effort.MEASURE);
            boolean ok = line.allows(cost, slowness);
            exceeded += ok ? 0 : 1;
            out.printf(
                    ROW,
                    line.title(),
                    number(cost.nanos()),
                    number(line.nanos() * slowness),
                    number(cost.bytes()),
                    number(line.bytes()),
                    ok ? "ok" : "EXCEEDED");
            out.flush();
        }
        out.printf("%n%d of %d within their budget%n", lines.size() - exceeded, lines.size());
        return exceeded == 0;
    }

    private int measureAll(PrintWriter out, PrintWriter err) throws BenchmarkFailed {
        List<String> names =
                Benchmarks.names().stream()
                        .filter(benchmark ->
                                benchmark
                                        .toLowerCase(Locale.ROOT)
                                        .contains(name.toLowerCase(Locale.ROOT)))
                        .toList();
        if (names.isEmpty()) {
            err.println(noneIsCalled());
            return ExitCode.USAGE;
        }
        out.printf("%-58s %10s %7s%n", "an operation", "ns", "bytes");
        for (String benchmark : names) {
            for (Budget measured : Benchmarks.runAll(benchmark, Effort.MEASURE)) {
                out.printf(
                        "%-58s %10s %7s%n",
                        measured.title(), number(measured.nanos()), number(measured.bytes()));
                out.flush();
            }
        }
        return ExitCode.OK;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value > 0.05 && value < 10 ? "%.1f" : "%.0f", value);
    }
}
