package io.jnat.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Numbers modulo p = 2^255 − 19, as X25519 computes with them (RFC 7748, section 4.1). A number is
 * an array of five limbs of 51 bits, low limb first. A result of a multiplication has limbs below
 * 2^51 + 2^16; sums and differences of two of these may be multiplied, sums of sums may not.
 *
 * <p>Nothing branches on a number or looks something up by it. Results may stand where operands
 * stood. Allocates nothing but new numbers.
 */
final class Field25519 {
    private static final int LIMBS = 5;
    private static final int BITS = 51;
    private static final long M51 = (1L << BITS) - 1;

    /** 2p in limbs, from which limbs of a result can be taken and leave none below zero. */
    private static final long TWO_P_LOW = 2 * (M51 - 18);

    private static final long TWO_P = 2 * M51;

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Field25519() {}

    /** A new number below 2^51. */
    static long[] number(long value) {
        long[] number = new long[LIMBS];
        number[0] = value;
        return number;
    }

    /** Reads 32 bytes, low byte first, without the top bit; p and above are taken as they are. */
    static long[] read(byte[] bytes) {
        long w0 = (long) WORD.get(bytes, 0);
        long w1 = (long) WORD.get(bytes, 8);
        long w2 = (long) WORD.get(bytes, 16);
        long w3 = (long) WORD.get(bytes, 24);
        return new long[] {
            w0 & M51,
            (w0 >>> 51 | w1 << 13) & M51,
            (w1 >>> 38 | w2 << 26) & M51,
            (w2 >>> 25 | w3 << 39) & M51,
            w3 >>> 12 & M51
        };
    }

    /** The 32 bytes of a result of a multiplication, reduced. */
    static byte[] bytes(long[] a) {
        long a1 = a[1] + (a[0] >>> BITS);
        long a2 = a[2] + (a1 >>> BITS);
        long a3 = a[3] + (a2 >>> BITS);
        long a4 = a[4] + (a3 >>> BITS);
        long a0 = (a[0] & M51) + 19 * (a4 >>> BITS);
        // It is below 2p now. What a + 19 carries beyond 2^255 says whether it is p or more.
        long carry = a0 + 19 >>> BITS;
        carry = (a1 & M51) + carry >>> BITS;
        carry = (a2 & M51) + carry >>> BITS;
        carry = (a3 & M51) + carry >>> BITS;
        carry = (a4 & M51) + carry >>> BITS;
        a0 += 19 * carry;
        a1 = (a1 & M51) + (a0 >>> BITS);
        a2 = (a2 & M51) + (a1 >>> BITS);
        a3 = (a3 & M51) + (a2 >>> BITS);
        a4 = (a4 & M51) + (a3 >>> BITS);
        byte[] bytes = new byte[4 * Long.BYTES];
        WORD.set(bytes, 0, a0 & M51 | a1 << 51);
        WORD.set(bytes, 8, (a1 & M51) >>> 13 | a2 << 38);
        WORD.set(bytes, 16, (a2 & M51) >>> 26 | a3 << 25);
        WORD.set(bytes, 24, (a3 & M51) >>> 39 | (a4 & M51) << 12);
        return bytes;
    }

    /** sum = a + b. */
    static void add(long[] sum, long[] a, long[] b) {
        for (int limb = 0; limb < LIMBS; limb++) {
            sum[limb] = a[limb] + b[limb];
        }
    }

    /** difference = a − b + 2p. */
    static void subtract(long[] difference, long[] a, long[] b) {
        difference[0] = a[0] + TWO_P_LOW - b[0];
        for (int limb = 1; limb < LIMBS; limb++) {
            difference[limb] = a[limb] + TWO_P - b[limb];
        }
    }

    /**
     * product = a · b. Of each product of limbs, a mask gives the part below bit 51 and {@link
     * #above51} the rest, which belongs to the next limb; what would be limb 5 and above comes back
     * 19-fold five limbs below, since 2^255 = 19 modulo p.
     */
    static void multiply(long[] product, long[] a, long[] b) {
        long a0 = a[0];
        long a1 = a[1];
        long a2 = a[2];
        long a3 = a[3];
        long a4 = a[4];
        long b0 = b[0];
        long b1 = b[1];
        long b2 = b[2];
        long b3 = b[3];
        long b4 = b[4];
        long c1 = 19 * b1;
        long c2 = 19 * b2;
        long c3 = 19 * b3;
        long c4 = 19 * b4;
        long d0 = low(a0, b0) + low(a1, c4) + low(a2, c3) + low(a3, c2) + low(a4, c1);
        long d1 = low(a0, b1) + low(a1, b0) + low(a2, c4) + low(a3, c3) + low(a4, c2);
        long d2 = low(a0, b2) + low(a1, b1) + low(a2, b0) + low(a3, c4) + low(a4, c3);
        long d3 = low(a0, b3) + low(a1, b2) + low(a2, b1) + low(a3, b0) + low(a4, c4);
        long d4 = low(a0, b4) + low(a1, b3) + low(a2, b2) + low(a3, b1) + low(a4, b0);
        d1 += above51(a0, b0) + above51(a1, c4) + above51(a2, c3) + above51(a3, c2);
        d1 += above51(a4, c1);
        d2 += above51(a0, b1) + above51(a1, b0) + above51(a2, c4) + above51(a3, c3);
        d2 += above51(a4, c2);
        d3 += above51(a0, b2) + above51(a1, b1) + above51(a2, b0) + above51(a3, c4);
        d3 += above51(a4, c3);
        d4 += above51(a0, b3) + above51(a1, b2) + above51(a2, b1) + above51(a3, b0);
        d4 += above51(a4, c4);
        long d5 = above51(a0, b4) + above51(a1, b3) + above51(a2, b2) + above51(a3, b1);
        d5 += above51(a4, b0);
        carry(product, d0, d1, d2, d3, d4, d5);
    }

