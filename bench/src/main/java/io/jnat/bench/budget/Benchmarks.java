package io.jnat.bench.budget;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jnat.bench.budget.Budget.Cost;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs benchmarks without JMH's own output. */
public final class Benchmarks {
    private static final String GARBAGE = "gc.alloc.rate.norm";

    private Benchmarks() {}

    /** How thoroughly. */
    public enum Effort {
        /** As the benchmark says of itself, in a JVM of its own: figures. */
        MEASURE,
        /** Once, for an instant, in this JVM: that it runs at all. */
        SMOKE
    }

    /** A benchmark that does not exist, or that failed. */
    public static final class BenchmarkFailed extends Exception {
        private static final long serialVersionUID = 1;

        BenchmarkFailed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** All there are, as class and method. */
    public static SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>();
        for (BenchmarkListEntry entry :
                BenchmarkList.defaultList().find(silent(), List.of(".*"), List.of())) {
            names.add(shortName(entry.getUsername()));
        }
        return Collections.unmodifiableSortedSet(names);
    }

    /** Also what the benchmarks' JVMs print, which JMH passes on. */
    private static OutputFormat silent() {
        return OutputFormatFactory.createFormatInstance(
                new PrintStream(OutputStream.nullOutputStream(), false, UTF_8), VerboseMode.SILENT);
    }

    /** {@code io.jnat.bench.ParseBench.udp} as {@code ParseBench.udp}. */
    private static String shortName(String username) {
        int method = username.lastIndexOf('.');
        return username.substring(username.lastIndexOf('.', method - 1) + 1);
    }

    /**
     * Runs one benchmark with these parameters.
     *
     * @return medians over its samples or iterations
     */
    public static Cost run(String benchmark, Map<String, String> parameters, Effort effort)
            throws BenchmarkFailed {
        List<Cost> costs = new ArrayList<>();
        for (RunResult result : results(benchmark, parameters, effort)) {
            costs.add(cost(result));
        }
        if (costs.size() != 1) {
            throw new BenchmarkFailed(
                    benchmark
                            + " "
                            + parameters
                            + ": "
                            + costs.size()
                            + " results (expected: every parameter of the benchmark, once)",
                    new IllegalArgumentException(parameters.toString()));
        }
        return costs.getFirst();
    }

    /** Runs one benchmark with all values of the parameters that it declares. */
    public static List<Budget> runAll(String benchmark, Effort effort) throws BenchmarkFailed {
        List<Budget> measured = new ArrayList<>();
        for (RunResult result : results(benchmark, Map.of(), effort)) {
            BenchmarkParams params = result.getParams();
            Map<String, String> parameters = new TreeMap<>();
            params.getParamsKeys().forEach(key -> parameters.put(key, params.getParam(key)));
            Cost cost = cost(result);
            measured.add(new Budget(benchmark, parameters, cost.nanos(), cost.bytes()));
        }
        return measured;
    }

    private static Collection<RunResult> results(
            String benchmark, Map<String, String> parameters, Effort effort)
            throws BenchmarkFailed {
        ChainedOptionsBuilder options =
                new OptionsBuilder()
                        .include("\\." + Pattern.quote(benchmark) + "$")
                        .addProfiler(GCProfiler.class)
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT);
        parameters.forEach(options::param);
        if (effort == Effort.SMOKE) {
            options.forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(5));
        }
        try {
            return new Runner(options.build(), silent()).run();
        } catch (RunnerException failed) {
            throw new BenchmarkFailed(benchmark + ": " + failed.getMessage(), failed);
        }
    }

    private static Cost cost(RunResult result) {
        double bytes = 0;
        for (String name : result.getSecondaryResults().keySet()) {
            if (name.endsWith(GARBAGE)) {
                bytes = result.getSecondaryResults().get(name).getScore();
            }
        }
        return new Cost(result.getPrimaryResult().getStatistics().getPercentile(50), bytes);
    }
}
