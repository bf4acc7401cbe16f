package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * View of a TCP header (RFC 9293 section 3.1). Big-endian.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source Port          |       Destination Port        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Sequence Number                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Acknowledgment Number                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Data |       |C|E|U|A|P|R|S|F|                               |
 * | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 * |       |       |R|E|G|K|H|T|N|N|                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           Checksum            |         Urgent Pointer        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           [Options]                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Tcp {
    /** Bytes of a header without options. */
    public static final int MIN_HEADER_BYTES = 20;

    /** Where the checksum lies in the header; what virtio calls csum_offset. */
    public static final int CHECKSUM = 16;

    /** Flag: last segment. */
    public static final int FIN = 0x01;

    /** Flag: opens the connection. */
    public static final int SYN = 0x02;

    /** Flag: aborts the connection. */
    public static final int RST = 0x04;

    /** Flag: push. */
    public static final int PSH = 0x08;

    /** Flag: the acknowledgment number counts. */
    public static final int ACK = 0x10;

    /** Flag: the urgent pointer counts. */
    public static final int URG = 0x20;

    /** Flag: congestion echo (RFC 3168). */
    public static final int ECE = 0x40;

    /** Flag: congestion window reduced (RFC 3168). */
    public static final int CWR = 0x80;

    static final int SOURCE_PORT = 0;
    static final int DESTINATION_PORT = 2;
    static final int SEQUENCE = 4;
    static final int ACKNOWLEDGMENT = 8;
    static final int DATA_OFFSET = 12;
    static final int FLAGS = 13;
    static final int WINDOW = 14;
    static final int URGENT = 18;
    static final int OPTIONS = 20;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_MSS_BYTES = 4;

    private Tcp() {}

    /** Source port. */
    public static int sourcePort(long tcp) {
        return Memory.getShort(tcp + SOURCE_PORT);
    }

    /** Destination port. */
    public static int destinationPort(long tcp) {
        return Memory.getShort(tcp + DESTINATION_PORT);
    }

    /** Sequence number, modulo 2^32. */
    public static int sequence(long tcp) {
        return Memory.getInt(tcp + SEQUENCE);
    }

    /** Acknowledgment number, modulo 2^32. */
    public static int acknowledgment(long tcp) {
        return Memory.getInt(tcp + ACKNOWLEDGMENT);
    }

    /** Bytes of the header, options included. */
    public static int headerLength(long tcp) {
        return (Memory.getByte(tcp + DATA_OFFSET) >>> 4) * 4;
    }

    /** The byte with the header's length in its upper half and reserved bits in its lower. */
    public static int dataOffsetAndReserved(long tcp) {
        return Memory.getByte(tcp + DATA_OFFSET);
    }

    /** The eight flags from {@link #CWR} to {@link #FIN}. */
    public static int flags(long tcp) {
        return Memory.getByte(tcp + FLAGS);
    }

    /** Window, not scaled. */
    public static int window(long tcp) {
        return Memory.getShort(tcp + WINDOW);
    }

    /** Urgent pointer; counts only with {@link #URG}. */
    public static int urgentPointer(long tcp) {
        return Memory.getShort(tcp + URGENT);
    }

    /** Checksum. */
    public static int checksum(long tcp) {
        return Memory.getShort(tcp + CHECKSUM);
    }

    /** Writes the sequence number; the checksum is the caller's. */
    public static void setSequence(long tcp, int sequence) {
        Memory.putInt(tcp + SEQUENCE, sequence);
    }

    /** Writes the flags; the checksum is the caller's. */
    public static void setFlags(long tcp, int flags) {
        Memory.putByte(tcp + FLAGS, flags);
    }

    /** Writes a checksum, or a partial one. */
    public static void setChecksum(long tcp, int checksum) {
        Memory.putShort(tcp + CHECKSUM, checksum);
    }

    /**
     * Writes a header without options and with a checksum of 0, which the caller replaces.
     *
     * @param window not scaled
     */
    public static void write(
            long tcp,
            int sourcePort,
            int destinationPort,
            int sequence,
            int acknowledgment,
            int flags,
            int window) {
        Memory.putShort(tcp + SOURCE_PORT, sourcePort);
        Memory.putShort(tcp + DESTINATION_PORT, destinationPort);
        Memory.putInt(tcp + SEQUENCE, sequence);
        Memory.putInt(tcp + ACKNOWLEDGMENT, acknowledgment);
        Memory.putShort(tcp + DATA_OFFSET, 5 << 12 | flags);
        Memory.putShort(tcp + WINDOW, window);
        Memory.putInt(tcp + CHECKSUM, 0);
    }

    /**
     * Applies a difference of the pseudo header: changed addresses. Into that of a whole checksum,
     * one of words in the segment itself may be combined, such as changed ports; a partial one
     * covers only the pseudo header until the sender completes it.
     */
    public static void updateChecksumForPseudoHeader(long tcp, int difference, boolean partial) {
        int checksum = checksum(tcp);
        setChecksum(
                tcp,
                partial
                        ? Checksum.updatePartial(checksum, difference)
                        : Checksum.update(checksum, difference));
    }

    /**
     * Where the value of the maximum segment size option lies (RFC 9293 section 3.2), from {@code
     * tcp}; -1 when there is none or the options are malformed. May be odd: the option need not be
     * aligned.
     */
    static int mssOffset(long tcp) {
        int end = headerLength(tcp);
        int at = OPTIONS;
        while (at + 1 < end) {
            int kind = Memory.getByte(tcp + at);
            if (kind == OPTION_END) {
                return -1;
            }
            if (kind == OPTION_NOP) {
                at++;
                continue;
            }
            int length = Memory.getByte(tcp + at + 1);
            if (length < 2 || at + length > end) {
                return -1;
            }
            if (kind == OPTION_MSS && length == OPTION_MSS_BYTES) {
                return at + 2;
            }
            at += length;
        }
        return -1;
    }

    /**
     * Lowers the maximum segment size option of a SYN; never raises it.
     *
     * @return whether it was changed
     */
    public static boolean clampMssUpdatingChecksum(long tcp, int mss, boolean partial) {
        int offset = mssOffset(tcp);
        if (offset < 0) {
            return false;
        }
        int before = Memory.getShort(tcp + offset);
        if (before <= mss) {
            return false;
        }
        Memory.putShort(tcp + offset, mss);
        int difference = Checksum.difference16(before, mss);
        // At an odd offset the bytes are the other way round in the words that are summed.
        int swapped = Short.toUnsignedInt(Short.reverseBytes((short) difference));
        if (!partial) {
            setChecksum(
                    tcp, Checksum.update(checksum(tcp), (offset & 1) == 0 ? difference : swapped));
        }
        return true;
    }
}
