package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EModelTest {
    private static final Codec G729A = new Codec("G.729A", 32, Duration.ofMillis(20), 11, 19);
    private static final Codec BARE_G711 =
            new Codec("G.711 without concealment", 172, Duration.ofMillis(20), 0, 4.3);

    /** G.107 (06/2015), section 7.7: all parameters at their defaults. */
    @Test
    void defaultsGiveTheRatingOfTheRecommendation() {
        assertEquals(93.2, EModel.rating(Codec.G711, 0, 0), 0.05);
    }

    /** G.107 Annex B, table B.1: the lower limits of R and MOS. */
    @ParameterizedTest
    @CsvSource({"90, 4.34", "80, 4.03", "70, 3.60", "60, 3.10", "50, 2.58", "93.2, 4.41"})
    void opinionScoreIsThatOfTheRecommendation(double rating, double score) {
        assertEquals(score, EModel.meanOpinionScore(rating), 0.011);
    }

    @ParameterizedTest
    @CsvSource({"-5, 1", "0, 1", "3, 1", "6, 1", "100, 4.5", "120, 4.5"})
    void opinionScoreStaysOnItsScale(double rating, double score) {
        assertEquals(score, EModel.meanOpinionScore(rating));
    }

    /** Ie,eff = Ie + (95 - Ie) * Ppl / (Ppl + Bpl), by hand. */
    @Test
    void codecAndLossLowerTheRating() {
        assertEquals(
                EModel.rating(Codec.G711, 0, 0) - 11, EModel.rating(G729A, 0, 0), 1e-9, "Ie 11");
        assertEquals(
                95 * 1 / (1 + 25.1),
                EModel.rating(Codec.G711, 0, 0) - EModel.rating(Codec.G711, 0, 1),
                1e-9);
        assertEquals(
                (95 - 11) * 2 / (2.0 + 19),
                EModel.rating(G729A, 0, 0) - EModel.rating(G729A, 0, 2),
                1e-9);
        assertEquals(
                95 * 2 / (2 + 4.3),
                EModel.rating(BARE_G711, 0, 0) - EModel.rating(BARE_G711, 0, 2),
                1e-9);
    }

    /** G.107 formula 7-28 by hand: at 200 ms X is 1, and Idd 3.04. */
    @Test
    void delayLowersTheRatingLittleUpTo100MillisecondsAndMuchFrom200On() {
        double none = EModel.rating(Codec.G711, 0, 0);
        double unnoticed = EModel.rating(Codec.G711, 100, 0);
        assertTrue(none - unnoticed < 3, () -> "echo only: " + unnoticed);
        assertEquals(85.8, EModel.rating(Codec.G711, 200, 0), 0.1);
        assertEquals(62.2, EModel.rating(Codec.G711, 400, 0), 0.1);
    }
}
