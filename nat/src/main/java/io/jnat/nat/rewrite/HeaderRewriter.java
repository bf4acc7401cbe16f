package io.jnat.nat.rewrite;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;

/**
 * Gives a parsed IPv4 packet, fragment or super-frame other addresses and ports, and keeps all
 * checksums as right or wrong as they were (RFC 1624): whole ones, partial ones, and UDP's absent
 * one. Allocates nothing.
 */
public final class HeaderRewriter {
    /** Where UDP-Lite has its checksum (RFC 3828 section 3.1), which covers the pseudo header. */
    private static final int UDP_LITE_CHECKSUM = 6;

    private HeaderRewriter() {}

    /**
     * Writes addresses and ports; those of a later fragment, and of protocols that are known by
     * address only, stay. For an ICMP query {@code sourcePort} is the identifier.
     */
    public static void rewrite(
            Packet packet, int source, int destination, int sourcePort, int destinationPort) {
        long ip = packet.address;
        int difference = 0;
        if (Ipv4.source(ip) != source) {
            difference = Ipv4.setSourceUpdatingChecksum(ip, source);
        }
        if (Ipv4.destination(ip) != destination) {
            difference =
                    Checksum.combine(
                            difference, Ipv4.setDestinationUpdatingChecksum(ip, destination));
        }
        if (packet.fragmentOffset != 0) {
            return;
        }
        long transport = ip + packet.transportOffset;
        int ports = sourcePort << 16 | destinationPort;
        switch (packet.protocol) {
            case Protocol.TCP -> rewriteTcp(transport, ports, difference, packet.needsChecksum);
            case Protocol.UDP -> rewriteUdp(transport, ports, difference, packet.needsChecksum);
            case Protocol.ICMP -> rewriteIcmp(transport, sourcePort);
            case Protocol.UDP_LITE -> rewriteUdpLite(packet, transport, difference);
            default -> {}
        }
    }

    /** Lowers the MSS option of a SYN (N22); leaves everything else alone. */
    public static void clampMss(Packet packet, int mss) {
        long tcp = packet.address + packet.transportOffset;
        if ((Tcp.flags(tcp) & Tcp.SYN) != 0) {
            Tcp.clampMssUpdatingChecksum(tcp, mss, packet.needsChecksum);
        }
    }

    private static void rewriteTcp(long tcp, int ports, int difference, boolean partial) {
        int before = Memory.getInt(tcp);
        int all = difference;
        if (before != ports) {
            Memory.putInt(tcp, ports);
            if (!partial) {
                all = Checksum.combine(all, Checksum.difference32(before, ports));
            }
        }
        Tcp.updateChecksumForPseudoHeader(tcp, all, partial);
    }

    private static void rewriteUdp(long udp, int ports, int difference, boolean partial) {
        int before = Memory.getInt(udp);
        int all = difference;
        if (before != ports) {
            Memory.putInt(udp, ports);
            if (!partial) {
                all = Checksum.combine(all, Checksum.difference32(before, ports));
            }
        }
        Udp.updateChecksumForPseudoHeader(udp, all, partial);
    }

    private static void rewriteIcmp(long icmp, int identifier) {
        if (Icmp.isQuery(Icmp.type(icmp)) && Icmp.identifier(icmp) != identifier) {
            Icmp.setIdentifierUpdatingChecksum(icmp, identifier);
        }
    }

    private static void rewriteUdpLite(Packet packet, long transport, int difference) {
        if (packet.length - packet.transportOffset >= Udp.HEADER_BYTES) {
            long at = transport + UDP_LITE_CHECKSUM;
            int checksum = Checksum.update(Memory.getShort(at), difference);
            Memory.putShort(at, checksum == 0 ? 0xffff : checksum);
        }
    }
}
