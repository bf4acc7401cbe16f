package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * The internet checksum (RFC 1071): sums, pseudo headers, and incremental change (RFC 1624).
 *
 * <p>A <em>sum</em> is a ones' complement sum of 16-bit big-endian words, folded to 16 bits, not
 * complemented. A <em>checksum</em> is what stands in a header: the complement of a sum. A
 * <em>difference</em> is what a change of covered words adds to a sum; it can be computed once for
 * a flow and applied to each of its packets, to checksums ({@link #update}) and to the partial ones
 * of super-frames ({@link #updatePartial}). Allocates nothing.
 */
public final class Checksum {
    private static final int ALL_ONES = 0xffff;

    private Checksum() {}

    /** The folded sum of {@code bytes} bytes; an odd last byte is padded with a zero byte. */
    public static int sum(long address, int bytes) {
        // The sum does not depend on byte order (RFC 1071 section 2(B)), so words are loaded in the
        // order that costs no swapping, and the result is swapped once. Counted by an int from an
        // address that is known to be one, this is a loop that the compiler turns into vectors.
        long first = Memory.below(address);
        int words = bytes / Integer.BYTES;
        long sum = 0;
        for (int word = 0; word < words; word++) {
            long at = first + (long) Integer.BYTES * word;
            sum += Integer.toUnsignedLong(Memory.getIntLittleEndian(at));
        }
        long at = first + (long) Integer.BYTES * words;
        if ((bytes & 2) != 0) {
            sum += Memory.getShortLittleEndian(at);
            at += 2;
        }
        if ((bytes & 1) != 0) {
            sum += Memory.getByte(at);
        }
        return Short.toUnsignedInt(Short.reverseBytes((short) fold(sum)));
    }

    /** Folds any sum of 16-bit or 32-bit words to 16 bits. */
    static int fold(long sum) {
        long folded = (sum & 0xffff_ffffL) + (sum >>> 32);
        folded = (folded & ALL_ONES) + (folded >>> 16);
        folded = (folded & ALL_ONES) + (folded >>> 16);
        folded = (folded & ALL_ONES) + (folded >>> 16);
        return (int) folded;
    }

    /** The checksum of a sum that is not folded yet. */
    public static int complement(long sum) {
        return ~fold(sum) & ALL_ONES;
    }

    /** The checksum over {@code bytes} bytes, in which the checksum's own field is zero. */
    public static int of(long address, int bytes) {
        return complement(sum(address, bytes));
    }

    /** Whether {@code bytes} bytes that include their checksum sum up as they must. */
    public static boolean isRight(long address, int bytes) {
        return sum(address, bytes) == ALL_ONES;
    }

    /**
     * Sum of the pseudo header (RFC 9293 section 3.1) of the IPv4 header at {@code ip}.
     *
     * @param length bytes of the upper-layer header and its payload
     */
    public static int pseudoHeaderIpv4(long ip, int protocol, int length) {
        return fold(
                Integer.toUnsignedLong(Ipv4.source(ip))
                        + Integer.toUnsignedLong(Ipv4.destination(ip))
                        + protocol
                        + length);
    }

    /**
     * Sum of the pseudo header (RFC 8200 section 8.1) of the IPv6 header at {@code ip}, whose
     * destination is the final one.
     *
     * @param length bytes of the upper-layer header and its payload
     */
    public static int pseudoHeaderIpv6(long ip, int protocol, int length) {
        return fold((long) sum(ip + Ipv6.SOURCE, 32) + protocol + length);
    }

    /** Sum of the pseudo header of an IP header of either version. */
    public static int pseudoHeader(long ip, int version, int protocol, int length) {
        return version == 4
                ? pseudoHeaderIpv4(ip, protocol, length)
                : pseudoHeaderIpv6(ip, protocol, length);
    }

    /** What changing a 16-bit word adds to a sum. */
    public static int difference16(int before, int after) {
        return fold((~before & ALL_ONES) + (after & ALL_ONES));
    }

    /** What changing a 32-bit word at an even offset adds to a sum. */
    public static int difference32(int before, int after) {
        return fold(Integer.toUnsignedLong(~before) + Integer.toUnsignedLong(after));
    }

    /** What changing a 64-bit word at an even offset adds to a sum. */
    static int difference64(long before, long after) {
        return fold(
                (long) difference32((int) (before >>> 32), (int) (after >>> 32))
                        + difference32((int) before, (int) after));
    }

    /** Two differences as one. */
    public static int combine(int difference, int another) {
        return fold((long) difference + another);
    }

    /** The checksum after a change of covered words: HC' = ~(~HC + ~m + m') (RFC 1624 eqn 3). */
    public static int update(int checksum, int difference) {
        return complement((long) (~checksum & ALL_ONES) + difference);
    }

    /** A partial checksum, which is a sum, after a change of the pseudo header. */
    public static int updatePartial(int sum, int difference) {
        return fold((long) sum + difference);
    }
}
