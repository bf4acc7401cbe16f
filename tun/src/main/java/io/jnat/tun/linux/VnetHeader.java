package io.jnat.tun.linux;

import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * The 10 bytes in front of every packet of a TUN device with IFF_VNET_HDR ({@code struct
 * virtio_net_hdr}, little-endian on the machines that jnat runs on):
 *
 * <pre>
 *  0      1         2          4          6            8
 * +------+---------+----------+----------+------------+-------------+
 * | flags| gso_type| hdr_len  | gso_size | csum_start | csum_offset |
 * +------+---------+----------+----------+------------+-------------+
 * </pre>
 *
 * They lie directly before {@link Packet#address}, in its headroom. hdr_len is a hint that kernels
 * fill in differently; it is never believed. Allocates nothing.
 */
final class VnetHeader {
    static final int BYTES = 10;

    private static final int NEEDS_CHECKSUM = 1;
    private static final int CHECKSUM_VALID = 2;

    /** Bit of gso_type that says that the first segment carries CWR; Linux needs no reminding. */
    private static final int GSO_ECN = 0x80;

    private static final int MIN_IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int MIN_TCP_HEADER_BYTES = 20;
    private static final int UDP_HEADER_BYTES = 8;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int UDP_CHECKSUM_OFFSET = 6;

    private VnetHeader() {}

    /**
     * Takes the header that the kernel wrote over into a packet whose {@code address} and {@code
     * length} are set.
     *
     * @return null when it makes sense, else why the packet must be dropped
     */
    static @Nullable DropReason accept(Packet packet) {
        long header = packet.address - BYTES;
        int flags = Memory.getByte(header);
        int type = Memory.getByte(header + 1) & ~GSO_ECN;
        if ((flags & NEEDS_CHECKSUM) != 0) {
            packet.needsChecksum = true;
            packet.checksumStart = Memory.getShortLittleEndian(header + 6);
            packet.checksumOffset = Memory.getShortLittleEndian(header + 8);
            if (packet.checksumStart < MIN_IPV4_HEADER_BYTES
                    || packet.checksumStart + packet.checksumOffset + Short.BYTES > packet.length) {
                return DropReason.BAD_RECEIVE_METADATA;
            }
        }
        packet.checksumValid = (flags & CHECKSUM_VALID) != 0;
        if (type == Packet.GSO_NONE) {
            return null;
        }
        packet.gsoType = type;
        packet.gsoSize = Memory.getShortLittleEndian(header + 4);
        return isSuperFrame(packet) ? null : DropReason.BAD_SUPER_FRAME;
    }

    private static boolean isSuperFrame(Packet packet) {
        if (!packet.needsChecksum || packet.gsoSize == 0) {
            return false;
        }
        int version = Memory.getByte(packet.address) >>> 4;
        if (version == 4) {
            if (packet.checksumStart != (Memory.getByte(packet.address) & 15) * Integer.BYTES) {
                return false;
            }
        } else if (version != 6 || packet.checksumStart < IPV6_HEADER_BYTES) {
            return false;
        }
        int transportBytes =
                switch (packet.gsoType) {
                    case Packet.GSO_TCP4 -> version == 4 ? tcpHeaderBytes(packet) : 0;
                    case Packet.GSO_TCP6 -> version == 6 ? tcpHeaderBytes(packet) : 0;
                    case Packet.GSO_UDP -> udpHeaderBytes(packet);
                    default -> 0;
                };
        int payload = packet.length - packet.checksumStart - transportBytes;
        int segments = (payload + packet.gsoSize - 1) / packet.gsoSize;
        return transportBytes != 0 && payload > 0 && segments <= DatagramBatch.MAX_DATAGRAMS;
    }

    private static int tcpHeaderBytes(Packet packet) {
        if (packet.checksumOffset != TCP_CHECKSUM_OFFSET
                || packet.checksumStart + MIN_TCP_HEADER_BYTES > packet.length) {
            return 0;
        }
        long tcp = packet.address + packet.checksumStart;
        int bytes = (Memory.getByte(tcp + TCP_DATA_OFFSET) >>> 4) * Integer.BYTES;
        return bytes < MIN_TCP_HEADER_BYTES ? 0 : bytes;
    }

    private static int udpHeaderBytes(Packet packet) {
        return packet.checksumOffset == UDP_CHECKSUM_OFFSET ? UDP_HEADER_BYTES : 0;
    }

    /** Writes the header for a packet or super-frame into its headroom. */
    static void write(Packet packet) {
        long header = packet.address - BYTES;
        int flags = packet.needsChecksum ? NEEDS_CHECKSUM : 0;
        if (packet.checksumValid && !packet.needsChecksum) {
            flags |= CHECKSUM_VALID;
        }
        Memory.putByte(header, flags);
        Memory.putShortLittleEndian(header + 6, packet.needsChecksum ? packet.checksumStart : 0);
        Memory.putShortLittleEndian(header + 8, packet.needsChecksum ? packet.checksumOffset : 0);
        if (packet.gsoSize == 0) {
            Memory.putByte(header + 1, Packet.GSO_NONE);
            Memory.putIntLittleEndian(header + 2, 0);
            return;
        }
        int transportBytes =
                packet.gsoType == Packet.GSO_UDP ? UDP_HEADER_BYTES : tcpHeaderBytes(packet);
        Memory.putByte(header + 1, packet.gsoType);
        Memory.putShortLittleEndian(header + 2, packet.checksumStart + transportBytes);
        Memory.putShortLittleEndian(header + 4, packet.gsoSize);
    }
}
