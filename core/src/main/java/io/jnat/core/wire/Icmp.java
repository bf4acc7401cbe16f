package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of an ICMP header (RFC 792). Big-endian. The checksum covers the whole message and no pseudo
 * header.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  query: Identifier            |  query: Sequence Number       |
 * |  error: unused | Length (RFC 4884) |  3/4: Next-Hop MTU (RFC 1191) |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  error: the packet that caused it, from its IP header         |
 * </pre>
 */
public final class Icmp {
    /** Bytes of the header. */
    public static final int HEADER_BYTES = 8;

    /** Type of an answer to {@link #ECHO_REQUEST}. */
    public static final int ECHO_REPLY = 0;

    /** Type of an error: not delivered; the code says why. */
    public static final int DESTINATION_UNREACHABLE = 3;

    /** Type of an error: slow down; obsolete (RFC 6633). */
    public static final int SOURCE_QUENCH = 4;

    /** Type of an advice: another router is nearer. */
    public static final int REDIRECT = 5;

    /** Type of a query. */
    public static final int ECHO_REQUEST = 8;

    /** Type of an error: time to live or reassembly time has run out. */
    public static final int TIME_EXCEEDED = 11;

    /** Type of an error: a header field makes no sense. */
    public static final int PARAMETER_PROBLEM = 12;

    /** Type of a query for the time. */
    public static final int TIMESTAMP_REQUEST = 13;

    /** Type of an answer to {@link #TIMESTAMP_REQUEST}. */
    public static final int TIMESTAMP_REPLY = 14;

    /** Code of {@link #DESTINATION_UNREACHABLE}: the host. */
    public static final int HOST_UNREACHABLE = 1;

    /** Code of {@link #DESTINATION_UNREACHABLE}: the port. */
    public static final int PORT_UNREACHABLE = 3;

    /** Code of {@link #DESTINATION_UNREACHABLE}: too large, and it must not be fragmented. */
    public static final int FRAGMENTATION_NEEDED = 4;

    /** Code of {@link #DESTINATION_UNREACHABLE}: forbidden (RFC 1812). */
    public static final int ADMINISTRATIVELY_PROHIBITED = 13;

    static final int TYPE = 0;
    static final int CHECKSUM = 2;
    static final int IDENTIFIER = 4;

    /** Echo, timestamp, information and address mask, requests and replies. */
    private static final int QUERY_TYPES =
            1 << ECHO_REPLY
                    | 1 << ECHO_REQUEST
                    | 1 << TIMESTAMP_REQUEST
                    | 1 << TIMESTAMP_REPLY
                    | 1 << 15
                    | 1 << 16
                    | 1 << 17
                    | 1 << 18;

    private static final int ERROR_TYPES =
            1 << DESTINATION_UNREACHABLE
                    | 1 << SOURCE_QUENCH
                    | 1 << REDIRECT
                    | 1 << TIME_EXCEEDED
                    | 1 << PARAMETER_PROBLEM;

    private Icmp() {}

    /** Type. */
    public static int type(long icmp) {
        return Memory.getByte(icmp + TYPE);
    }

    /** Checksum. */
    public static int checksum(long icmp) {
        return Memory.getShort(icmp + CHECKSUM);
    }

    /** Identifier of a query. */
    public static int identifier(long icmp) {
        return Memory.getShort(icmp + IDENTIFIER);
    }

    /** Whether messages of this type have an identifier: requests and their replies. */
    public static boolean isQuery(int type) {
        return type < Integer.SIZE && (QUERY_TYPES >>> type & 1) != 0;
    }

    /** Whether messages of this type quote the packet that caused them. */
    public static boolean isError(int type) {
        return type < Integer.SIZE && (ERROR_TYPES >>> type & 1) != 0;
    }

    /**
     * Writes a header.
     *
     * @param rest the 32 bits behind the checksum
     * @param bytes of the whole message, which lies there already
     */
    public static void write(long icmp, int type, int code, int rest, int bytes) {
        Memory.putShort(icmp + TYPE, type << 8 | code);
        Memory.putInt(icmp + IDENTIFIER, rest);
        writeChecksum(icmp, bytes);
    }

    /** Computes the checksum of a message of {@code bytes} bytes afresh. */
    static void writeChecksum(long icmp, int bytes) {
        Memory.putShort(icmp + CHECKSUM, 0);
        Memory.putShort(icmp + CHECKSUM, Checksum.of(icmp, bytes));
    }

    /** Changes a query's identifier. */
    public static void setIdentifierUpdatingChecksum(long icmp, int identifier) {
        int before = identifier(icmp);
        Memory.putShort(icmp + IDENTIFIER, identifier);
        updateChecksum(icmp, Checksum.difference16(before, identifier));
    }

    /** Applies a difference of words in the message. */
    public static void updateChecksum(long icmp, int difference) {
        Memory.putShort(icmp + CHECKSUM, Checksum.update(checksum(icmp), difference));
    }
}
