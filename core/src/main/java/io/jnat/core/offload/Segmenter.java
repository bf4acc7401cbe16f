package io.jnat.core.offload;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;

/**
 * Cuts super-frames to the packets that they stand for, and completes partial checksums. For the
 * tunnel, and for devices without offload. The packet is parsed; it is not changed by cutting.
 *
 * <p>What differs between the segments: IP length, IPv4 identification (counted up), TCP sequence
 * number; FIN and PSH stand only on the last, CWR only on the first (RFC 3168 section 6.1.2); UDP
 * length; and all checksums. Allocates nothing.
 */
public final class Segmenter {
    private Segmenter() {}

    /** How many packets {@link #writeSegment} makes of it; 1 for a single packet. */
    public static int segmentCount(Packet packet) {
        return packet.segments();
    }

    /** Bytes of the packet that {@link #writeSegment} makes for this index. */
    public static int segmentLength(Packet packet, int index) {
        if (packet.gsoSize == 0) {
            return packet.length;
        }
        int headers = packet.transportOffset + packet.transportHeaderLength;
        int payload = packet.length - headers - index * packet.gsoSize;
        return headers + Math.min(payload, packet.gsoSize);
    }

    /**
     * Writes one of the packets, with all checksums complete. A single packet is copied, and its
     * checksum completed in the copy.
     *
     * @param index from 0 to {@link #segmentCount} - 1
     * @param to where to; there is room for {@link #segmentLength} bytes
     * @return its length in bytes
     */
    public static int writeSegment(Packet packet, int index, long to) {
        if (packet.gsoSize == 0) {
            Memory.copy(packet.address, to, packet.length);
            if (packet.needsChecksum) {
                complete(packet, to);
            }
            return packet.length;
        }
        int headers = packet.transportOffset + packet.transportHeaderLength;
        int length = segmentLength(packet, index);
        Memory.copy(packet.address, to, headers);
        Memory.copy(
                packet.address + headers + (long) index * packet.gsoSize,
                to + headers,
                length - headers);
        writeIpLength(packet, index, to, length);
        long transport = to + packet.transportOffset;
        int transportLength = length - packet.transportOffset;
        // The field holds the pseudo header's sum with the length of the whole super-frame.
        int pseudoHeader =
                Checksum.updatePartial(
                        Memory.getShort(transport + packet.checksumOffset),
                        Checksum.difference16(
                                packet.length - packet.transportOffset, transportLength));
        if (packet.protocol == Protocol.TCP) {
            finishTcp(packet, index, transport, transportLength, pseudoHeader);
        } else {
            finishUdp(transport, transportLength, pseudoHeader);
        }
        return length;
    }

    private static void writeIpLength(Packet packet, int index, long ip, int length) {
        if (packet.ipVersion == 4) {
            Ipv4.setTotalLengthUpdatingChecksum(ip, length);
            Ipv4.setIdentificationUpdatingChecksum(ip, Ipv4.identification(ip) + index);
        } else {
            Ipv6.setPayloadLength(ip, length - Ipv6.HEADER_BYTES);
        }
    }

    private static void finishTcp(
            Packet packet, int index, long tcp, int length, int pseudoHeader) {
        int flags = Tcp.flags(tcp);
        if (index > 0) {
            flags &= ~Tcp.CWR;
        }
        if (index < packet.segments() - 1) {
            flags &= ~(Tcp.FIN | Tcp.PSH);
        }
        Tcp.setFlags(tcp, flags);
        Tcp.setSequence(tcp, Tcp.sequence(tcp) + index * packet.gsoSize);
        Tcp.setChecksum(tcp, pseudoHeader);
        Tcp.setChecksum(tcp, Checksum.of(tcp, length));
    }

    private static void finishUdp(long udp, int length, int pseudoHeader) {
        Udp.setLength(udp, length);
        Udp.setChecksum(udp, pseudoHeader);
        Udp.setComputedChecksum(udp, Checksum.of(udp, length));
    }

    /**
     * Completes the partial checksum of a single packet in place; does nothing when it is complete.
     */
    public static void finishChecksum(Packet packet) {
        if (packet.needsChecksum && packet.gsoSize == 0) {
            complete(packet, packet.address);
            packet.needsChecksum = false;
            packet.checksumValid = true;
        }
    }

    /** The field is part of what is summed: it brings the pseudo header in. */
    private static void complete(Packet packet, long ip) {
        long start = ip + packet.checksumStart;
        int checksum = Checksum.of(start, packet.length - packet.checksumStart);
        if (packet.protocol == Protocol.UDP) {
            Udp.setComputedChecksum(start, checksum);
        } else {
            Memory.putShort(start + packet.checksumOffset, checksum);
        }
    }
}
