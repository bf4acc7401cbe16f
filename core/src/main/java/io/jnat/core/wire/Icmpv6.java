package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of an ICMPv6 header (RFC 4443 section 2.1). Big-endian. The checksum covers the message and
 * the pseudo header.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  echo: Identifier             |  echo: Sequence Number        |
 * |  packet too big: MTU                                          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  error: the packet that caused it, from its IPv6 header       |
 * </pre>
 */
public final class Icmpv6 {
    /** Bytes of the header with the 32 bits that every message has behind the checksum. */
    public static final int HEADER_BYTES = 8;

    /** Type of an error: not delivered; the code says why. */
    public static final int DESTINATION_UNREACHABLE = 1;

    /** Type of an error: larger than the next link takes. */
    public static final int PACKET_TOO_BIG = 2;

    /** Type of an error: hop limit or reassembly time has run out. */
    public static final int TIME_EXCEEDED = 3;

    /** Type of an error: a header field makes no sense. */
    public static final int PARAMETER_PROBLEM = 4;

    /** Type of a query. */
    public static final int ECHO_REQUEST = 128;

    /** Type of an answer to {@link #ECHO_REQUEST}. */
    public static final int ECHO_REPLY = 129;

    /** Code of {@link #DESTINATION_UNREACHABLE}: forbidden. */
    public static final int ADMINISTRATIVELY_PROHIBITED = 1;

    /** Code of {@link #DESTINATION_UNREACHABLE}: the address. */
    public static final int ADDRESS_UNREACHABLE = 3;

    /** Code of {@link #DESTINATION_UNREACHABLE}: the port. */
    public static final int PORT_UNREACHABLE = 4;

    private static final int FIRST_INFORMATIONAL_TYPE = 128;

    static final int TYPE = 0;
    static final int CHECKSUM = 2;
    static final int IDENTIFIER = 4;

    private Icmpv6() {}

    /** Type. */
    public static int type(long icmp) {
        return Memory.getByte(icmp + TYPE);
    }

    /** Checksum. */
    public static int checksum(long icmp) {
        return Memory.getShort(icmp + CHECKSUM);
    }

    /** Identifier of an echo. */
    public static int identifier(long icmp) {
        return Memory.getShort(icmp + IDENTIFIER);
    }

    /** Whether messages of this type have an identifier. */
    public static boolean isQuery(int type) {
        return type == ECHO_REQUEST || type == ECHO_REPLY;
    }

    /** Whether messages of this type quote the packet that caused them. */
    public static boolean isError(int type) {
        return type < FIRST_INFORMATIONAL_TYPE;
    }

    /**
     * Writes a header.
     *
     * @param ip the IPv6 header, addresses included
     * @param rest the 32 bits behind the checksum
     * @param bytes of the whole message, which lies there already
     */
    public static void write(long icmp, long ip, int type, int code, int rest, int bytes) {
        Memory.putShort(icmp + TYPE, type << 8 | code);
        Memory.putInt(icmp + IDENTIFIER, rest);
        writeChecksum(icmp, ip, bytes);
    }

    /** Computes the checksum of a message of {@code bytes} bytes afresh. */
    static void writeChecksum(long icmp, long ip, int bytes) {
        Memory.putShort(icmp + CHECKSUM, 0);
        long sum =
                (long) Checksum.pseudoHeaderIpv6(ip, Protocol.ICMPV6, bytes)
                        + Checksum.sum(icmp, bytes);
        Memory.putShort(icmp + CHECKSUM, Checksum.complement(sum));
    }

    /** Applies a difference of words in the message or of the pseudo header. */
    static void updateChecksum(long icmp, int difference) {
        Memory.putShort(icmp + CHECKSUM, Checksum.update(checksum(icmp), difference));
    }
}
