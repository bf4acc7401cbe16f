package io.jnat.bench.voice;

import java.time.Duration;

/**
 * How good the calls were for those who spoke, and under which assumptions: a telephone plays a
 * packet {@link #PLAY_OUT_BUFFER} after the fastest one would have been there; what comes later is
 * lost to it.
 *
 * @param rating R of ITU-T G.107, at most 93.2 with its defaults
 * @param meanOpinionScore MOS-CQE that belongs to it
 * @param latePercent packets that arrived, but too late to be played
 */
public record CallQuality(double rating, double meanOpinionScore, double latePercent) {
    /** Choice of our own, as telephones commonly have it. */
    public static final Duration PLAY_OUT_BUFFER = Duration.ofMillis(40);

    /**
     * Rates calls.
     *
     * @param measured of a codec that can be rated
     * @param networkDelay one way, of the network that the measurement did not have
     */
    public static CallQuality of(Measured measured, Duration networkDelay) {
        double fastest = measured.received() == 0 ? 0 : measured.latencyNanos().getMinValue() / 1e6;
        long playedNanos = Math.round(fastest * 1e6) + PLAY_OUT_BUFFER.toNanos();
        long late =
                measured.received() == 0 || measured.maxNanos() <= playedNanos
                        ? 0
                        : measured.latencyNanos()
                                .getCountBetweenValues(playedNanos + 1, measured.maxNanos());
        double latePercent = measured.sent() == 0 ? 0 : 100.0 * late / measured.sent();
        double delayMillis =
                millis(measured.codec().interval())
                        + fastest
                        + millis(PLAY_OUT_BUFFER)
                        + millis(networkDelay);
        double rating =
                EModel.rating(measured.codec(), delayMillis, measured.lostPercent() + latePercent);
        return new CallQuality(rating, EModel.meanOpinionScore(rating), latePercent);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
