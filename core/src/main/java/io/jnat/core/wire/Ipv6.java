package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of an IPv6 header (RFC 8200 section 3). Big-endian; an address is two 64-bit halves.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Traffic Class |           Flow Label                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Payload Length        |  Next Header  |   Hop Limit   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Source Address (16 bytes)             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Destination Address (16 bytes)           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Ipv6 {
    /** Bytes of the fixed header. */
    public static final int HEADER_BYTES = 40;

    /** Every link takes packets of this size (RFC 8200 section 5). */
    public static final int MIN_MTU_BYTES = 1280;

    static final int VERSION_CLASS_LABEL = 0;
    static final int PAYLOAD_LENGTH = 4;
    static final int NEXT_HEADER = 6;
    static final int HOP_LIMIT = 7;
    static final int SOURCE = 8;
    static final int DESTINATION = 24;

    private Ipv6() {}

    /** Traffic class: DSCP (6 bits) and ECN (2 bits). */
    public static int trafficClass(long ip) {
        return Memory.getShort(ip + VERSION_CLASS_LABEL) >>> 4 & 0xff;
    }

    /** Bytes behind the fixed header, extension headers included. */
    public static int payloadLength(long ip) {
        return Memory.getShort(ip + PAYLOAD_LENGTH);
    }

    /** Bytes of the whole packet. */
    public static int totalLength(long ip) {
        return HEADER_BYTES + payloadLength(ip);
    }

    /** First extension header or upper-layer protocol. */
    public static int nextHeader(long ip) {
        return Memory.getByte(ip + NEXT_HEADER);
    }

    /** Hop limit. */
    public static int hopLimit(long ip) {
        return Memory.getByte(ip + HOP_LIMIT);
    }

    /** Source address, upper half. */
    public static long sourceHigh(long ip) {
        return Memory.getLong(ip + SOURCE);
    }

    /** Source address, lower half. */
    public static long sourceLow(long ip) {
        return Memory.getLong(ip + SOURCE + 8);
    }

    /** Destination address, upper half. */
    public static long destinationHigh(long ip) {
        return Memory.getLong(ip + DESTINATION);
    }

    /** Destination address, lower half. */
    public static long destinationLow(long ip) {
        return Memory.getLong(ip + DESTINATION + 8);
    }

    /** Writes everything but the addresses; flow label 0. */
    public static void write(
            long ip, int trafficClass, int payloadLength, int nextHeader, int hopLimit) {
        Memory.putInt(ip + VERSION_CLASS_LABEL, 6 << 28 | trafficClass << 20);
        Memory.putShort(ip + PAYLOAD_LENGTH, payloadLength);
        Memory.putShort(ip + NEXT_HEADER, nextHeader << 8 | hopLimit);
    }

    /** Changes DSCP and ECN. */
    public static void setTrafficClass(long ip, int trafficClass) {
        int before = Memory.getShort(ip + VERSION_CLASS_LABEL);
        Memory.putShort(ip + VERSION_CLASS_LABEL, before & 0xf00f | (trafficClass & 0xff) << 4);
    }

    /** Changes the number of bytes behind the fixed header. */
    public static void setPayloadLength(long ip, int bytes) {
        Memory.putShort(ip + PAYLOAD_LENGTH, bytes);
    }

    /**
     * Changes the source address.
     *
     * @return the difference for the checksum of the upper layer
     */
    public static int setSource(long ip, long high, long low) {
        return setAddress(ip + SOURCE, high, low);
    }

    /**
     * Changes the destination address.
     *
     * @return the difference for the checksum of the upper layer
     */
    public static int setDestination(long ip, long high, long low) {
        return setAddress(ip + DESTINATION, high, low);
    }

    private static int setAddress(long at, long high, long low) {
        int difference =
                Checksum.combine(
                        Checksum.difference64(Memory.getLong(at), high),
                        Checksum.difference64(Memory.getLong(at + 8), low));
        Memory.putLong(at, high);
        Memory.putLong(at + 8, low);
        return difference;
    }
}
