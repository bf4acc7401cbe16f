package io.jnat.cli.bench;

import io.jnat.bench.voice.CallQuality;
import io.jnat.bench.voice.Limit;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.PhaseResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One budget where it was kept worst.
 *
 * @param limit the budget
 * @param where phase, codec and direction; empty if it concerned nothing
 * @param value what was measured there
 * @param kept whether it was kept everywhere
 */
record LimitCheck(Limit limit, String where, double value, boolean kept) {

    /** All budgets against all calls. */
    static List<LimitCheck> all(List<Limit> limits, SystemResult system, Duration networkDelay) {
        List<LimitCheck> checks = new ArrayList<>();
        List<PhaseResult> phases = limits.isEmpty() ? List.of() : system.phases();
        for (Limit limit : limits) {
            LimitCheck worst = new LimitCheck(limit, "", Double.NaN, true);
            for (PhaseResult phase : phases) {
                if (limit.concerns(phase.phase())) {
                    for (Measured measured : phase.outcome().measured()) {
                        worst = worse(worst, check(limit, phase, measured, networkDelay));
                    }
                }
            }
            checks.add(worst);
        }
        return checks;
    }

    private static LimitCheck check(
            Limit limit, PhaseResult phase, Measured measured, Duration networkDelay) {
        double value =
                limit.value(
                        measured,
                        measured.codec().isRated() ? CallQuality.of(measured, networkDelay) : null);
        return new LimitCheck(
                limit,
                phase.phase().label()
                        + ", "
                        + measured.codec().name()
                        + " "
                        + measured.direction().label(),
                value,
                limit.allows(value));
    }

    private static LimitCheck worse(LimitCheck one, LimitCheck other) {
        if (Double.isNaN(one.value)) {
            return other;
        }
        if (Double.isNaN(other.value)) {
            return one;
        }
        boolean otherIsWorse =
                one.limit.kind() == Limit.Kind.RATING
                        ? other.value < one.value
                        : other.value > one.value;
        return otherIsWorse ? other : one;
    }
}
