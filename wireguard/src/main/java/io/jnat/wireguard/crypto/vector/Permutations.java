package io.jnat.wireguard.crypto.vector;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The constant vectors that kernels exchange lanes with. Generated code calls these methods once,
 * in its class initialiser.
 *
 * <p>A square of lanes is transposed in butterflies: step s exchanges bit s of the lane's number
 * with bit s of the vector's number. Of two vectors x and y whose numbers differ in that bit, the
 * low result takes from x the lanes with bit s clear, and from y those same lanes, put where bit s
 * is set; the high result takes the lanes with bit s set.
 */
final class Permutations {
    private Permutations() {}

    /** Indices into x and y, one after the other, of the low or high result of step {@code s}. */
    static IntVector intButterfly(int bits, int s, boolean high) {
        VectorSpecies<Integer> species = ints(bits);
        int[] index = new int[species.length()];
        for (int lane = 0; lane < index.length; lane++) {
            index[lane] = source(lane, s, high, index.length);
        }
        return IntVector.fromArray(species, index, 0);
    }

    /** The same for 64-bit lanes. */
    static LongVector longButterfly(int bits, int s, boolean high) {
        VectorSpecies<Long> species = longs(bits);
        long[] index = new long[species.length()];
        for (int lane = 0; lane < index.length; lane++) {
            index[lane] = source(lane, s, high, index.length);
        }
        return LongVector.fromArray(species, index, 0);
    }

    private static int source(int lane, int s, boolean high, int lanes) {
        int second = (lane >> s & 1) * lanes;
        int within = lane & ~(1 << s);
        return second + (high ? within | 1 << s : within);
    }

    /** Exchanges each lane with the one whose number differs in bit {@code s}. */
    static VectorShuffle<Integer> intExchange(int bits, int s) {
        return VectorShuffle.fromOp(ints(bits), lane -> lane ^ 1 << s);
    }

    /** The same for 64-bit lanes. */
    static VectorShuffle<Long> longExchange(int bits, int s) {
        return VectorShuffle.fromOp(longs(bits), lane -> lane ^ 1 << s);
    }

    /** The lanes in whose number bit {@code s} is set, or those where it is clear. */
    static VectorMask<Integer> intLanes(int bits, int s, boolean set) {
        return VectorMask.fromLong(ints(bits), lanesWithBit(s, set));
    }

    /** The same for 64-bit lanes. */
    static VectorMask<Long> longLanes(int bits, int s, boolean set) {
        return VectorMask.fromLong(longs(bits), lanesWithBit(s, set));
    }

    private static long lanesWithBit(int s, boolean set) {
        long lanes = 0;
        for (int lane = 0; lane < Integer.SIZE; lane++) {
            if ((lane >> s & 1) == (set ? 1 : 0)) {
                lanes |= 1L << lane;
            }
        }
        return lanes;
    }

    /** Rotates each row of 4 lanes left by {@code lanes}. */
    static VectorShuffle<Integer> rotateRow(int bits, int lanes) {
        return VectorShuffle.fromOp(ints(bits), lane -> lane & ~3 | lane + lanes & 3);
    }

    /** Repeats the 4 lanes from {@code first} all over the vector. */
    static VectorShuffle<Integer> repeatRow(int bits, int first) {
        return VectorShuffle.fromOp(ints(bits), lane -> first + (lane & 3));
    }

    /**
     * The block counters of the last rows of as many blocks as fit, beginning with {@code first}.
     */
    static IntVector rowCounters(int bits, int first) {
        VectorSpecies<Integer> species = ints(bits);
        int[] row = new int[species.length()];
        for (int lane = 0; lane < row.length; lane += 4) {
            row[lane] = first + lane / 4;
        }
        return IntVector.fromArray(species, row, 0);
    }

    /** The class of the vectors of ints; {@code unused} is there to be called like the others. */
    static Class<?> intClass(int bits, int unused) {
        return IntVector.zero(ints(bits)).getClass();
    }

    /** The class of the vectors of longs. */
    static Class<?> longClass(int bits, int unused) {
        return LongVector.zero(longs(bits)).getClass();
    }

    private static VectorSpecies<Integer> ints(int bits) {
        return VectorSpecies.of(int.class, VectorShape.forBitSize(bits));
    }

    private static VectorSpecies<Long> longs(int bits) {
        return VectorSpecies.of(long.class, VectorShape.forBitSize(bits));
    }
}
