package io.jnat.cli.bench;

import io.jnat.bench.voice.EndCost;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * All rounds of one system.
 *
 * @param name of the system
 * @param cipher that it used, and why; empty where that cannot be told
 * @param rounds the phases of each
 * @param phases each over all rounds: every packet counts
 */
record SystemResult(
        String name, String cipher, List<List<PhaseResult>> rounds, List<PhaseResult> phases) {

    SystemResult {
        rounds = List.copyOf(rounds);
        phases = List.copyOf(phases);
    }

    /** Joins them, which takes seconds of a hundred rounds: once. */
    SystemResult(String name, String cipher, List<List<PhaseResult>> rounds) {
        this(name, cipher, rounds, joined(rounds));
    }

    private static List<PhaseResult> joined(List<List<PhaseResult>> rounds) {
        Map<Phase, PhaseResult> joined = new EnumMap<>(Phase.class);
        for (List<PhaseResult> round : rounds) {
            round.forEach(result -> joined.merge(result.phase(), result, SystemResult::join));
        }
        return List.copyOf(joined.values());
    }

    /**
     * The median over the rounds of something that was measured of a kind of calls; rounds in which
     * nothing arrived have no latency, and if all are so, it is not a number.
     */
    double median(Phase phase, Measured like, ToDoubleFunction<Measured> value) {
        double[] values =
                rounds.stream()
                        .flatMap(List::stream)
                        .filter(result -> result.phase() == phase)
                        .flatMap(result -> result.outcome().measured().stream())
                        .filter(measured ->
                                measured.codec().equals(like.codec())
                                        && measured.direction() == like.direction()
                                        && measured.received() > 0)
                        .mapToDouble(value)
                        .sorted()
                        .toArray();
        int middle = values.length / 2;
        if (values.length == 0) {
            return Double.NaN;
        }
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static PhaseResult join(PhaseResult one, PhaseResult other) {
        List<EndCost> ends = new ArrayList<>();
        for (int at = 0; at < one.ends().size(); at++) {
            ends.add(one.ends().get(at).plus(other.ends().get(at)));
        }
        double seconds = one.length().toNanos() / 1e9;
        double otherSeconds = other.length().toNanos() / 1e9;
        return new PhaseResult(
                one.phase(),
                one.length().plus(other.length()),
                one.outcome().plus(other.outcome()),
                (one.bulkBitsPerSecond() * seconds + other.bulkBitsPerSecond() * otherSeconds)
                        / (seconds + otherSeconds),
                ends);
    }
}
