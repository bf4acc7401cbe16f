package io.jnat.wireguard.crypto;

import io.jnat.core.packet.Memory;

/**
 * Poly1305 (RFC 8439, section 2.5) of one message in plain arithmetic. Vector kernels take it for
 * short packets, and to put the parts of a longer one together that they computed side by side.
 *
 * <p>Numbers below 2^130 are limbs of 44, 44 and 42 bits. Nothing branches on or looks up a secret;
 * carries are bit logic, because C2 may make a branch of a comparison.
 *
 * <p>Owner: the thread of its cipher.
 */
public final class Poly1305 {
    /** The bits that r may have (RFC 8439, section 2.5), low half. */
    public static final long CLAMP_LOW = 0x0fff_fffc_0fff_ffffL;

    /** The high half. */
    public static final long CLAMP_HIGH = 0x0fff_fffc_0fff_fffcL;

    private static final long LOW_32 = 0xffff_ffffL;
    private static final long M44 = (1L << 44) - 1;
    private static final long M42 = (1L << 42) - 1;

    private long r0;
    private long r1;
    private long r2;
    private long h0;
    private long h1;
    private long h2;
    private long secretLow;
    private long secretHigh;
    private long tagLow;
    private long tagHigh;

    /** Nothing is begun yet. */
    public Poly1305() {}

    /**
     * Begins a message, with the four words of its key, which are the first of a packet's block 0
     * (RFC 8439, section 2.6): r, clamped here, and what is added at the end.
     */
    public void begin(long rLow, long rHigh, long secretLow, long secretHigh) {
        long low = rLow & CLAMP_LOW;
        long high = rHigh & CLAMP_HIGH;
        r0 = low & M44;
        r1 = (low >>> 44 | high << 20) & M44;
        r2 = high >>> 24;
        h0 = 0;
        h1 = 0;
        h2 = 0;
        this.secretLow = secretLow;
        this.secretHigh = secretHigh;
    }

    /** h = h + block; {@code top} is what stands at 2^128, at most 7. */
    public void add(long low, long high, long top) {
        h0 += low & M44;
        h1 += (low >>> 44 | high << 20) & M44;
        h2 += high >>> 24 | top << 40;
    }

    /** h = h + one lane's five 32-bit limbs, the last of up to 31 bits; see {@code PolyKernels}. */
    private void addLane(long[] limbs, int lanes, int lane) {
        long low = limbs[lane] & LOW_32 | limbs[lanes + lane] << 32;
        long high = limbs[2 * lanes + lane] & LOW_32 | limbs[3 * lanes + lane] << 32;
        long above = limbs[4 * lanes + lane];
        // 2^130 = 5 modulo p; what is above it goes round, so that h stays in its limbs
        long back = 5 * (above >>> 2);
        h0 += (low & M44) + back;
        h1 += (low >>> 44 | high << 20) & M44;
        h2 += high >>> 24 | (above & 3) << 40;
    }

    /** Makes the tag of one lane, whose last multiplication is done. */
    public void endLane(long[] limbs, int lanes, int lane) {
        end(
                limbs[lane] & LOW_32 | limbs[lanes + lane] << 32,
                limbs[2 * lanes + lane] & LOW_32 | limbs[3 * lanes + lane] << 32,
                limbs[4 * lanes + lane]);
    }

    /**
     * h = lane · r^(parts − 1)·blocks + next lane · r^(parts − 2)·blocks … + last lane: the value
     * of a text of which each lane holds an equal part.
     */
    public void joinLanes(long[] limbs, int lanes, int first, int parts, int blocks) {
        raise(blocks);
        long p0 = h0;
        long p1 = h1;
        long p2 = h2;
        h0 = 0;
        h1 = 0;
        h2 = 0;
        for (int part = 0; part < parts; part++) {
            if (part > 0) {
                multiply(p0, p1, p2);
            }
            addLane(limbs, lanes, first + part);
        }
    }

    /** h = r to the power of {@code exponent}, which is public. */
    private void raise(int exponent) {
        h0 = r0;
        h1 = r1;
        h2 = r2;
        for (int bit = Integer.highestOneBit(exponent) >>> 1; bit != 0; bit >>>= 1) {
            multiply(h0, h1, h2);
            if ((exponent & bit) != 0) {
                multiply(r0, r1, r2);
            }
        }
    }

    /** h = h · r. */
    public void multiply() {
        multiply(r0, r1, r2);
    }

