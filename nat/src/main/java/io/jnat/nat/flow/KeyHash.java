package io.jnat.nat.flow;

/**
 * A keyed hash of two words, by one 128-bit multiplication. The keys are unpredictable, so that
 * nobody outside can choose addresses and ports that collide.
 */
final class KeyHash {
    private final long first;
    private final long second;

    /** A hash with its keys. */
    KeyHash(long first, long second) {
        this.first = first;
        this.second = second;
    }

    /** The hash; all of its bits are good. */
    long of(long a, long b) {
        long x = a ^ first;
        long y = b ^ second;
        long product = x * y ^ Math.unsignedMultiplyHigh(x, y);
        return (product ^ (product >>> 29)) * 0x9E3779B97F4A7C15L ^ product >>> 32;
    }
}
