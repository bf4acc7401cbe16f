package io.jnat.bench.budget;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What one benchmark may cost with these parameters.
 *
 * @param benchmark class and method, {@code ParseBench.udp}
 * @param parameters of the benchmark, by name
 * @param nanos most nanoseconds an operation where the calibration is the file's
 * @param bytes most allocated bytes an operation, everywhere
 */
public record Budget(String benchmark, Map<String, String> parameters, double nanos, double bytes) {

    /** No object is smaller than 16 bytes: less than half of one is none. */
    private static final double NO_BYTES = 8;

    /**
     * What JMH makes itself while it measures, most of all for samples: up to 0.7 bytes a
     * microsecond in long ones. One object for each of a burst's packets is far more.
     */
    private static final double OF_JMH_BYTES_A_NANO = 0.001;

    /** Copies the parameters, sorted. */
    public Budget {
        parameters = Map.copyOf(parameters);
    }

    /** What was measured. */
    public record Cost(double nanos, double bytes) {}

    /**
     * Whether the cost is within the bounds.
     *
     * @param slowness how much slower this machine is than the file's, at least 1
     */
    public boolean allows(Cost cost, double slowness) {
        return allowsNanos(cost, slowness) && allowsBytes(cost);
    }

    boolean allowsNanos(Cost cost, double slowness) {
        return cost.nanos() <= nanos * slowness;
    }

    boolean allowsBytes(Cost cost) {
        return cost.bytes() <= bytes + Math.max(NO_BYTES, OF_JMH_BYTES_A_NANO * cost.nanos());
    }

    /** {@code CipherBench.seal bytes=1424 packets=44}. */
    public String title() {
        return parameters.isEmpty()
                ? benchmark
                : benchmark
                        + " "
                        + new TreeMap<>(parameters)
                                .entrySet().stream()
                                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                                        .collect(Collectors.joining(" "));
    }
}
