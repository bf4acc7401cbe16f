package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of a UDP header (RFC 768). Big-endian.
 *
 * <pre>
 *  0      7 8     15 16    23 24    31
 * +--------+--------+--------+--------+
 * |   Source Port   | Destination Port|
 * +--------+--------+--------+--------+
 * |     Length      |    Checksum     |
 * +--------+--------+--------+--------+
 * </pre>
 *
 * <p>A whole checksum of 0 means that there is none: changes leave it alone. One that comes out as
 * 0 is sent as 0xffff. A partial checksum is a plain sum and knows neither rule.
 */
public final class Udp {
    /** Bytes of the header. */
    public static final int HEADER_BYTES = 8;

    /** Where the checksum lies in the header; what virtio calls csum_offset. */
    public static final int CHECKSUM = 6;

    /** Checksum field: there is none (IPv4 only). */
    public static final int NO_CHECKSUM = 0;

    static final int SOURCE_PORT = 0;
    static final int DESTINATION_PORT = 2;
    static final int LENGTH = 4;

    private Udp() {}

    /** Source port. */
    public static int sourcePort(long udp) {
        return Memory.getShort(udp + SOURCE_PORT);
    }

    /** Destination port. */
    public static int destinationPort(long udp) {
        return Memory.getShort(udp + DESTINATION_PORT);
    }

    /** Bytes of header and payload. */
    public static int length(long udp) {
        return Memory.getShort(udp + LENGTH);
    }

    /** Checksum. */
    public static int checksum(long udp) {
        return Memory.getShort(udp + CHECKSUM);
    }

    /** Writes the number of bytes of header and payload; the checksum is the caller's. */
    public static void setLength(long udp, int bytes) {
        Memory.putShort(udp + LENGTH, bytes);
    }

    /** Writes the checksum field as it is given: a partial one, or none. */
    public static void setChecksum(long udp, int checksum) {
        Memory.putShort(udp + CHECKSUM, checksum);
    }

    /** Writes a computed whole checksum: 0 becomes 0xffff. */
    public static void setComputedChecksum(long udp, int checksum) {
        Memory.putShort(udp + CHECKSUM, checksum == NO_CHECKSUM ? 0xffff : checksum);
    }

    /** Writes a header with a checksum of 0, which the caller replaces. */
    public static void write(long udp, int sourcePort, int destinationPort, int length) {
        Memory.putShort(udp + SOURCE_PORT, sourcePort);
        Memory.putShort(udp + DESTINATION_PORT, destinationPort);
        Memory.putShort(udp + LENGTH, length);
        Memory.putShort(udp + CHECKSUM, NO_CHECKSUM);
    }

    /**
     * Applies a difference of the pseudo header: changed addresses. Into that of a whole checksum,
     * one of words in the datagram itself may be combined, such as changed ports; a partial one
     * covers only the pseudo header until the sender completes it.
     */
    public static void updateChecksumForPseudoHeader(long udp, int difference, boolean partial) {
        int checksum = checksum(udp);
        if (partial) {
            setChecksum(udp, Checksum.updatePartial(checksum, difference));
        } else if (checksum != NO_CHECKSUM) {
            setComputedChecksum(udp, Checksum.update(checksum, difference));
        }
    }
}
