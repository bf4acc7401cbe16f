package io.jnat.bench.voice;

import java.time.Duration;

/**
 * What a call's packets are like, and how its speech suffers from loss.
 *
 * @param name for people
 * @param payloadBytes of each UDP packet
 * @param interval from one packet to the next: as much speech as one holds
 * @param impairment Ie of ITU-T G.113; not a number where none is published
 * @param lossRobustness Bpl of ITU-T G.113, for loss at random
 */
public record Codec(
        String name,
        int payloadBytes,
        Duration interval,
        double impairment,
        double lossRobustness) {

    /**
     * G.711: 160 bytes of speech behind an RTP header of 12. Ie 0, and Bpl 25.1 with the loss
     * concealment of G.711 Appendix I (G.113 Appendix I).
     */
    public static final Codec G711 = new Codec("G.711", 172, Duration.ofMillis(20), 0, 25.1);

    /**
     * DMR as repeaters send it to each other over IP: 53 bytes (a DMRD packet of the Homebrew
     * protocol) every 60 ms. Its codec, AMBE+2, has no published Ie, so it gets no R.
     */
    public static final Codec DMR =
            new Codec("DMR", 53, Duration.ofMillis(60), Double.NaN, Double.NaN);

    /** Packets of a capture: nothing is known of their speech. */
    public static final Codec REPLAY =
            new Codec("replay", 0, Duration.ZERO, Double.NaN, Double.NaN);

    /** Whether an R-factor can be computed. */
    public boolean isRated() {
        return !Double.isNaN(impairment);
    }
}
