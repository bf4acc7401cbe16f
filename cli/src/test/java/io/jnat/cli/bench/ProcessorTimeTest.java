package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Lines as kernels write them. */
final class ProcessorTimeTest {
    @Test
    void whatTheHostTookIsAShareOfAllTime() {
        ProcessorTime before = ProcessorTime.of("cpu  1000 10 200 3000 5 0 50 100 0 0");
        ProcessorTime after = ProcessorTime.of("cpu  1400 10 300 3300 5 0 150 200 77 7");
        assertEquals(10.0, after.stolenPercentSince(before), 1e-9);
    }

    @Test
    void withoutTimeOrWithoutTheFieldNothingWasTaken() {
        ProcessorTime old = ProcessorTime.of("cpu  1 2 3 4");
        assertEquals(0.0, old.stolenPercentSince(old));
        assertEquals(0.0, ProcessorTime.of("cpu  2 2 3 4").stolenPercentSince(old));
    }

    @Test
    void hereTimeGoesBy() {
        assertTrue(ProcessorTime.now().all() > 0);
    }
}
