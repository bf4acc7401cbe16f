package io.jnat.cli.why;

import io.jnat.core.packet.Ipv6Text;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import io.jnat.nat.rule.Ipv4Prefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** The first packet of a conversation, from words to bytes and back. */
final class PacketText {
    private static final int TTL = 64;
    private static final int WINDOW = 64_240;
    private static final int PAYLOAD_BYTES = 8;

    /** Stands for any of the other end's public addresses. */
    static final InetAddress ANY_OF_THE_RELAYS = InetAddress.ofLiteral("0.0.0.0");

    private PacketText() {}

    /**
     * A SYN, an echo request, or a small datagram.
     *
     * @param protocol number; ICMP's own for both versions
     * @param from address
     * @param fromPort or the identifier of an echo request
     * @param to address of the same version
     */
    static ByteBuffer packet(
            int protocol, InetAddress from, int fromPort, InetAddress to, int toPort) {
        boolean six = from.getAddress().length == 16;
        int carried = six && protocol == Protocol.ICMP ? Protocol.ICMPV6 : protocol;
        int transport = six ? Ipv6.HEADER_BYTES : Ipv4.MIN_HEADER_BYTES;
        int length =
                switch (protocol) {
                    case Protocol.TCP -> Tcp.MIN_HEADER_BYTES;
                    case Protocol.UDP -> Udp.HEADER_BYTES + PAYLOAD_BYTES;
                    case Protocol.ICMP -> Icmp.HEADER_BYTES + PAYLOAD_BYTES;
                    default -> PAYLOAD_BYTES;
                };
        byte[] bytes = new byte[transport + length];
        try (Slab memory = Slab.allocate(bytes.length)) {
            long ip = memory.address();
            if (six) {
                writeIpv6(ip, carried, length, from, to);
            } else {
                int source = Endpoints.number(from);
                int destination = Endpoints.number(to);
                Ipv4.write(ip, 0, bytes.length, TTL, carried, source, destination);
            }
            writeTransport(ip, ip + transport, carried, length, fromPort, toPort);
            Memory.copy(ip, bytes, 0, bytes.length);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static void writeIpv6(
            long ip, int protocol, int length, InetAddress from, InetAddress to) {
        ByteBuffer source = ByteBuffer.wrap(from.getAddress());
        ByteBuffer destination = ByteBuffer.wrap(to.getAddress());
        Ipv6.write(ip, 0, length, protocol, TTL);
        Ipv6.setSource(ip, source.getLong(), source.getLong());
        Ipv6.setDestination(ip, destination.getLong(), destination.getLong());
    }

    private static void writeTransport(
            long ip, long at, int protocol, int length, int fromPort, int toPort) {
        int version = at - ip == Ipv6.HEADER_BYTES ? 6 : 4;
        switch (protocol) {
            case Protocol.TCP -> {
                Tcp.write(at, fromPort, toPort, 1, 0, Tcp.SYN, WINDOW);
                Tcp.setChecksum(at, checksum(ip, version, protocol, at, length));
            }
            case Protocol.UDP -> {
                Udp.write(at, fromPort, toPort, length);
                Udp.setComputedChecksum(at, checksum(ip, version, protocol, at, length));
            }
            case Protocol.ICMP -> Icmp.write(at, Icmp.ECHO_REQUEST, 0, fromPort << 16 | 1, length);
            case Protocol.ICMPV6 ->
                    Icmpv6.write(at, ip, Icmpv6.ECHO_REQUEST, 0, fromPort << 16 | 1, length);
            default -> {}
        }
    }

    private static int checksum(long ip, int version, int protocol, long at, int length) {
        long sum =
                (long) Checksum.pseudoHeader(ip, version, protocol, length)
                        + Checksum.sum(at, length);
        return Checksum.complement(sum);
    }

    /** The same IPv4 packet to another address. */
    static ByteBuffer readdressed(ByteBuffer packet, InetAddress to) {
        int transport = headerLength(packet);
        int ports = hasPorts(packet) ? packet.getInt(transport) : 0;
        int from = protocol(packet) == Protocol.ICMP ? identifier(packet) : ports >>> 16;
        return packet(protocol(packet), ipv4(packet.getInt(12)), from, to, ports & 0xffff);
    }

    /** The same IPv4 packet to whatever address the other end calls its public one. */
    static ByteBuffer toAnyOfTheRelays(ByteBuffer packet) {
        return readdressed(packet, ANY_OF_THE_RELAYS);
    }

    /** Whether the other end has to say which address is meant. */
    static boolean isToAnyOfTheRelays(ByteBuffer packet) {
        return !isIpv6(packet) && packet.getInt(16) == 0;
    }

    private static InetAddress ipv4(int address) {
        try {
            return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(address).array());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@code 198.51.100.7:4000 -> 203.0.113.1:55193}; the bytes must be a whole packet's. */
    static String text(ByteBuffer packet) {
        if (!isReadable(packet)) {
            return "(not an IP packet)";
        }
        if (!hasPorts(packet)) {
            return source(packet) + " -> " + destination(packet);
        }
        String pattern = isIpv6(packet) ? "[%s]:%d -> [%s]:%d" : "%s:%d -> %s:%d";
        return pattern.formatted(
                source(packet), sourcePort(packet), destination(packet), destinationPort(packet));
    }

    /** Whether the methods below may be asked about it. */
    static boolean isReadable(ByteBuffer packet) {
        if (packet.limit() < Ipv4.MIN_HEADER_BYTES + PAYLOAD_BYTES) {
            return false;
        }
        boolean known = isIpv6(packet) || packet.get(0) >>> 4 == 4;
        return known
                && headerLength(packet) >= Ipv4.MIN_HEADER_BYTES
                && packet.limit() >= headerLength(packet) + PAYLOAD_BYTES;
    }

    static boolean isIpv6(ByteBuffer packet) {
        return packet.get(0) >>> 4 == 6;
    }

    /** What it carries; of IPv6, what follows the fixed header. */
    static int protocol(ByteBuffer packet) {
        return packet.get(isIpv6(packet) ? 6 : 9) & 0xff;
    }

    /** Its source address. */
    static String source(ByteBuffer packet) {
        return address(packet, isIpv6(packet) ? 8 : 12);
    }

    /** Its destination address. */
    static String destination(ByteBuffer packet) {
        return address(packet, isIpv6(packet) ? 24 : 16);
    }

    private static String address(ByteBuffer packet, int at) {
        return isIpv6(packet)
                ? Ipv6Text.of(packet.getLong(at), packet.getLong(at + 8))
                : Ipv4Prefix.format(packet.getInt(at));
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
        return isIpv6(packet) ? Ipv6.HEADER_BYTES : (packet.get(0) & 0xf) * 4;
    }
}
