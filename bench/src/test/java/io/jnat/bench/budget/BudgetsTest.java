package io.jnat.bench.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.bench.budget.Budget.Cost;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BudgetsTest {
    private static final String TEXT =
            """
            # a comment
            Calibration.chain 500 0

            A.plain            40   0   # another
            B.with x=1 y=two  300  64
            """;

    @Test
    void linesAreRead() {
        Budgets budgets = Budgets.parse(TEXT);
        assertEquals(
                List.of(new Budget("Calibration.chain", Map.of(), 500, 0)), budgets.calibration());
        assertEquals(
                List.of(
                        new Budget("A.plain", Map.of(), 40, 0),
                        new Budget("B.with", Map.of("x", "1", "y", "two"), 300, 64)),
                budgets.lines());
        assertEquals("B.with x=1 y=two", budgets.lines().get(1).title());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A.plain 40",
                "A.plain forty 0",
                "A.plain -1 0",
                "A.plain 1 NaN",
                "A.plain x 40 0",
                "A.plain =1 40 0",
                "Calibration.chain",
                "Calibration.chain 0 0",
            })
    void aWrongLineIsNamed(String line) {
        IllegalArgumentException wrong =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Budgets.parse("Calibration.chain 1 0\n" + line + "\n"));
        assertTrue(
                wrong.getMessage().startsWith("budgets.txt:2: '" + line + "'"), wrong.getMessage());
    }

    @Test
    void withoutCalibrationNothingCanBeCompared() {
        assertThrows(IllegalArgumentException.class, () -> Budgets.parse("A.plain 40 0\n"));
    }

    @Test
    void boundsAreStretchedOnASlowerMachineAndNeverShrunk() {
        Budget chain = Budgets.parse(TEXT).calibration().getFirst();
        assertEquals(2, Budgets.slowness(chain, new Cost(1000, 0)));
        assertEquals(1, Budgets.slowness(chain, new Cost(100, 0)));
    }

    @Test
    void timeMayBeStretchedButGarbageMayNot() {
        Budget budget = new Budget("A.plain", Map.of(), 40, 0);
        assertTrue(budget.allows(new Cost(40, 0), 1));
        assertFalse(budget.allows(new Cost(41, 0), 1));
        assertTrue(budget.allows(new Cost(80, 0), 2));
        assertFalse(budget.allows(new Cost(10, 16), 2));
        assertTrue(budget.allows(new Cost(10, 0.01), 1), "the profiler's own rounding");
        Budget burst = new Budget("A.burst", Map.of(), 100_000, 0);
        assertTrue(burst.allows(new Cost(72_000, 49), 1), "JMH's own samples");
        assertFalse(burst.allows(new Cost(72_000, 44 * 16), 1), "an object a packet");
    }

    @Test
    void namesAreFoundByAnyPartOfThem() {
        Budgets budgets = Budgets.parse(TEXT);
        assertEquals(1, budgets.matching("b.W").size());
        assertEquals(2, budgets.matching("").size());
        assertEquals(0, budgets.matching("C").size());
    }

    @Test
    void ofSeveralCiphersOnlyTheMachinesOwnIsCompared() {
        Budgets budgets =
                Budgets.parse(
                        """
                        Calibration.chain 500 0
                        A.plain 40 0
                        C.seal cipher=vector256 2 0
                        C.seal cipher=vector512 1 0
                        """);
        assertEquals(
                List.of(40.0, 2.0),
                budgets.withCipher("vector256").lines().stream().map(Budget::nanos).toList());
    }

    @Test
    void everyBenchmarkHasABudgetAndEveryBudgetABenchmark() {
        Budgets project = Budgets.ofProject();
        Set<String> budgeted =
                Stream.concat(project.calibration().stream(), project.lines().stream())
                        .map(Budget::benchmark)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(budgeted, Benchmarks.names());
    }
}
