package io.jnat.core.wire;

import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * Step 4: checks a packet's headers once and writes down where they lie.
 *
 * <ol>
 *   <li>IP header: version, lengths, IPv4 header checksum. What lies behind the packet's own length
 *       (padding) is cut off.
 *   <li>IPv6 extension headers: a bounded walk.
 *   <li>Fragments: offset and length must make sense; ports are those of the first one only.
 *   <li>Upper-layer header: TCP, UDP, ICMP; ports or query identifier.
 *   <li>Offload: where the checksum is to be completed, and how a super-frame is to be cut. That of
 *       a packet within the packet is completed.
 * </ol>
 *
 * <p>Upper-layer checksums are not verified: they are changed incrementally, so that an error stays
 * an error, and the receiver finds it. Allocates nothing.
 */
public final class PacketParser {
    /** In an IPv6 fragment header: the bit for more to come. */
    private static final int FRAGMENT_MORE = 1;

    private PacketParser() {}

    /**
     * Checks untrusted bytes; after null no accessor of a header view can fail on this packet.
     *
     * @return null when the headers hold together, else what is wrong
     */
    public static @Nullable DropReason parse(Packet packet) {
        if (packet.parsed) {
            return null;
        }
        if (packet.length < Ipv4.MIN_HEADER_BYTES) {
            return DropReason.TRUNCATED;
        }
        packet.ipVersion = Ip.version(packet.address);
        packet.fragment = false;
        packet.fragmentOffset = 0;
        packet.fragmentId = 0;
        DropReason wrong =
                switch (packet.ipVersion) {
                    case 4 -> parseIpv4(packet);
                    case 6 -> parseIpv6(packet);
                    default -> DropReason.BAD_IP_VERSION;
                };
        if (wrong == null) {
            wrong = parseTransport(packet);
        }
        if (wrong == null) {
            wrong = checkOffload(packet);
        }
        packet.parsed = wrong == null;
        return wrong;
    }

    private static @Nullable DropReason parseIpv4(Packet packet) {
        long ip = packet.address;
        int headerLength = Ipv4.headerLength(ip);
        int totalLength = Ipv4.totalLength(ip);
        if (headerLength < Ipv4.MIN_HEADER_BYTES || totalLength < headerLength) {
            return DropReason.BAD_IP_HEADER;
        }
        DropReason wrong = cutTo(packet, totalLength);
        if (wrong != null) {
            return wrong;
        }
        if (!Checksum.isRight(ip, headerLength)) {
            return DropReason.BAD_IP_CHECKSUM;
        }
        packet.transportOffset = headerLength;
        packet.protocol = Ipv4.protocol(ip);
        int flagsAndOffset = Ipv4.flagsAndOffset(ip);
        if ((flagsAndOffset & (Ipv4.MORE_FRAGMENTS | Ipv4.OFFSET_MASK)) == 0) {
            return null;
        }
        return fragment(
                packet,
                (flagsAndOffset & Ipv4.OFFSET_MASK) * 8,
                (flagsAndOffset & Ipv4.MORE_FRAGMENTS) != 0,
                Ipv4.identification(ip),
                totalLength - headerLength);
    }

    private static @Nullable DropReason parseIpv6(Packet packet) {
        long ip = packet.address;
        if (packet.length < Ipv6.HEADER_BYTES) {
            return DropReason.TRUNCATED;
        }
        DropReason wrong = cutTo(packet, Ipv6.totalLength(ip));
        if (wrong != null) {
            return wrong;
        }
        int next = Ipv6.nextHeader(ip);
        int at = Ipv6.HEADER_BYTES;
        for (int seen = 0; Ipv6Chain.isExtension(next); seen++) {
            if (seen == Ipv6Chain.MAX_HEADERS
                    || packet.length - at < Ipv6Chain.UNIT_BYTES
                    || (next == Protocol.HOP_BY_HOP && seen != 0)
                    || (next == Protocol.FRAGMENT && packet.fragment)) {
                return DropReason.BAD_EXTENSION_HEADERS;
            }
            int following = Memory.getByte(ip + at);
            if (next == Protocol.FRAGMENT) {
                wrong = parseFragmentHeader(packet, at);
            }
            at += Ipv6Chain.length(next, ip + at);
            next = following;
            if (wrong != null || at > packet.length) {
                return wrong != null ? wrong : DropReason.BAD_EXTENSION_HEADERS;
            }
            if (packet.fragmentOffset != 0) {
                break; // what follows is the middle of a packet
            }
        }
        packet.protocol = next;
        packet.transportOffset = at;
        return null;
    }

