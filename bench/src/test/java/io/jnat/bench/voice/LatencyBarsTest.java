package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class LatencyBarsTest {
    @Test
    void barsAreAsLongAsTheSharesAndEmptyEndsAreLeftOut() {
        Histogram first = new Histogram(60_000_000_000L, 3);
        first.recordValueWithCount(55_000, 3);
        first.recordValueWithCount(120_000, 1);
        Histogram second = new Histogram(60_000_000_000L, 3);
        second.recordValueWithCount(80_000, 1);
        assertEquals(
                List.of(
                        "<   70 µs  ###  75.0%",
                        "<  100 µs               #### 100.0%", "<  150 µs  #    25.0%"),
                new LatencyBars("#", 4).lines(List.of(first, second)));
    }

    @Test
    void everyValueIsInOneRange() {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        for (long value = 99_000; value < 101_000; value += 7) {
            histogram.recordValue(value);
        }
        double sum = 0;
        for (String line : new LatencyBars("#", 4).lines(List.of(histogram))) {
            sum += Double.parseDouble(line.replaceAll(".* |%", ""));
        }
        assertEquals(100, sum, 0.2);
    }
}
