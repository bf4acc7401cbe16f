package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LimitTest {
    @ParameterizedTest
    @CsvSource({
        "p99=200us, LATENCY, 99, 200000",
        "P99.9=1.5ms, LATENCY, 99.9, 1500000",
        "p50=800ns, LATENCY, 50, 800",
        "max=1s, LATENCY, 100, 1000000000",
        "jitter=30µs, JITTER, 100, 30000",
        "loss=0.1%, LOSS, 100, 0.1",
        "r=90, RATING, 100, 90",
    })
    void limitsAreRead(String text, Limit.Kind kind, double percentile, double bound) {
        Limit limit = Limit.parse(text);
        assertEquals(kind, limit.kind());
        assertEquals(percentile, limit.percentile());
        assertEquals(bound, limit.bound(), 1e-6);
        assertNull(limit.phases());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "p99",
                "p99=",
                "p99=200",
                "p99=200 us",
                "p100=1ms",
                "p=1ms",
                "p99=-1us",
                "loss=1",
                "loss=1ms",
                "r=90ms",
                "mean=1ms",
                "idle:p99=1ms",
                "p99=1us,max=1ms"
            })
    void aWrongLimitSaysWhatIsExpected(String text) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> Limit.parse(text)).getMessage();
        assertTrue(message.startsWith("budget '" + text + "' (expected: p99=200us"), message);
    }

    @Test
    void aLimitConcernsThePhasesThatItNames() {
        Limit everywhere = Limit.parse("p99=1ms");
        assertTrue(everywhere.concerns(Phase.ALONE));
        assertTrue(everywhere.concerns(Phase.BULK_TO_SITE));
        assertFalse(everywhere.concerns(Phase.BASELINE), "that is not jnat");
        Limit alone = Limit.parse("alone:p99=1ms");
        assertTrue(alone.concerns(Phase.ALONE));
        assertFalse(alone.concerns(Phase.BULK_FROM_SITE));
        Limit bulk = Limit.parse("bulk:p99=1ms");
        assertFalse(bulk.concerns(Phase.ALONE));
        assertTrue(bulk.concerns(Phase.BULK_FROM_SITE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"p99=1s", "max=1s", "jitter=1s"})
    void whatDidNotArriveKeepsNoBoundOfTimeAndWhatWasNotSentConcernsNone(String text) {
        Limit limit = Limit.parse(text);
        assertFalse(limit.allows(limit.value(measured(10), null)), "all lost");
        assertTrue(limit.allows(limit.value(measured(0), null)), "a capture of one way");
    }

    private static Measured measured(long sent) {
        Histogram none = new Histogram(1_000_000, 3);
        return new Measured(Codec.REPLAY, Direction.FROM_SITE, 1, none, sent, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void ratingsAreBoundedFromBelowAllElseFromAbove() {
        assertTrue(Limit.parse("p99=1ms").allows(1_000_000));
        assertFalse(Limit.parse("p99=1ms").allows(1_000_001));
        assertTrue(Limit.parse("r=90").allows(90));
        assertFalse(Limit.parse("r=90").allows(89.9));
    }
}
