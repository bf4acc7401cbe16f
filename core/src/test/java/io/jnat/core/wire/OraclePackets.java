package io.jnat.core.wire;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IcmpV6EchoRequestPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc1349Tos;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpNoOperationOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IcmpV4Code;
import org.pcap4j.packet.namednumber.IcmpV4Type;
import org.pcap4j.packet.namednumber.IcmpV6Code;
import org.pcap4j.packet.namednumber.IcmpV6Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.TcpPort;
import org.pcap4j.packet.namednumber.UdpPort;

/** Packets built by pcap4j, so that jnat's code is not checked by itself. */
public final class OraclePackets {
    private OraclePackets() {}

    public static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException(impossible);
        }
    }

    public static byte[] tcp(
            String source,
            String destination,
            int sourcePort,
            int destinationPort,
            int sequence,
            boolean push,
            byte[] payload) {
        TcpPacket.Builder tcp =
                new TcpPacket.Builder()
                        .srcAddr(address(source))
                        .dstAddr(address(destination))
                        .srcPort(TcpPort.getInstance((short) sourcePort))
                        .dstPort(TcpPort.getInstance((short) destinationPort))
                        .sequenceNumber(sequence)
                        .acknowledgmentNumber(77)
                        .ack(true)
                        .psh(push)
                        .window((short) 501)
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .paddingAtBuild(true)
                        .payloadBuilder(new UnknownPacket.Builder().rawData(payload));
        return ip(source, destination, IpNumber.TCP, tcp, 0, 64);
    }

    public static byte[] syn(String source, String destination, int mss, boolean oddOffset) {
        var mssOption =
                new TcpMaximumSegmentSizeOption.Builder()
                        .maxSegSize((short) mss)
                        .correctLengthAtBuild(true)
                        .build();
        TcpPacket.Builder tcp =
                new TcpPacket.Builder()
                        .srcAddr(address(source))
                        .dstAddr(address(destination))
                        .srcPort(TcpPort.getInstance((short) 4000))
                        .dstPort(TcpPort.getInstance((short) 80))
                        .sequenceNumber(1)
                        .syn(true)
                        .window((short) 64240)
                        .options(
                                oddOffset
                                        ? List.of(TcpNoOperationOption.getInstance(), mssOption)
                                        : List.of(mssOption))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .paddingAtBuild(true);
        return ip(source, destination, IpNumber.TCP, tcp, 0, 64);
    }

    public static byte[] udp(
            String source,
            String destination,
            int sourcePort,
            int destinationPort,
            int identification,
            byte[] payload) {
        UdpPacket.Builder udp =
                new UdpPacket.Builder()
                        .srcAddr(address(source))
                        .dstAddr(address(destination))
                        .srcPort(UdpPort.getInstance((short) sourcePort))
                        .dstPort(UdpPort.getInstance((short) destinationPort))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .payloadBuilder(new UnknownPacket.Builder().rawData(payload));
        return ip(source, destination, IpNumber.UDP, udp, identification, 64);
    }

    public static byte[] echo(String source, String destination, int identifier, byte[] payload) {
        var data = new UnknownPacket.Builder().rawData(payload);
        if (address(source) instanceof Inet6Address six) {
            var echo =
                    new IcmpV6EchoRequestPacket.Builder()
                            .identifier((short) identifier)
                            .sequenceNumber((short) 3)
                            .payloadBuilder(data);
            var common =
                    new IcmpV6CommonPacket.Builder()
                            .type(IcmpV6Type.ECHO_REQUEST)
                            .code(IcmpV6Code.NO_CODE)
                            .srcAddr(six)
                            .dstAddr((Inet6Address) address(destination))
                            .correctChecksumAtBuild(true)
                            .payloadBuilder(echo);
            return ip(source, destination, IpNumber.ICMPV6, common, 0, 64);
        }
        var echo =
                new IcmpV4EchoPacket.Builder()
                        .identifier((short) identifier)
                        .sequenceNumber((short) 3)
                        .payloadBuilder(data);
        var common =
                new IcmpV4CommonPacket.Builder()
                        .type(IcmpV4Type.ECHO)
                        .code(IcmpV4Code.NO_CODE)
                        .correctChecksumAtBuild(true)
                        .payloadBuilder(echo);
        return ip(source, destination, IpNumber.ICMPV4, common, 0, 64);
    }

    private static byte[] ip(
            String source,
            String destination,
            IpNumber protocol,
            Packet.Builder payload,
            int identification,
            int ttl) {
        if (address(source) instanceof Inet4Address four) {
            return new IpV4Packet.Builder()
                    .version(IpVersion.IPV4)
                    .tos(IpV4Rfc1349Tos.newInstance((byte) 0))
                    .identification((short) identification)
                    .dontFragmentFlag(protocol.equals(IpNumber.TCP))
                    .ttl((byte) ttl)
                    .protocol(protocol)
                    .srcAddr(four)
                    .dstAddr((Inet4Address) address(destination))
                    .correctChecksumAtBuild(true)
                    .correctLengthAtBuild(true)
                    .paddingAtBuild(true)
                    .payloadBuilder(payload)
                    .build()
                    .getRawData();
        }
        return new IpV6Packet.Builder()
                .version(IpVersion.IPV6)
                .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) 0))
                .flowLabel(IpV6SimpleFlowLabel.newInstance(0x12345))
                .nextHeader(protocol)
                .hopLimit((byte) ttl)
                .srcAddr((Inet6Address) address(source))
                .dstAddr((Inet6Address) address(destination))
                .correctLengthAtBuild(true)
                .payloadBuilder(payload)
                .build()
                .getRawData();
    }

    /**
     * Whether pcap4j finds every checksum of an IP packet right; reads IP, TCP, UDP and ICMP
     * headers.
     */
    public static boolean checksumsAreRight(byte[] bytes) {
        try {
            if (bytes[0] >>> 4 == 4) {
                IpV4Packet packet = IpV4Packet.newPacket(bytes, 0, bytes.length);
                var header = packet.getHeader();
                return packet.length() == bytes.length
                        && header.hasValidChecksum(false)
                        && transportIsRight(
                                packet.getPayload(), header.getSrcAddr(), header.getDstAddr());
            }
            IpV6Packet packet = IpV6Packet.newPacket(bytes, 0, bytes.length);
            var header = packet.getHeader();
            return packet.length() == bytes.length
                    && transportIsRight(
                            packet.getPayload(), header.getSrcAddr(), header.getDstAddr());
        } catch (org.pcap4j.packet.IllegalRawDataException malformed) {
            return false;
        }
    }

    private static boolean transportIsRight(Packet payload, InetAddress from, InetAddress to) {
        return switch (payload) {
            case TcpPacket tcp -> tcp.hasValidChecksum(from, to, false);
            case UdpPacket udp -> udp.hasValidChecksum(from, to, true);
            case IcmpV4CommonPacket icmp -> icmp.hasValidChecksum(false);
            case IcmpV6CommonPacket icmp ->
                    icmp.hasValidChecksum((Inet6Address) from, (Inet6Address) to, false);
            default -> false;
        };
    }
}