    /** RFC 8200 section 4.5; one with offset 0 and nothing to follow is no fragment (RFC 6946). */
    private static @Nullable DropReason parseFragmentHeader(Packet packet, int at) {
        int offsetAndMore = Memory.getShort(packet.address + at + 2);
        int offset = offsetAndMore & Ipv6Chain.FRAGMENT_OFFSET_MASK;
        boolean more = (offsetAndMore & FRAGMENT_MORE) != 0;
        if (offset == 0 && !more) {
            return null;
        }
        return fragment(
                packet,
                offset,
                more,
                Memory.getInt(packet.address + at + 4),
                packet.length - at - Ipv6Chain.UNIT_BYTES);
    }

    private static @Nullable DropReason fragment(
            Packet packet, int offset, boolean more, int id, int payloadBytes) {
        packet.fragment = true;
        packet.fragmentOffset = offset;
        packet.fragmentId = id;
        packet.fragmentBytes = payloadBytes;
        packet.moreFragments = more;
        boolean malformed =
                payloadBytes == 0
                        || offset + payloadBytes > Ipv4.MAX_BYTES
                        || (more && payloadBytes % 8 != 0);
        return malformed ? DropReason.FRAGMENT_MALFORMED : null;
    }

    /** Cuts a single packet to the length in its header; a super-frame has that length. */
    private static @Nullable DropReason cutTo(Packet packet, int totalLength) {
        if (totalLength > packet.length) {
            return DropReason.TRUNCATED;
        }
        if (packet.gsoType != Packet.GSO_NONE && totalLength != packet.length) {
            return DropReason.BAD_SUPER_FRAME;
        }
        packet.length = totalLength;
        return null;
    }

    private static @Nullable DropReason parseTransport(Packet packet) {
        packet.transportHeaderLength = 0;
        packet.sourcePort = 0;
        packet.destinationPort = 0;
        if (packet.fragmentOffset != 0) {
            // At offset 8 it would overwrite the TCP flags that the first one showed (RFC 1858).
            boolean overwrites = packet.fragmentOffset == 8 && packet.protocol == Protocol.TCP;
            return overwrites ? DropReason.FRAGMENT_MALFORMED : null;
        }
        DropReason wrong =
                switch (packet.protocol) {
                    case Protocol.TCP -> parseTcp(packet);
                    case Protocol.UDP -> parseUdp(packet);
                    case Protocol.ICMP -> packet.ipVersion == 4 ? parseIcmp(packet) : null;
                    case Protocol.ICMPV6 -> packet.ipVersion == 6 ? parseIcmpv6(packet) : null;
                    default -> null;
                };
        // A first fragment too short for its header hides the rest from the rules.
        return wrong != null && packet.fragment ? DropReason.FRAGMENT_MALFORMED : wrong;
    }

    private static @Nullable DropReason parseTcp(Packet packet) {
        long tcp = packet.address + packet.transportOffset;
        int bytes = packet.length - packet.transportOffset;
        if (bytes < Tcp.MIN_HEADER_BYTES) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        int headerLength = Tcp.headerLength(tcp);
        if (headerLength < Tcp.MIN_HEADER_BYTES || headerLength > bytes) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        packet.transportHeaderLength = headerLength;
        packet.sourcePort = Tcp.sourcePort(tcp);
        packet.destinationPort = Tcp.destinationPort(tcp);
        return null;
    }

