package io.jnat.nat.rewrite;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Ipv6Chain;
import io.jnat.core.wire.Protocol;

/**
 * The packet that an ICMPv6 error quotes, read so that its flow can be found. Mutable, reused.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class QuotedIpv6Packet {
    /** Bytes of an upper-layer header that hold its ports, or its type and identifier. */
    private static final int PORT_BYTES = 4;

    private static final int ECHO_BYTES = 8;

    /** Address of its IPv6 header. */
    public long ip;

    /** Its upper-layer protocol. */
    public int protocol;

    /** Its source port or query identifier; 0 for protocols without. */
    public int sourcePort;

    /** Its destination port or query identifier; 0 for protocols without. */
    public int destinationPort;

    /** A blank one. */
    public QuotedIpv6Packet() {}

    /**
     * Reads the quoted packet of a whole (not fragmented) ICMPv6 error.
     *
     * @return false when there is none that could belong to a flow: cut off before its ports, a
     *     later fragment, neither TCP, UDP nor an echo but other ICMPv6, or a wrong checksum
     */
    public boolean read(Packet error) {
        long icmp = error.address + error.transportOffset;
        int bytes = error.length - error.transportOffset;
        int quoted = bytes - Icmpv6.HEADER_BYTES;
        ip = icmp + Icmpv6.HEADER_BYTES;
        if (quoted < Ipv6.HEADER_BYTES || Memory.getByte(ip) >>> 4 != 6) {
            return false;
        }
        int upper = Ipv6Chain.upperLayer(ip, quoted);
        if (upper < 0 || !isChecksumRight(error.address, icmp, bytes)) {
            return false;
        }
        protocol = upper & 0xff;
        return readPorts(ip + (upper >>> 8), quoted - (upper >>> 8));
    }

    private boolean readPorts(long transport, int bytes) {
        sourcePort = 0;
        destinationPort = 0;
        switch (protocol) {
            case Protocol.TCP, Protocol.UDP -> {
                if (bytes < PORT_BYTES) {
                    return false;
                }
                sourcePort = Memory.getShort(transport);
                destinationPort = Memory.getShort(transport + 2);
            }
            case Protocol.ICMPV6 -> {
                if (bytes < ECHO_BYTES || !Icmpv6.isQuery(Icmpv6.type(transport))) {
                    return false;
                }
                sourcePort = Icmpv6.identifier(transport);
                destinationPort = sourcePort;
            }
            default -> {}
        }
        return true;
    }

    private static boolean isChecksumRight(long ip, long icmp, int bytes) {
        long sum =
                (long) Checksum.pseudoHeaderIpv6(ip, Protocol.ICMPV6, bytes)
                        + Checksum.sum(icmp, bytes);
        return Checksum.complement(sum) == 0;
    }
}
