package io.jnat.core.offload;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Ipv4;

/**
 * Cuts a single IPv4 packet to fragments that fit a path (RFC 791 section 3.2), where it may be:
 * whether Don't Fragment is set, the caller has looked. The packet may be a fragment itself.
 * Allocates nothing.
 */
public final class Fragmenter {
    /** Every path takes fragments of this size (RFC 791 section 3.2). */
    private static final int MIN_MTU_BYTES = 68;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;

    /** Set in the type of options that stand in every fragment (RFC 791 section 3.1). */
    private static final int OPTION_COPIED = 0x80;

    private Fragmenter() {}

    /**
     * Makes a parsed packet ready to be cut: a partial checksum is completed in place, because it
     * can't be done once the packet is in pieces.
     *
     * @param mtu largest fragment in bytes
     * @return how many fragments {@link #writeFragment} makes, or 0 when it can't be: not IPv4, a
     *     super-frame, or an MTU below 68 bytes
     */
    public static int prepare(Packet packet, int mtu) {
        if (packet.ipVersion != 4 || packet.gsoSize != 0 || mtu < MIN_MTU_BYTES) {
            return 0;
        }
        Segmenter.finishChecksum(packet);
        if (packet.length <= mtu) {
            return 1;
        }
        int headerLength = Ipv4.headerLength(packet.address);
        int step = step(headerLength, mtu);
        return (packet.length - headerLength + step - 1) / step;
    }

    /**
     * Writes one fragment.
     *
     * @param index from 0 to what {@link #prepare} returned - 1
     * @param to where to; there is room for {@code mtu} bytes
     * @return its length in bytes
     */
    public static int writeFragment(Packet packet, int mtu, int index, long to) {
        long ip = packet.address;
        if (packet.length <= mtu) {
            Memory.copy(ip, to, packet.length);
            return packet.length;
        }
        int headerLength = Ipv4.headerLength(ip);
        int step = step(headerLength, mtu);
        int from = index * step;
        int payload = Math.min(step, packet.length - headerLength - from);
        int newHeaderLength = index == 0 ? headerLength : writeLaterHeader(ip, headerLength, to);
        if (index == 0) {
            Memory.copy(ip, to, headerLength);
        }
        Memory.copy(ip + headerLength + from, to + newHeaderLength, payload);
        boolean last = headerLength + from + payload == packet.length;
        int flagsAndOffset = Ipv4.flagsAndOffset(ip) + from / 8;
        Ipv4.setTotalLengthUpdatingChecksum(to, newHeaderLength + payload);
        Ipv4.setFlagsAndOffsetUpdatingChecksum(
                to, last ? flagsAndOffset : flagsAndOffset | Ipv4.MORE_FRAGMENTS);
        return newHeaderLength + payload;
    }

    private static int step(int headerLength, int mtu) {
        return (mtu - headerLength) & -8;
    }

    /** The header with only those options that every fragment carries; returns its length. */
    private static int writeLaterHeader(long ip, int headerLength, long to) {
        Memory.copy(ip, to, Ipv4.MIN_HEADER_BYTES);
        int at = Ipv4.MIN_HEADER_BYTES;
        int end = Ipv4.MIN_HEADER_BYTES;
        while (at < headerLength) {
            int kind = Memory.getByte(ip + at);
            if (kind == OPTION_END) {
                break;
            }
            int length =
                    kind == OPTION_NOP || at + 1 == headerLength ? 1 : Memory.getByte(ip + at + 1);
            if (length < 1 || at + length > headerLength) {
                break; // garbage: no fragment but the first carries it
            }
            if ((kind & OPTION_COPIED) != 0 && length > 1) {
                Memory.copy(ip + at, to + end, length);
                end += length;
            }
            at += length;
        }
        while (end % Integer.BYTES != 0) {
            Memory.putByte(to + end++, OPTION_END);
        }
        Memory.putByte(to, 4 << 4 | end / Integer.BYTES);
        Ipv4.writeChecksum(to);
        return end;
    }
}