    /**
     * h = h · b, limbs of h below 2^45. A product is cut at bit 44 where it arises, so that sums of
     * halves need no carry: {@link #above44} is its high part and a mask gives its low part.
     */
    private void multiply(long b0, long b1, long b2) {
        long a0 = h0;
        long a1 = h1;
        long a2 = h2;
        // 2^132 = 20 modulo p
        long s1 = 20 * b1;
        long s2 = 20 * b2;
        long d0 = (a0 * b0 & M44) + (a1 * s2 & M44) + (a2 * s1 & M44);
        long d1 = (a0 * b1 & M44) + (a1 * b0 & M44) + (a2 * s2 & M44);
        long d2 = (a0 * b2 & M44) + (a1 * b1 & M44) + (a2 * b0 & M44);
        d1 += above44(a0, b0) + above44(a1, s2) + above44(a2, s1);
        d2 += above44(a0, b1) + above44(a1, b0) + above44(a2, s2);
        long d3 = above44(a0, b2) + above44(a1, b1) + above44(a2, b0);
        d1 += d0 >>> 44;
        d2 += d1 >>> 44;
        d0 = (d0 & M44) + 20 * d3 + 5 * (d2 >>> 42);
        h0 = d0 & M44;
        h1 = (d1 & M44) + (d0 >>> 44);
        h2 = d2 & M42;
    }

    /** The product without its low 44 bits; a below 2^45, b below 2^50. */
    private static long above44(long a, long b) {
        return Math.unsignedMultiplyHigh(a << 19, b << 1);
    }

    /** 1 if {@code a + b} wrapped to {@code sum}. */
    private static long carryOf(long a, long b, long sum) {
        return (a & b | (a | b) & ~sum) >>> 63;
    }

    /** The whole of a text, its length block included. */
    public void absorb(long text, int bytes) {
        int whole = bytes & ~15;
        for (int at = 0; at < whole; at += 16) {
            add(
                    Memory.getLongLittleEndian(text + at),
                    Memory.getLongLittleEndian(text + at + 8),
                    1);
            multiply();
        }
        if (whole < bytes) {
            int low = Math.min(bytes - whole, 8);
            add(getBytes(text + whole, low), getBytes(text + whole + 8, bytes - whole - low), 1);
            multiply();
        }
        absorbLength(bytes);
    }

    /** The block behind the text: no associated data, so many bytes of text. */
    public void absorbLength(int bytes) {
        add(0, bytes, 1);
        multiply();
    }

    private static long getBytes(long address, int count) {
        long value = 0;
        for (int at = count - 1; at >= 0; at--) {
            value = value << 8 | Memory.getByte(address + at);
        }
        return value;
    }

    /** Makes the tag: h modulo p, plus the second half of the key. */
    public void end() {
        h1 += h0 >>> 44;
        h2 += h1 >>> 44;
        long h = h0 & M44 | h1 << 44;
        end(h, (h1 & M44) >>> 20 | h2 << 24, h2 >>> 40);
    }

    /** The same for h = l + m · 2^64 + t · 2^128, t below 2^40. */
    private void end(long l, long m, long t) {
        long back = 5 * (t >>> 2);
        long hLow = l + back;
        long carry = carryOf(l, back, hLow);
        long hHigh = m + carry;
        long hTop = (t & 3) + carryOf(m, carry, hHigh);
        // h is below 2p now. h + 5 reaches 2^130 when h is p or more, and is then h - p.
        long lessLow = hLow + 5;
        carry = carryOf(hLow, 5, lessLow);
        long lessHigh = hHigh + carry;
        long keep = (hTop + carryOf(hHigh, carry, lessHigh) >>> 2) - 1;
        hLow = hLow & keep | lessLow & ~keep;
        hHigh = hHigh & keep | lessHigh & ~keep;
        tagLow = hLow + secretLow;
        tagHigh = hHigh + secretHigh + carryOf(hLow, secretLow, tagLow);
    }

    /** Writes the tag to {@code address}. */
    public void putTag(long address) {
        Memory.putLongLittleEndian(address, tagLow);
        Memory.putLongLittleEndian(address + 8, tagHigh);
    }

    /** Whether the tag at {@code address} is this one; takes as long when it is not. */
    public boolean hasTag(long address) {
        long difference =
                Memory.getLongLittleEndian(address) ^ tagLow
                        | Memory.getLongLittleEndian(address + 8) ^ tagHigh;
        return difference == 0;
    }

    /** The low 64 bits of the tag. */
    public long tagLow() {
        return tagLow;
    }

    /** The high 64 bits of the tag. */
    public long tagHigh() {
        return tagHigh;
    }
}
