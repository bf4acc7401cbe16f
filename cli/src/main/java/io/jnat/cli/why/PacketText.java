package io.jnat.cli.why;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import io.jnat.nat.Ipv4Prefix;
import java.nio.ByteBuffer;

/** The first packet of a conversation, from words to bytes and back. IPv4. */
final class PacketText {
    private static final int TTL = 64;
    private static final int WINDOW = 64_240;
    private static final int PAYLOAD_BYTES = 8;

    private PacketText() {}

    /**
     * A SYN, an echo request, or a small datagram.
     *
     * @param protocol number
     * @param from address
     * @param fromPort or the identifier of an echo request
     * @param to address; 0: any of the other end's public ones
     */
    static ByteBuffer packet(int protocol, int from, int fromPort, int to, int toPort) {
        int transport = Ipv4.MIN_HEADER_BYTES;
        int header =
                switch (protocol) {
                    case Protocol.TCP -> Tcp.MIN_HEADER_BYTES;
                    case Protocol.UDP -> Udp.HEADER_BYTES + PAYLOAD_BYTES;
                    case Protocol.ICMP -> Icmp.HEADER_BYTES + PAYLOAD_BYTES;
                    default -> PAYLOAD_BYTES;
                };
        byte[] bytes = new byte[transport + header];
        try (Slab memory = Slab.allocate(bytes.length)) {
            long ip = memory.address();
            Ipv4.write(ip, 0, bytes.length, TTL, protocol, from, to);
            long at = ip + transport;
            switch (protocol) {
                case Protocol.TCP -> {
                    Tcp.write(at, fromPort, toPort, 1, 0, Tcp.SYN, WINDOW);
                    Tcp.setChecksum(at, transportChecksum(ip, protocol, header));
                }
                case Protocol.UDP -> {
                    Udp.write(at, fromPort, toPort, header);
                    Udp.setComputedChecksum(at, transportChecksum(ip, protocol, header));
                }
                case Protocol.ICMP ->
                        Icmp.write(at, Icmp.ECHO_REQUEST, 0, fromPort << 16 | 1, header);
                default -> {}
            }
            Memory.copy(ip, bytes, 0, bytes.length);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static int transportChecksum(long ip, int protocol, int length) {
        long sum =
                (long) Checksum.pseudoHeaderIpv4(ip, protocol, length)
                        + Checksum.sum(ip + Ipv4.MIN_HEADER_BYTES, length);
        return Checksum.complement(sum);
    }

    /** The same packet to another address. */
    static ByteBuffer readdressed(ByteBuffer packet, int to) {
        int transport = headerLength(packet);
        int ports = hasPorts(packet) ? packet.getInt(transport) : 0;
        int from = protocol(packet) == Protocol.ICMP ? identifier(packet) : ports >>> 16;
        return packet(protocol(packet), source(packet), from, to, ports & 0xffff);
    }

    /** {@code 198.51.100.7:4000 -> 203.0.113.1:55193}; the bytes must be a whole packet's. */
    static String text(ByteBuffer packet) {
        if (!isReadable(packet)) {
            return "(not IPv4)";
        }
        String from = Ipv4Prefix.format(source(packet));
        String to = Ipv4Prefix.format(destination(packet));
        if (!hasPorts(packet)) {
            return from + " -> " + to;
        }
        int ports = packet.getInt(headerLength(packet));
        return from + ":" + (ports >>> 16) + " -> " + to + ":" + (ports & 0xffff);
    }

    /** Whether the methods below may be asked about it. */
    static boolean isReadable(ByteBuffer packet) {
        return packet.limit() >= Ipv4.MIN_HEADER_BYTES + PAYLOAD_BYTES
                && packet.get(0) >>> 4 == 4
                && headerLength(packet) >= Ipv4.MIN_HEADER_BYTES
                && packet.limit() >= headerLength(packet) + PAYLOAD_BYTES;
    }

    static int protocol(ByteBuffer packet) {
        return packet.get(9) & 0xff;
    }

    static int source(ByteBuffer packet) {
        return packet.getInt(12);
    }

    static int destination(ByteBuffer packet) {
        return packet.getInt(16);
    }

    static int destinationPort(ByteBuffer packet) {
        return hasPorts(packet) ? packet.getShort(headerLength(packet) + 2) & 0xffff : 0;
    }

    static int sourcePort(ByteBuffer packet) {
        return hasPorts(packet) ? packet.getShort(headerLength(packet)) & 0xffff : 0;
    }

    static String protocolName(int number) {
        return switch (number) {
            case Protocol.TCP -> "tcp";
            case Protocol.UDP -> "udp";
            case Protocol.ICMP -> "icmp";
            default -> "protocol " + number;
        };
    }

    private static boolean hasPorts(ByteBuffer packet) {
        return protocol(packet) == Protocol.TCP || protocol(packet) == Protocol.UDP;
    }

    private static int identifier(ByteBuffer packet) {
        return packet.getShort(headerLength(packet) + 4) & 0xffff;
    }

    private static int headerLength(ByteBuffer packet) {
        return (packet.get(0) & 0xf) * 4;
    }
}
