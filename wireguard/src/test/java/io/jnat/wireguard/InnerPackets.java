package io.jnat.wireguard;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc1349Tos;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.UdpPort;

/** Inner packets, built by pcap4j. */
final class InnerPackets {
    private InnerPackets() {}

    static byte[] udp(String from, String to, byte[] payload) {
        return udp(from, to, payload, 0);
    }

    static byte[] udp(String from, String to, byte[] payload, int trafficClass) {
        InetAddress source = InetAddress.ofLiteral(from);
        InetAddress destination = InetAddress.ofLiteral(to);
        UdpPacket.Builder udp =
                new UdpPacket.Builder()
                        .srcPort(UdpPort.getInstance((short) 4000))
                        .dstPort(UdpPort.getInstance((short) 5000))
                        .srcAddr(source)
                        .dstAddr(destination)
                        .payloadBuilder(new UnknownPacket.Builder().rawData(payload))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true);
        if (source instanceof Inet4Address four) {
            return new IpV4Packet.Builder()
                    .version(IpVersion.IPV4)
                    .tos(IpV4Rfc1349Tos.newInstance((byte) trafficClass))
                    .ttl((byte) 64)
                    .protocol(IpNumber.UDP)
                    .srcAddr(four)
                    .dstAddr((Inet4Address) destination)
                    .payloadBuilder(udp)
                    .correctChecksumAtBuild(true)
                    .correctLengthAtBuild(true)
                    .build()
                    .getRawData();
        }
        return new IpV6Packet.Builder()
                .version(IpVersion.IPV6)
                .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) trafficClass))
                .flowLabel(IpV6SimpleFlowLabel.newInstance(0))
                .nextHeader(IpNumber.UDP)
                .hopLimit((byte) 64)
                .srcAddr((Inet6Address) source)
                .dstAddr((Inet6Address) destination)
                .payloadBuilder(udp)
                .correctLengthAtBuild(true)
                .build()
                .getRawData();
    }
}
