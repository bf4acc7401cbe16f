package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of an IPv4 header (RFC 791 section 3.1). Big-endian.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|  IHL  |Type of Service|          Total Length         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Identification        |Flags|      Fragment Offset    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Time to Live |    Protocol   |         Header Checksum       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Source Address                          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Destination Address                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Options                    |    Padding    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Ipv4 {
    /** Bytes of a header without options. */
    public static final int MIN_HEADER_BYTES = 20;

    /** Bytes of the longest header. */
    public static final int MAX_HEADER_BYTES = 60;

    /** Largest packet. */
    public static final int MAX_BYTES = 65_535;

    /** {@link #flagsAndOffset}: don't fragment. */
    public static final int DONT_FRAGMENT = 0x4000;

    /** {@link #flagsAndOffset}: more fragments follow. */
    public static final int MORE_FRAGMENTS = 0x2000;

    /** {@link #flagsAndOffset}: the offset, in units of 8 bytes. */
    public static final int OFFSET_MASK = 0x1fff;

    static final int VERSION_IHL = 0;
    static final int TOS = 1;
    static final int TOTAL_LENGTH = 2;
    static final int IDENTIFICATION = 4;
    static final int FLAGS_OFFSET = 6;
    static final int TTL = 8;
    static final int PROTOCOL = 9;
    static final int CHECKSUM = 10;
    static final int SOURCE = 12;
    static final int DESTINATION = 16;
    static final int OPTIONS = 20;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_LOOSE_SOURCE_ROUTE = 131;
    private static final int OPTION_STRICT_SOURCE_ROUTE = 137;

    private Ipv4() {}

    /** Bytes of the header, options included. */
    public static int headerLength(long ip) {
        return (Memory.getByte(ip + VERSION_IHL) & 0xf) * 4;
    }

    /** Type of service: DSCP (6 bits) and ECN (2 bits). */
    public static int tos(long ip) {
        return Memory.getByte(ip + TOS);
    }

    /** Bytes of header and payload. */
    public static int totalLength(long ip) {
        return Memory.getShort(ip + TOTAL_LENGTH);
    }

    /** Identification, which the fragments of one packet share. */
    public static int identification(long ip) {
        return Memory.getShort(ip + IDENTIFICATION);
    }

    /** The 16 bits of flags and fragment offset. */
    public static int flagsAndOffset(long ip) {
        return Memory.getShort(ip + FLAGS_OFFSET);
    }

    /** Whether it must not be fragmented. */
    public static boolean dontFragment(long ip) {
        return (flagsAndOffset(ip) & DONT_FRAGMENT) != 0;
    }

    /** Where this fragment's payload belongs, in bytes. */
    public static int fragmentOffset(long ip) {
        return (flagsAndOffset(ip) & OFFSET_MASK) * 8;
    }

    /** Time to live, in hops. */
    public static int ttl(long ip) {
        return Memory.getByte(ip + TTL);
    }

    /** Upper-layer protocol. */
    public static int protocol(long ip) {
        return Memory.getByte(ip + PROTOCOL);
    }

    /** Header checksum. */
    public static int checksum(long ip) {
        return Memory.getShort(ip + CHECKSUM);
    }

    /** Source address, 32 bits. */
    public static int source(long ip) {
        return Memory.getInt(ip + SOURCE);
    }

    /** Destination address, 32 bits. */
    public static int destination(long ip) {
        return Memory.getInt(ip + DESTINATION);
    }

    /** Whether there is a loose or strict source route among the options, or they are garbage. */
    public static boolean hasSourceRoute(long ip) {
        long end = ip + headerLength(ip);
        long at = ip + OPTIONS;
        while (at < end) {
            int kind = Memory.getByte(at);
            if (kind == OPTION_END) {
                return false;
            }
            if (kind == OPTION_LOOSE_SOURCE_ROUTE || kind == OPTION_STRICT_SOURCE_ROUTE) {
                return true;
            }
            int length = kind == OPTION_NOP ? 1 : at + 1 < end ? Memory.getByte(at + 1) : 0;
            if (length < (kind == OPTION_NOP ? 1 : 2) || at + length > end) {
                return true;
            }
            at += length;
        }
        return false;
    }

    /**
     * Writes a header without options, its checksum included: identification 0, don't fragment.
     *
     * @param totalLength bytes of header and payload
     */
    public static void write(
            long ip, int tos, int totalLength, int ttl, int protocol, int source, int destination) {
        Memory.putShort(ip + VERSION_IHL, 0x4500 | tos);
        Memory.putShort(ip + TOTAL_LENGTH, totalLength);
        Memory.putInt(ip + IDENTIFICATION, DONT_FRAGMENT);
        Memory.putShort(ip + TTL, ttl << 8 | protocol);
        Memory.putShort(ip + CHECKSUM, 0);
        Memory.putInt(ip + SOURCE, source);
        Memory.putInt(ip + DESTINATION, destination);
        writeChecksum(ip);
    }

    /** Computes the header checksum afresh. */
    public static void writeChecksum(long ip) {
        Memory.putShort(ip + CHECKSUM, 0);
        Memory.putShort(ip + CHECKSUM, Checksum.of(ip, headerLength(ip)));
    }

    /** Changes DSCP and ECN. */
    public static void setTosUpdatingChecksum(long ip, int tos) {
        int before = Memory.getShort(ip + VERSION_IHL);
        int after = before & 0xff00 | tos & 0xff;
        Memory.putShort(ip + VERSION_IHL, after);
        updateChecksum(ip, Checksum.difference16(before, after));
    }

    /** Changes the total length. */
    public static void setTotalLengthUpdatingChecksum(long ip, int bytes) {
        int before = totalLength(ip);
        Memory.putShort(ip + TOTAL_LENGTH, bytes);
        updateChecksum(ip, Checksum.difference16(before, bytes));
    }

    /** Changes the identification. */
    public static void setIdentificationUpdatingChecksum(long ip, int identification) {
        int before = identification(ip);
        Memory.putShort(ip + IDENTIFICATION, identification);
        updateChecksum(ip, Checksum.difference16(before, identification));
    }

    /** Changes flags and fragment offset. */
    public static void setFlagsAndOffsetUpdatingChecksum(long ip, int flagsAndOffset) {
        int before = flagsAndOffset(ip);
        Memory.putShort(ip + FLAGS_OFFSET, flagsAndOffset);
        updateChecksum(ip, Checksum.difference16(before, flagsAndOffset));
    }

    /** Changes the time to live. */
    public static void setTtlUpdatingChecksum(long ip, int ttl) {
        int before = Memory.getShort(ip + TTL);
        int after = ttl << 8 & 0xff00 | before & 0xff;
        Memory.putShort(ip + TTL, after);
        updateChecksum(ip, Checksum.difference16(before, after));
    }

    /**
     * Changes the source address.
     *
     * @return the difference for the checksum of the upper layer, if that has a pseudo header
     */
    public static int setSourceUpdatingChecksum(long ip, int address) {
        int difference = Checksum.difference32(source(ip), address);
        Memory.putInt(ip + SOURCE, address);
        updateChecksum(ip, difference);
        return difference;
    }

    /**
     * Changes the destination address.
     *
     * @return the difference for the checksum of the upper layer, if that has a pseudo header
     */
    public static int setDestinationUpdatingChecksum(long ip, int address) {
        int difference = Checksum.difference32(destination(ip), address);
        Memory.putInt(ip + DESTINATION, address);
        updateChecksum(ip, difference);
        return difference;
    }

    /** Applies a difference of header words to the header checksum. */
    static void updateChecksum(long ip, int difference) {
        Memory.putShort(ip + CHECKSUM, Checksum.update(checksum(ip), difference));
    }
}
