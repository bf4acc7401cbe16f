package io.jnat.nat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IcmpV6EchoReplyPacket;
import org.pcap4j.packet.IcmpV6EchoRequestPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IcmpV6Code;
import org.pcap4j.packet.namednumber.IcmpV6Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.TcpPort;
import org.pcap4j.packet.namednumber.UdpPort;

/** {@link Wire} for IPv6: packets built and read with pcap4j. */
final class WireIpv6 {
    static final int HEADER_BYTES = 40;

    private WireIpv6() {}

    static byte[] udp(String from, int fromPort, String to, int toPort, int payloadBytes) {
        UdpPacket.Builder udp = new UdpPacket.Builder();
        udp.srcPort(UdpPort.getInstance((short) fromPort))
                .dstPort(UdpPort.getInstance((short) toPort))
                .srcAddr(address(from))
                .dstAddr(address(to))
                .payloadBuilder(new UnknownPacket.Builder().rawData(Wire.payload(payloadBytes)))
                .correctLengthAtBuild(true)
                .correctChecksumAtBuild(true);
        return ip(from, to, IpNumber.UDP, udp);
    }

    static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        return tcp(from, fromPort, to, toPort, flags, 0, 0);
    }

    static byte[] tcp(
            String from,
            int fromPort,
            String to,
            int toPort,
            int flags,
            int payloadBytes,
            int mss) {
        TcpPacket.Builder tcp = new TcpPacket.Builder();
        tcp.srcPort(TcpPort.getInstance((short) fromPort))
                .dstPort(TcpPort.getInstance((short) toPort))
                .srcAddr(address(from))
                .dstAddr(address(to))
                .sequenceNumber(1000)
                .acknowledgmentNumber(2000)
                .window((short) 8192)
                .syn((flags & Wire.SYN) != 0)
                .fin((flags & Wire.FIN) != 0)
                .rst((flags & Wire.RST) != 0)
                .ack((flags & Wire.ACK) != 0)
                .paddingAtBuild(true)
                .correctLengthAtBuild(true)
                .correctChecksumAtBuild(true);
        if (mss > 0) {
            tcp.options(
                    List.of(
                            new TcpMaximumSegmentSizeOption.Builder()
                                    .maxSegSize((short) mss)
                                    .correctLengthAtBuild(true)
                                    .build()));
        }
        if (payloadBytes > 0) {
            tcp.payloadBuilder(new UnknownPacket.Builder().rawData(Wire.payload(payloadBytes)));
        }
        return ip(from, to, IpNumber.TCP, tcp);
    }

    static byte[] echo(String from, String to, int identifier, boolean request, int bytes) {
        UnknownPacket.Builder rest = new UnknownPacket.Builder().rawData(Wire.payload(bytes));
        Packet.Builder message =
                request
                        ? new IcmpV6EchoRequestPacket.Builder()
                                .identifier((short) identifier)
                                .sequenceNumber((short) 7)
                                .payloadBuilder(rest)
                        : new IcmpV6EchoReplyPacket.Builder()
                                .identifier((short) identifier)
                                .sequenceNumber((short) 7)
                                .payloadBuilder(rest);
        IcmpV6CommonPacket.Builder icmp =
                new IcmpV6CommonPacket.Builder()
                        .type(request ? IcmpV6Type.ECHO_REQUEST : IcmpV6Type.ECHO_REPLY)
                        .code(IcmpV6Code.NO_CODE)
                        .srcAddr(address(from))
                        .dstAddr(address(to))
                        .payloadBuilder(message)
                        .correctChecksumAtBuild(true);
        return ip(from, to, IpNumber.ICMPV6, icmp);
    }

    /** Any ICMPv6 message: its 32 bits behind the checksum, and what follows them. */
    static byte[] icmp(String from, String to, int type, int code, int rest, byte[] body) {
        byte[] message = new byte[4 + body.length];
        Wire.put16(message, 0, rest >>> 16);
        Wire.put16(message, 2, rest);
        System.arraycopy(body, 0, message, 4, body.length);
        IcmpV6CommonPacket.Builder icmp =
                new IcmpV6CommonPacket.Builder()
                        .type(IcmpV6Type.getInstance((byte) type))
                        .code(IcmpV6Code.getInstance((byte) type, (byte) code))
                        .srcAddr(address(from))
                        .dstAddr(address(to))
                        .payloadBuilder(new UnknownPacket.Builder().rawData(message))
                        .correctChecksumAtBuild(true);
        return ip(from, to, IpNumber.ICMPV6, icmp);
    }

    /** An ICMPv6 error that quotes the first bytes of a packet. */
    static byte[] error(
            String from, String to, int type, int code, int rest, byte[] about, int quotedBytes) {
        byte[] quote = new byte[Math.min(about.length, quotedBytes)];
        System.arraycopy(about, 0, quote, 0, quote.length);
        return icmp(from, to, type, code, rest, quote);
    }

    static byte[] raw(String from, String to, int protocol, byte[] payload) {
        return ip(
                from,
                to,
                IpNumber.getInstance((byte) protocol),
                new UnknownPacket.Builder().rawData(payload));
    }

    /** Puts an extension header in front of what follows the IPv6 header. */
    static byte[] withExtension(byte[] packet, int header, byte[] extension) {
        byte[] longer = new byte[packet.length + extension.length];
        System.arraycopy(packet, 0, longer, 0, HEADER_BYTES);
        System.arraycopy(extension, 0, longer, HEADER_BYTES, extension.length);
        System.arraycopy(
                packet,
                HEADER_BYTES,
                longer,
                HEADER_BYTES + extension.length,
                packet.length - HEADER_BYTES);
        longer[HEADER_BYTES] = packet[6];
        longer[6] = (byte) header;
        Wire.put16(longer, 4, longer.length - HEADER_BYTES);
        return longer;
    }

    /** Options of nothing but padding, 8 bytes. */
    static byte[] options() {
        return new byte[] {0, 0, 1, 4, 0, 0, 0, 0};
    }

    /** A routing header with one address. */
    static byte[] routing(int type, int segmentsLeft) {
        byte[] routing = new byte[24];
        routing[1] = 2;
        routing[2] = (byte) type;
        routing[3] = (byte) segmentsLeft;
        routing[8] = 0x20;
        routing[23] = 1;
        return routing;
    }

    static byte[] withHopLimit(byte[] packet, int hops) {
        byte[] changed = packet.clone();
        changed[7] = (byte) hops;
        return changed;
    }

    /** Cuts a packet to fragments of at most {@code mtu} bytes. */
    static byte[][] fragments(byte[] packet, int mtu, int id) {
        int step = (mtu - HEADER_BYTES - 8) / 8 * 8;
        int payload = packet.length - HEADER_BYTES;
        byte[][] pieces = new byte[(payload + step - 1) / step][];
        for (int at = 0; at < pieces.length; at++) {
            int bytes = Math.min(step, payload - at * step);
            byte[] piece = new byte[HEADER_BYTES + bytes];
            System.arraycopy(packet, 0, piece, 0, HEADER_BYTES);
            System.arraycopy(packet, HEADER_BYTES + at * step, piece, HEADER_BYTES, bytes);
            int offsetAndMore = at * step | (at < pieces.length - 1 ? 1 : 0);
            pieces[at] = withExtension(piece, 44, fragmentHeader(offsetAndMore, id));
        }
        return pieces;
    }

    static byte[] fragmentHeader(int offsetAndMore, int id) {
        byte[] header = new byte[8];
        Wire.put16(header, 2, offsetAndMore);
        Wire.put16(header, 4, id >>> 16);
        Wire.put16(header, 6, id);
        return header;
    }

    /** Reads a packet and checks the checksum of its upper layer. */
    static IpV6Packet read(byte[] bytes) {
        try {
            IpV6Packet packet = IpV6Packet.newPacket(bytes, 0, bytes.length);
            Inet6Address from = packet.getHeader().getSrcAddr();
            Inet6Address to = packet.getHeader().getDstAddr();
            boolean right =
                    switch (packet.getPayload()) {
                        case UdpPacket udp -> udp.hasValidChecksum(from, to, false);
                        case TcpPacket tcp -> tcp.hasValidChecksum(from, to, false);
                        case IcmpV6CommonPacket icmp -> icmp.hasValidChecksum(from, to, false);
                        case null, default -> true;
                    };
            if (!right) {
                throw new AssertionError("wrong checksum: " + packet);
            }
            return packet;
        } catch (IllegalRawDataException wrong) {
            throw new AssertionError(wrong);
        }
    }

    static Inet6Address address(String text) {
        try {
            return (Inet6Address) InetAddress.getByName(text);
        } catch (UnknownHostException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    private static byte[] ip(String from, String to, IpNumber protocol, Packet.Builder payload) {
        return new IpV6Packet.Builder()
                .version(IpVersion.IPV6)
                .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) 0xb8))
                .flowLabel(IpV6SimpleFlowLabel.newInstance(0x12345))
                .nextHeader(protocol)
                .hopLimit((byte) 57)
                .srcAddr(address(from))
                .dstAddr(address(to))
                .payloadBuilder(payload)
                .correctLengthAtBuild(true)
                .build()
                .getRawData();
    }
}
