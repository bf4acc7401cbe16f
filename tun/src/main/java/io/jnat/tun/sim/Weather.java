package io.jnat.tun.sim;

import java.util.ArrayDeque;
import java.util.Random;

/**
 * Decides the {@link Fate} of datagrams: first what a test has scripted, then by chance with a
 * given seed, so that a run can be repeated. Not thread-safe; a {@link SimulatedNetwork} guards it.
 */
public final class Weather {
    private final ArrayDeque<Fate> script = new ArrayDeque<>();
    private final Random random;
    private final double[] rates = new double[Fate.values().length];
    private boolean chance;

    /** Fine weather until told otherwise. */
    public Weather(long seed) {
        random = new Random(seed);
    }

    /** The fates of the next datagrams, in order, before chance decides again. */
    void next(Fate... fates) {
        for (Fate fate : fates) {
            script.add(fate);
        }
    }

    /** How often a fate other than {@code DELIVER} strikes, 0 to 1. */
    void rate(Fate fate, double probability) {
        rates[fate.ordinal()] = probability;
        chance = true;
    }

    Fate decide() {
        Fate scripted = script.poll();
        if (scripted != null) {
            return scripted;
        }
        return chance ? byChance() : Fate.DELIVER;
    }

    private Fate byChance() {
        double drawn = random.nextDouble();
        for (Fate fate : FATES) {
            drawn -= rates[fate.ordinal()];
            if (drawn < 0) {
                return fate;
            }
        }
        return Fate.DELIVER;
    }

    private static final Fate[] FATES = {Fate.LOSE, Fate.DUPLICATE, Fate.HOLD, Fate.CORRUPT};

    /** A position from 0 to {@code bound - 1}. */
    int position(int bound) {
        return random.nextInt(bound);
    }
}
