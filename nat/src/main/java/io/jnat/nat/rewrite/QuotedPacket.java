package io.jnat.nat.rewrite;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;

/**
 * The packet that an ICMP error quotes: read, so that its flow can be found, and rewritten to what
 * the error's receiver once sent (RFC 5508 section 4.2). Mutable, reused.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class QuotedPacket {
    /** Upper-layer bytes that every error quotes at least (RFC 792). */
    private static final int QUOTED_TRANSPORT_BYTES = 8;

    /** Where UDP has its checksum (RFC 768). */
    private static final int UDP_CHECKSUM = 6;

    /** Where TCP has its checksum (RFC 9293 section 3.1); most quotes end before it. */
    private static final int TCP_CHECKSUM = 16;

    /** Protocol of the quoted packet. */
    public int protocol;

    /** Its source address. */
    public int source;

    /** Its destination address. */
    public int destination;

    /** Its source port or query identifier; 0 for protocols without. */
    public int sourcePort;

    /** Its destination port or query identifier; 0 for protocols without. */
    public int destinationPort;

    private long ip;
    private long transport;

    /** Behind the last quoted byte. */
    private long end;

    /** A blank one. */
    public QuotedPacket() {}

    /**
     * Reads the quoted packet of a whole (not fragmented) ICMP error.
     *
     * @return false when there is none that could belong to a flow: cut off, a later fragment, an
     *     ICMP error, or a wrong checksum (RFC 5508 REQ-3)
     */
    public boolean read(Packet error) {
        long icmp = error.address + error.transportOffset;
        int bytes = error.length - error.transportOffset;
        int quoted = bytes - Icmp.HEADER_BYTES;
        ip = icmp + Icmp.HEADER_BYTES;
        if (quoted < Ipv4.MIN_HEADER_BYTES || Memory.getByte(ip) >>> 4 != 4) {
            return false;
        }
        int headerLength = Ipv4.headerLength(ip);
        if (headerLength < Ipv4.MIN_HEADER_BYTES
                || quoted < headerLength + QUOTED_TRANSPORT_BYTES
                || Ipv4.fragmentOffset(ip) != 0
                || !Checksum.isRight(ip, headerLength)
                || !Checksum.isRight(icmp, bytes)) {
            return false;
        }
        transport = ip + headerLength;
        end = ip + quoted;
        protocol = Ipv4.protocol(ip);
        source = Ipv4.source(ip);
        destination = Ipv4.destination(ip);
        sourcePort = 0;
        destinationPort = 0;
        switch (protocol) {
            case Protocol.TCP, Protocol.UDP -> {
                sourcePort = Memory.getShort(transport);
                destinationPort = Memory.getShort(transport + 2);
            }
            case Protocol.ICMP -> {
                if (!Icmp.isQuery(Icmp.type(transport))) {
                    return false;
                }
                sourcePort = Icmp.identifier(transport);
                destinationPort = sourcePort;
            }
            default -> {}
        }
        return true;
    }

    /**
     * Rewrites the quoted packet, and the error around it. Where the quoted upper-layer checksum is
     * there, it follows the addresses and ports, so that the sender finds what it sent (RFC 5508
     * REQ-4: "to their original form"), however much of the packet was cut off.
     */
    public void rewrite(
            Packet error, int newSource, int newDestination, int newSourcePort, int newPort) {
        int pseudoHeader = 0;
        int checksumBefore = Ipv4.checksum(ip);
        if (source != newSource) {
            pseudoHeader = Ipv4.setSourceUpdatingChecksum(ip, newSource);
        }
        if (destination != newDestination) {
            pseudoHeader =
                    Checksum.combine(
                            pseudoHeader, Ipv4.setDestinationUpdatingChecksum(ip, newDestination));
        }
        int difference =
                Checksum.combine(
                        pseudoHeader, Checksum.difference16(checksumBefore, Ipv4.checksum(ip)));
        if (protocol == Protocol.TCP || protocol == Protocol.UDP) {
            int before = Memory.getInt(transport);
            int after = newSourcePort << 16 | newPort;
            Memory.putInt(transport, after);
            int ports = Checksum.difference32(before, after);
            difference = Checksum.combine(difference, ports);
            int ends = Checksum.combine(pseudoHeader, ports);
            difference = Checksum.combine(difference, updateUpperChecksum(ends));
        } else if (protocol == Protocol.ICMP && sourcePort != newSourcePort) {
            // The identifier and the quoted ICMP checksum move against each other.
            int before = Icmp.checksum(transport);
            Icmp.setIdentifierUpdatingChecksum(transport, newSourcePort);
            difference =
                    Checksum.combine(difference, Checksum.difference16(sourcePort, newSourcePort));
            difference =
                    Checksum.combine(
                            difference, Checksum.difference16(before, Icmp.checksum(transport)));
        }
        Icmp.updateChecksum(error.address + error.transportOffset, difference);
    }

    /** Has the quoted TCP or UDP checksum follow a change; returns its own change. */
    private int updateUpperChecksum(int difference) {
        int offset = protocol == Protocol.TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
        long at = transport + offset;
        if (at + 2 > end) {
            return 0;
        }
        int before = Memory.getShort(at);
        if (protocol == Protocol.UDP && before == 0) {
            return 0;
        }
        int after = Checksum.update(before, difference);
        after = protocol == Protocol.UDP && after == 0 ? 0xffff : after;
        Memory.putShort(at, after);
        return Checksum.difference16(before, after);
    }
}