    /** product = a · a, with two thirds of the work. */
    static void square(long[] product, long[] a) {
        long a0 = a[0];
        long a1 = a[1];
        long a2 = a[2];
        long a3 = a[3];
        long a4 = a[4];
        long b0 = 2 * a0;
        long b1 = 2 * a1;
        long c2 = 38 * a2;
        long c3 = 19 * a3;
        long c4 = 19 * a4;
        long e4 = 38 * a4;
        long d0 = low(a0, a0) + low(a1, e4) + low(a3, c2);
        long d1 = low(a1, b0) + low(a2, e4) + low(a3, c3);
        long d2 = low(a2, b0) + low(a1, a1) + low(a3, e4);
        long d3 = low(a3, b0) + low(a2, b1) + low(a4, c4);
        long d4 = low(a4, b0) + low(a3, b1) + low(a2, a2);
        d1 += above51(a0, a0) + above51(a1, e4) + above51(a3, c2);
        d2 += above51(a1, b0) + above51(a2, e4) + above51(a3, c3);
        d3 += above51(a2, b0) + above51(a1, a1) + above51(a3, e4);
        d4 += above51(a3, b0) + above51(a2, b1) + above51(a4, c4);
        long d5 = above51(a4, b0) + above51(a3, b1) + above51(a2, a2);
        carry(product, d0, d1, d2, d3, d4, d5);
    }

    /** product = a · factor, a factor below 2^51. */
    static void multiply(long[] product, long[] a, long factor) {
        carry(
                product,
                low(a[0], factor),
                low(a[1], factor) + above51(a[0], factor),
                low(a[2], factor) + above51(a[1], factor),
                low(a[3], factor) + above51(a[2], factor),
                low(a[4], factor) + above51(a[3], factor),
                above51(a[4], factor));
    }

    private static long low(long a, long b) {
        return a * b & M51;
    }

    /** The product without its low 51 bits; a below 2^53, b below 2^62. */
    private static long above51(long a, long b) {
        return Math.unsignedMultiplyHigh(a << 11, b << 2);
    }

    /** Makes limbs of sums below 2^62, the last of which stands at 2^255. */
    private static void carry(
            long[] product, long d0, long d1, long d2, long d3, long d4, long d5) {
        long e0 = d0 + 19 * d5;
        long e1 = d1 + (e0 >>> BITS);
        long e2 = d2 + (e1 >>> BITS);
        long e3 = d3 + (e2 >>> BITS);
        long e4 = d4 + (e3 >>> BITS);
        product[0] = (e0 & M51) + 19 * (e4 >>> BITS);
        product[1] = e1 & M51;
        product[2] = e2 & M51;
        product[3] = e3 & M51;
        product[4] = e4 & M51;
    }

    /** inverse = 1 / a, which is a^(p − 2); of zero it is zero. */
    static void invert(long[] inverse, long[] a) {
        long[] a9 = number(0);
        long[] a11 = number(0);
        long[] a31 = number(0); // a^(2^5 − 1)
        long[] t = number(0);
        squareTimes(t, a, 1);
        squareTimes(a9, t, 2);
        multiply(a9, a9, a);
        multiply(a11, a9, t);
        squareTimes(a31, a11, 1);
        multiply(a31, a31, a9);
        // Each step makes a^(2^(m + n) − 1) of a^(2^m − 1) and a^(2^n − 1).
        long[] a10 = joined(a31, 5, a31);
        long[] a20 = joined(a10, 10, a10);
        long[] a40 = joined(a20, 20, a20);
        long[] a50 = joined(a40, 10, a10);
        long[] a100 = joined(a50, 50, a50);
        long[] a200 = joined(a100, 100, a100);
        long[] a250 = joined(a200, 50, a50);
        // p − 2 = (2^250 − 1) · 2^5 + 11
        squareTimes(t, a250, 5);
        multiply(inverse, t, a11);
        wipe(a9, a11, a31, t, a10, a20, a40, a50, a100, a200, a250);
    }

    private static long[] joined(long[] high, int squarings, long[] low) {
        long[] joined = number(0);
        squareTimes(joined, high, squarings);
        multiply(joined, joined, low);
        return joined;
    }

    private static void squareTimes(long[] power, long[] a, int times) {
        square(power, a);
        for (int time = 1; time < times; time++) {
            square(power, power);
        }
    }

    static void wipe(long[]... numbers) {
        for (long[] number : numbers) {
            Arrays.fill(number, 0);
        }
    }

    /** Exchanges a and b if {@code bit} is 1, and does the same work if it is 0. */
    static void swap(int bit, long[] a, long[] b) {
        long mask = -(long) bit;
        for (int limb = 0; limb < LIMBS; limb++) {
            long difference = (a[limb] ^ b[limb]) & mask;
            a[limb] ^= difference;
            b[limb] ^= difference;
        }
    }
}
