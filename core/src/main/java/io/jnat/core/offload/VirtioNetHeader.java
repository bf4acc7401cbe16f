package io.jnat.core.offload;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import org.jspecify.annotations.Nullable;

/**
 * View of the header that stands in front of each frame of a TUN device with IFF_VNET_HDR: {@code
 * struct virtio_net_hdr} of linux/virtio_net.h. Words are in the machine's own order, which is
 * little-endian on every machine that this runs on.
 *
 * <pre>
 *  0         1         2         4         6         8         10
 * +---------+---------+---------+---------+---------+---------+
 * |  flags  | gso_type| hdr_len | gso_size|csum_start|csum_offset
 * +---------+---------+---------+---------+---------+---------+
 * </pre>
 *
 * <p>Allocates nothing.
 */
public final class VirtioNetHeader {
    /** Bytes of the header. */
    public static final int BYTES = 10;

    /** Flag: the checksum at csum_start + csum_offset is partial. */
    public static final int FLAG_NEEDS_CHECKSUM = 1;

    /** Flag: the checksum was verified. */
    public static final int FLAG_DATA_VALID = 2;

    /** Bit of gso_type: the first segment carries CWR (RFC 3168). */
    public static final int GSO_ECN = 0x80;

    static final int FLAGS = 0;
    static final int GSO_TYPE = 1;
    static final int HEADER_LENGTH = 2;
    static final int GSO_SIZE = 4;
    static final int CHECKSUM_START = 6;
    static final int CHECKSUM_OFFSET = 8;

    private VirtioNetHeader() {}

    /**
     * Takes what the header says over into the packet, whose {@code address} and {@code length} are
     * those of the IP packet already. Nothing is trusted: positions must lie in the packet, and the
     * length of the headers is taken from csum_start and the TCP header, never from hdr_len. A
     * super-frame that makes only one segment becomes a single packet.
     *
     * @return null, or why this packet can't be used
     */
    public static @Nullable DropReason read(long header, Packet packet) {
        int flags = Memory.getByte(header + FLAGS);
        int gsoType = Memory.getByte(header + GSO_TYPE) & ~GSO_ECN;
        packet.gsoType = Packet.GSO_NONE;
        packet.gsoSize = 0;
        packet.needsChecksum = (flags & FLAG_NEEDS_CHECKSUM) != 0;
        packet.checksumValid = !packet.needsChecksum && (flags & FLAG_DATA_VALID) != 0;
        packet.checksumStart = 0;
        packet.checksumOffset = 0;
        if (packet.needsChecksum) {
            packet.checksumStart = Memory.getShortLittleEndian(header + CHECKSUM_START);
            packet.checksumOffset = Memory.getShortLittleEndian(header + CHECKSUM_OFFSET);
            if (packet.checksumStart + packet.checksumOffset + Short.BYTES > packet.length) {
                return DropReason.BAD_RECEIVE_METADATA;
            }
        }
        return gsoType == Packet.GSO_NONE
                ? null
                : readSuperFrame(packet, gsoType, Memory.getShortLittleEndian(header + GSO_SIZE));
    }

    private static @Nullable DropReason readSuperFrame(Packet packet, int gsoType, int gsoSize) {
        int headers = packet.needsChecksum ? headersLength(packet, gsoType) : -1;
        if (gsoSize == 0 || headers < 0 || headers >= packet.length) {
            return DropReason.BAD_RECEIVE_METADATA;
        }
        if (packet.length - headers > gsoSize) {
            packet.gsoType = gsoType;
            packet.gsoSize = gsoSize;
        }
        return null;
    }

    /** Bytes of all headers, or -1 when they are cut off or the kind of super-frame is unknown. */
    private static int headersLength(Packet packet, int gsoType) {
        int start = packet.checksumStart;
        int room = packet.length - start;
        return switch (gsoType) {
            case Packet.GSO_TCP4, Packet.GSO_TCP6 -> {
                if (packet.checksumOffset != Tcp.CHECKSUM || room < Tcp.MIN_HEADER_BYTES) {
                    yield -1;
                }
                int length = Tcp.headerLength(packet.address + start);
                yield length < Tcp.MIN_HEADER_BYTES ? -1 : start + length;
            }
            case Packet.GSO_UDP ->
                    packet.checksumOffset != Udp.CHECKSUM || room < Udp.HEADER_BYTES
                            ? -1
                            : start + Udp.HEADER_BYTES;
            default -> -1;
        };
    }

    /** Writes the header for a parsed packet or super-frame. */
    public static void write(long header, Packet packet) {
        int flags =
                packet.needsChecksum
                        ? FLAG_NEEDS_CHECKSUM
                        : packet.checksumValid ? FLAG_DATA_VALID : 0;
        boolean superFrame = packet.gsoType != Packet.GSO_NONE;
        int gsoType = packet.gsoType;
        if (superFrame && packet.protocol == Protocol.TCP) {
            int tcpFlags = Tcp.flags(packet.address + packet.transportOffset);
            gsoType |= (tcpFlags & Tcp.CWR) != 0 ? GSO_ECN : 0;
        }
        Memory.putByte(header + FLAGS, flags);
        Memory.putByte(header + GSO_TYPE, gsoType);
        Memory.putShortLittleEndian(
                header + HEADER_LENGTH,
                superFrame ? packet.transportOffset + packet.transportHeaderLength : 0);
        Memory.putShortLittleEndian(header + GSO_SIZE, superFrame ? packet.gsoSize : 0);
        Memory.putShortLittleEndian(
                header + CHECKSUM_START, packet.needsChecksum ? packet.checksumStart : 0);
        Memory.putShortLittleEndian(
                header + CHECKSUM_OFFSET, packet.needsChecksum ? packet.checksumOffset : 0);
    }

    /** Writes the header of a single packet about which nothing is to be said: ten zeros. */
    public static void writePlain(long header) {
        Memory.zero(header, BYTES);
    }
}
