package io.jnat.nat.port;

/**
 * Random numbers for ports and query identifiers (RFC 6056 asks that they be hard to guess): a
 * 64-bit Weyl sequence through a mixing function, seeded by the caller from a good source. Two
 * multiplications a number, no allocation.
 *
 * <p>Owner: engine thread.
 */
public final class PortRandom {
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private final long whitening;
    private long state;

    /**
     * A sequence.
     *
     * @param seed unpredictable, except in tests
     * @param whitening unpredictable and independent of the seed, except in tests
     */
    public PortRandom(long seed, long whitening) {
        state = seed;
        this.whitening = whitening;
    }

    /** 64 random bits. */
    public long next() {
        state += GOLDEN_RATIO;
        long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L ^ whitening;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** A number from 0 to {@code bound - 1}; {@code bound} is positive. */
    int below(int bound) {
        return (int) ((next() >>> 32) * bound >>> 32);
    }
}
