package io.jnat.bench.voice;

/**
 * The E-model of ITU-T G.107: how good a conversation is, from delay and loss. Everything that is
 * not the network's is at the default of the recommendation's Table 2; the variables have its
 * names.
 */
final class EModel {
    private static final double SLR = 8;
    private static final double RLR = 2;
    private static final double OLR = SLR + RLR;
    private static final double STMR = 15;
    private static final double LSTR = STMR + 3;
    private static final double DS = 3;
    private static final double TELR = 65;
    private static final double WEPL = 110;
    private static final double NC = -70;
    private static final double NFOR = -64;
    private static final double ROOM_NOISE = 35;
    private static final double QDU = 1;

    /** Delay below which nobody is bothered, ms (mT). */
    private static final double UNNOTICED_MILLIS = 100;

    /** No, dBm0p: noise of circuit, rooms and subscriber line. */
    private static final double NOISE = noise();

    private static final double RO = 15 - 1.5 * (SLR + NOISE);

    private EModel() {}

    /**
     * The transmission rating R.
     *
     * @param delayMillis from mouth to ear, one way; the way back is taken to be as long
     * @param lossPercent of the packets, at random
     */
    static double rating(Codec codec, double delayMillis, double lossPercent) {
        return RO - simultaneous(delayMillis) - delay(delayMillis) - equipment(codec, lossPercent);
    }

    /** The mean opinion score, 1 to 4.5, that listeners are expected to give (G.107 Annex B). */
    static double meanOpinionScore(double rating) {
        if (rating <= 0) {
            return 1;
        }
        if (rating >= 100) {
            return 4.5;
        }
        double score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
        return Math.max(1, score); // the recommendation's cubic is a little below 1 up to R 6.5
    }

    private static double noise() {
        double nos = ROOM_NOISE - SLR - DS - 100 + 0.004 * square(ROOM_NOISE - OLR - DS - 14);
        double pre = ROOM_NOISE + 10 * Math.log10(1 + Math.pow(10, (10 - LSTR) / 10));
        double nor = RLR - 121 + pre + 0.008 * square(pre - 35);
        double nfo = NFOR + RLR;
        return 10 * Math.log10(power(NC) + power(nos) + power(nor) + power(nfo));
    }

    /** Is: loudness, sidetone, quantizing. */
    private static double simultaneous(double t) {
        double xolr = OLR + 0.2 * (64 + NOISE - RLR);
        double iolr = 20 * (Math.pow(1 + Math.pow(xolr / 8, 8), 1.0 / 8) - xolr / 8);
        double stmro = -10 * Math.log10(power(-STMR) + Math.exp(-t / 4) * power(-TELR));
        double ist =
                12 * Math.pow(1 + Math.pow((stmro - 13) / 6, 8), 1.0 / 8)
                        - 28 * Math.pow(1 + Math.pow((stmro + 1) / 19.4, 35), 1.0 / 35)
                        - 13 * Math.pow(1 + Math.pow((stmro - 3) / 33, 13), 1.0 / 13)
                        + 29;
        double q = 37 - 15 * Math.log10(QDU);
        double g = 1.07 + 0.258 * q + 0.0602 * q * q;
        double y = (RO - 100) / 15 + 46 / 8.4 - g / 9;
        double z = 46.0 / 30 - g / 40;
        double iq = 15 * Math.log10(1 + Math.pow(10, y) + Math.pow(10, z));
        return iolr + ist + iq;
    }

    /** Id: echo of the talker, echo of the listener, delay itself. */
    private static double delay(double t) {
        double terv =
                TELR - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t * t);
        double roe = -1.5 * (NOISE - RLR);
        double re = 80 + 2.5 * (terv - 14);
        double idte =
                ((roe - re) / 2 + Math.sqrt(square(roe - re) / 4 + 100) - 1) * (1 - Math.exp(-t));
        double rle = 10.5 * (WEPL + 7) * Math.pow(2 * t + 1, -0.25);
        double idle = (RO - rle) / 2 + Math.sqrt(square(RO - rle) / 4 + 169);
        return idte + idle + absolute(t);
    }

    /** Idd. */
    private static double absolute(double ta) {
        if (ta <= UNNOTICED_MILLIS) {
            return 0;
        }
        double x = Math.log(ta / UNNOTICED_MILLIS) / Math.log(2);
        return 25
                * (Math.pow(1 + Math.pow(x, 6), 1.0 / 6)
                        - 3 * Math.pow(1 + Math.pow(x / 3, 6), 1.0 / 6)
                        + 2);
    }

    /** Ie,eff with BurstR 1. */
    private static double equipment(Codec codec, double lossPercent) {
        double ie = codec.impairment();
        return ie + (95 - ie) * lossPercent / (lossPercent + codec.lossRobustness());
    }

    private static double power(double decibel) {
        return Math.pow(10, decibel / 10);
    }

    private static double square(double value) {
        return value * value;
    }
}
