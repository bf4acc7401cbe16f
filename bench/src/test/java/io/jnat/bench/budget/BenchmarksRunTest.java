package io.jnat.bench.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.bench.budget.Benchmarks.BenchmarkFailed;
import io.jnat.bench.budget.Benchmarks.Effort;
import io.jnat.bench.budget.Budget.Cost;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * That each budgeted benchmark runs; for an instant, so the time itself says nothing, and with
 * plain arithmetic, as compiling the vector kernels takes seconds.
 */
final class BenchmarksRunTest {
    static Stream<Budget> budgets() {
        Budgets project = Budgets.ofProject().withCipher(CipherChoice.VECTOR256.text());
        return Stream.concat(project.calibration().stream(), project.lines().stream());
    }

    @ParameterizedTest
    @MethodSource("budgets")
    void benchmarkRuns(Budget budget) throws BenchmarkFailed {
        Map<String, String> parameters = new HashMap<>(budget.parameters());
        parameters.replace("cipher", "scalar");
        Cost cost = Benchmarks.run(budget.benchmark(), parameters, Effort.SMOKE);
        assertTrue(cost.nanos() > 0, cost::toString);
    }

    @Test
    void aParameterThatIsLeftOutIsSaid() {
        assertThrows(
                BenchmarkFailed.class,
                () -> Benchmarks.run("NatBench.hit", Map.of(), Effort.SMOKE));
    }

    @Test
    void aBenchmarkThatDoesNotExistIsSaid() {
        assertThrows(
                BenchmarkFailed.class,
                () -> Benchmarks.run("NatBench.nothing", Map.of(), Effort.SMOKE));
    }

    @Test
    void withoutABudgetAllParametersAreTried() throws BenchmarkFailed {
        assertEquals(2, Benchmarks.runAll("NatBench.translate", Effort.SMOKE).size());
    }
}