    private static @Nullable DropReason parseUdp(Packet packet) {
        long udp = packet.address + packet.transportOffset;
        int bytes = packet.length - packet.transportOffset;
        if (bytes < Udp.HEADER_BYTES) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        int length = Udp.length(udp);
        // In a first fragment the length is that of the whole datagram.
        if (length < Udp.HEADER_BYTES || (length > bytes && !packet.fragment)) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        packet.transportHeaderLength = Udp.HEADER_BYTES;
        packet.sourcePort = Udp.sourcePort(udp);
        packet.destinationPort = Udp.destinationPort(udp);
        return null;
    }

    private static @Nullable DropReason parseIcmp(Packet packet) {
        long icmp = packet.address + packet.transportOffset;
        if (packet.length - packet.transportOffset < Icmp.HEADER_BYTES) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        packet.transportHeaderLength = Icmp.HEADER_BYTES;
        if (Icmp.isQuery(Icmp.type(icmp))) {
            packet.sourcePort = Icmp.identifier(icmp);
            packet.destinationPort = packet.sourcePort;
        }
        return null;
    }

    private static @Nullable DropReason parseIcmpv6(Packet packet) {
        long icmp = packet.address + packet.transportOffset;
        if (packet.length - packet.transportOffset < Icmpv6.HEADER_BYTES) {
            return DropReason.BAD_TRANSPORT_HEADER;
        }
        packet.transportHeaderLength = Icmpv6.HEADER_BYTES;
        if (Icmpv6.isQuery(Icmpv6.type(icmp))) {
            packet.sourcePort = Icmpv6.identifier(icmp);
            packet.destinationPort = packet.sourcePort;
        }
        return null;
    }

    private static @Nullable DropReason checkOffload(Packet packet) {
        if (packet.gsoType != Packet.GSO_NONE || packet.gsoSize != 0) {
            return isSuperFrame(packet) ? null : DropReason.BAD_SUPER_FRAME;
        }
        return !packet.needsChecksum || isChecksumPlaced(packet) || completeWithin(packet)
                ? null
                : DropReason.BAD_RECEIVE_METADATA;
    }

    /**
     * Completes the checksum of a packet within this one (VXLAN), which newer kernels leave partial
     * (seen on 6.18): later steps know of the outer headers only. One that comes out as 0 is
     * written as 0xffff, as Linux does, because in UDP 0 means that there is none.
     *
     * @return false when it does not lie behind this packet's own headers
     */
    private static boolean completeWithin(Packet packet) {
        int start = packet.checksumStart;
        if (packet.fragment
                || start < packet.transportOffset + packet.transportHeaderLength
                || start + packet.checksumOffset + Short.BYTES > packet.length) {
            return false;
        }
        int checksum = Checksum.of(packet.address + start, packet.length - start);
        Memory.putShort(
                packet.address + start + packet.checksumOffset, checksum == 0 ? 0xffff : checksum);
        packet.needsChecksum = false;
        return true;
    }

    private static boolean isSuperFrame(Packet packet) {
        boolean rightKind =
                switch (packet.gsoType) {
                    case Packet.GSO_TCP4 ->
                            packet.ipVersion == 4 && packet.protocol == Protocol.TCP;
                    case Packet.GSO_TCP6 ->
                            packet.ipVersion == 6 && packet.protocol == Protocol.TCP;
                    case Packet.GSO_UDP -> packet.protocol == Protocol.UDP;
                    default -> false;
                };
        return rightKind
                && packet.gsoSize > 0
                && packet.needsChecksum
                && isChecksumPlaced(packet)
                && packet.length > packet.transportOffset + packet.transportHeaderLength
                && packet.segments() <= DatagramBatch.MAX_DATAGRAMS;
    }

    /** Whether the partial checksum lies where this protocol has it; only TCP and UDP have one. */
    private static boolean isChecksumPlaced(Packet packet) {
        int offset =
                switch (packet.protocol) {
                    case Protocol.TCP -> Tcp.CHECKSUM;
                    case Protocol.UDP -> Udp.CHECKSUM;
                    default -> -1;
                };
        return !packet.fragment
                && packet.checksumStart == packet.transportOffset
                && packet.checksumOffset == offset;
    }
}
