package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/**
 * Walks the extension headers of an IPv6 packet (RFC 8200 section 4). Each begins with the number
 * of the next header and, but for the fragment header, its own length in units of 8 bytes behind
 * the first 8.
 *
 * <pre>
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |  Hdr Ext Len  | Routing Type  | Segments Left |     a routing header
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
public final class Ipv6Chain {
    /** Choice of our own; RFC 8200 section 4.1 describes seven, one of them twice. */
    static final int MAX_HEADERS = 8;

    /** What extension headers are measured in, and a fragment header's length. */
    static final int UNIT_BYTES = 8;

    private static final int ROUTING_TYPE = 2;
    private static final int SEGMENTS_LEFT = 3;

    /** In a fragment header: the offset in bytes. */
    static final int FRAGMENT_OFFSET_MASK = 0xfff8;

    private Ipv6Chain() {}

    static boolean isExtension(int header) {
        return header == Protocol.HOP_BY_HOP
                || header == Protocol.ROUTING
                || header == Protocol.FRAGMENT
                || header == Protocol.DESTINATION_OPTIONS;
    }

    /** Bytes of the extension header at {@code at}, of which 8 can be read. */
    static int length(int header, long at) {
        return header == Protocol.FRAGMENT ? UNIT_BYTES : (Memory.getByte(at + 1) + 1) * UNIT_BYTES;
    }

    /**
     * Looks for the upper-layer header in the untrusted start of a packet, as an error quotes it.
     *
     * @param bytes of it, at least {@link Ipv6#HEADER_BYTES}
     * @return its offset, shifted left by 8, and its protocol; -1 when it is cut off, lies behind
     *     too many headers, or the packet is not the first fragment
     */
    public static int upperLayer(long ip, int bytes) {
        int next = Ipv6.nextHeader(ip);
        int at = Ipv6.HEADER_BYTES;
        for (int seen = 0; isExtension(next); seen++) {
            if (seen == MAX_HEADERS || bytes - at < UNIT_BYTES) {
                return -1;
            }
            boolean later =
                    next == Protocol.FRAGMENT
                            && (Memory.getShort(ip + at + 2) & FRAGMENT_OFFSET_MASK) != 0;
            if (later) {
                return -1;
            }
            int following = Memory.getByte(ip + at);
            at += length(next, ip + at);
            next = following;
            if (at > bytes) {
                return -1;
            }
        }
        return at << 8 | next;
    }

    /**
     * Whether a parsed packet is led over other addresses than its destination: routing headers of
     * type 0 (RFC 5095), and others with segments left, whose destination is not the final one.
     *
     * @param end where the extension headers end
     */
    public static boolean hasSourceRoute(long ip, int end) {
        int next = Ipv6.nextHeader(ip);
        int at = Ipv6.HEADER_BYTES;
        while (at < end && isExtension(next)) {
            if (next == Protocol.ROUTING
                    && (Memory.getByte(ip + at + ROUTING_TYPE) == 0
                            || Memory.getByte(ip + at + SEGMENTS_LEFT) != 0)) {
                return true;
            }
            int following = Memory.getByte(ip + at);
            at += length(next, ip + at);
            next = following;
        }
        return false;
    }
}
