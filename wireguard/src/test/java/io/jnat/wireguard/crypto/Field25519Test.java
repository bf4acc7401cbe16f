package io.jnat.wireguard.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against big integers, with limbs up to the bounds that the class names. */
final class Field25519Test {
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final long M51 = (1L << 51) - 1;

    /** What a limb of a result is below. */
    private static final long RESULT = (1L << 51) + (1L << 16);

    private final Random random = new Random(25519);

    /** Limbs of results: at the bound, at nothing, at the edges of p, and random. */
    private List<long[]> results() {
        List<long[]> numbers = new ArrayList<>();
        numbers.add(new long[] {RESULT - 1, RESULT - 1, RESULT - 1, RESULT - 1, RESULT - 1});
        numbers.add(new long[] {M51, M51, M51, M51, M51});
        for (int from = -2; from <= 2; from++) {
            numbers.add(new long[] {M51 - 18 + from, M51, M51, M51, M51});
        }
        for (int value = 0; value <= 20; value += 10) {
            numbers.add(new long[] {value, 0, 0, 0, 0});
        }
        for (int round = 0; round < 40; round++) {
            long[] number = new long[5];
            for (int limb = 0; limb < 5; limb++) {
                number[limb] = random.nextInt(4) == 0 ? RESULT - 1 : random.nextLong(RESULT);
            }
            numbers.add(number);
        }
        return numbers;
    }

    /** Results, their sums and their differences: all that may be multiplied. */
    private List<long[]> factors() {
        List<long[]> results = results();
        List<long[]> factors = new ArrayList<>(results);
        for (int at = 0; at + 1 < results.size(); at++) {
            factors.add(sum(results.get(at), results.get(at + 1)));
            factors.add(difference(results.get(at), results.get(at + 1)));
        }
        long[] largest = results.getFirst();
        factors.add(sum(largest, largest));
        factors.add(difference(largest, new long[5]));
        factors.add(difference(new long[5], largest));
        return factors;
    }

    private static long[] sum(long[] a, long[] b) {
        long[] sum = new long[5];
        Field25519.add(sum, a, b);
        return sum;
    }

    private static long[] difference(long[] a, long[] b) {
        long[] difference = new long[5];
        Field25519.subtract(difference, a, b);
        return difference;
    }

    private static BigInteger value(long[] number) {
        BigInteger value = BigInteger.ZERO;
        for (int limb = 4; limb >= 0; limb--) {
            assertTrue(number[limb] >= 0);
            value = value.shiftLeft(51).add(BigInteger.valueOf(number[limb]));
        }
        return value;
    }

    private static void assertIsResult(BigInteger expected, long[] number) {
        for (long limb : number) {
            assertTrue(limb < RESULT);
        }
        assertEquals(expected.mod(P), value(number).mod(P));
        assertEquals(expected.mod(P), littleEndian(Field25519.bytes(number)));
    }

    private static BigInteger littleEndian(byte[] bytes) {
        assertEquals(32, bytes.length);
        byte[] bigEndian = new byte[32];
        for (int at = 0; at < 32; at++) {
            bigEndian[at] = bytes[31 - at];
        }
        return new BigInteger(1, bigEndian);
    }

    @Test
    void sumsAndDifferencesAreRight() {
        List<long[]> results = results();
        for (long[] a : results) {
            for (long[] b : results) {
                assertEquals(value(a).add(value(b)), value(sum(a, b)));
                assertEquals(value(a).subtract(value(b)).mod(P), value(difference(a, b)).mod(P));
            }
        }
    }

    @Test
    void productsAreRightUpToTheBounds() {
        for (long[] a : factors()) {
            for (long[] b : factors()) {
                long[] c = new long[5];
                Field25519.multiply(c, a, b);
                assertIsResult(value(a).multiply(value(b)), c);
            }
        }
    }

    @Test
    void squaresAndSmallMultiplesAreRight() {
        for (long[] a : factors()) {
            long[] c = new long[5];
            Field25519.square(c, a);
            assertIsResult(value(a).multiply(value(a)), c);
            for (long factor : new long[] {0, 1, 121_665, M51}) {
                Field25519.multiply(c, a, factor);
                assertIsResult(value(a).multiply(BigInteger.valueOf(factor)), c);
            }
        }
    }

    @Test
    void resultsMayStandWhereOperandsStood() {
        for (long[] a : factors()) {
            long[] c = a.clone();
            Field25519.multiply(c, c, c);
            assertIsResult(value(a).multiply(value(a)), c);
            c = a.clone();
            Field25519.square(c, c);
            assertIsResult(value(a).multiply(value(a)), c);
            c = a.clone();
            Field25519.invert(c, c);
            assertIsResult(value(a).modPow(P.subtract(BigInteger.TWO), P), c);
        }
    }

    @Test
    void bytesAreReadWithoutTheTopBitAndWrittenReduced() {
        for (int round = 0; round < 200; round++) {
            byte[] bytes = new byte[32];
            random.nextBytes(bytes);
            if (round < 40) {
                Arrays.fill(bytes, 1, 32, (byte) 0xff);
                bytes[0] = (byte) (0xed - 20 + round);
            }
            BigInteger expected = littleEndian(bytes).clearBit(255);
            long[] number = Field25519.read(bytes);
            assertEquals(expected, value(number));
            assertEquals(expected.mod(P), littleEndian(Field25519.bytes(number)));
        }
    }

    @Test
    void swapsOnlyWithTheBit() {
        long[] a = {1, 2, 3, 4, 5};
        long[] b = {6, 7, 8, 9, 10};
        Field25519.swap(0, a, b);
        assertArrayEquals(new long[] {1, 2, 3, 4, 5}, a);
        Field25519.swap(1, a, b);
        assertArrayEquals(new long[] {6, 7, 8, 9, 10}, a);
        assertArrayEquals(new long[] {1, 2, 3, 4, 5}, b);
    }
}
