package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IcmpV6Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.UdpPort;

final class PassThroughTest {
    private static final int DEVICE = 3;
    private static final int TUNNEL = 4;

    private final Burst burst = new Burst();
    private final PassThrough policy = new PassThrough(DEVICE, TUNNEL);
    private final Emitter emitter =
            new Emitter() {
                @Override
                public Packet make(int bytes) {
                    Packet made = burst.append(burst.make(bytes), bytes);
                    made.verdict = Packet.TAKEN;
                    return made;
                }

                @Override
                public void emit(Packet made) {
                    made.verdict = Packet.FORWARD;
                }
            };

    @AfterEach
    void release() {
        burst.release();
    }

    private Packet load(byte[] bytes, int link) {
        burst.reset(0);
        Packet packet = burst.append(burst.in.address() + 64, bytes.length);
        Memory.copy(bytes, 0, packet.address, bytes.length);
        packet.inLink = link;
        assertEquals(null, PacketParser.parse(packet));
        return packet;
    }

    private byte[] complaint() {
        assertEquals(2, burst.count);
        Packet error = burst.packets[1];
        assertEquals(DEVICE, error.outLink);
        byte[] bytes = new byte[error.length];
        Memory.copy(error.address, bytes, 0, bytes.length);
        return bytes;
    }

    @Test
    void joinsDeviceAndTunnel() {
        Packet packet = load(Wire.udp("10.0.0.2", 1, "10.0.0.9", 2, 10), DEVICE);
        policy.track(packet, emitter, 0);
        assertEquals(TUNNEL, packet.outLink);
        assertEquals(-1, packet.outPeer);
        packet.inLink = TUNNEL;
        packet.inPeer = 9;
        policy.track(packet, emitter, 0);
        assertEquals(DEVICE, packet.outLink);
        assertEquals(Packet.FORWARD, packet.verdict);
    }

    @Test
    @Tag("W26")
    void destinationWithoutAPeerIsUnreachable() {
        Packet packet = load(Wire.udp("10.0.0.2", 1, "10.0.0.9", 2, 10), DEVICE);
        policy.undeliverable(packet, DropReason.TUNNEL_NO_PEER, emitter, 0);
        byte[] error = complaint();
        IpV4Packet ip = Wire.read(error);
        assertEquals("10.0.0.9", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals("10.0.0.2", ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(3 << 8 | 1, Wire.get16(error, 20));
    }

    @Test
    @Tag("W26")
    void ipv6DestinationWithoutAPeerIsUnreachable() throws IllegalRawDataException {
        byte[] udp = udp6("fd00::2", "fd00::9");
        policy.undeliverable(load(udp, DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
        byte[] bytes = complaint();
        IpV6Packet ip = IpV6Packet.newPacket(bytes, 0, bytes.length);
        assertEquals(address("fd00::9"), ip.getHeader().getSrcAddr());
        assertEquals(address("fd00::2"), ip.getHeader().getDstAddr());
        IcmpV6CommonPacket icmp = ip.get(IcmpV6CommonPacket.class);
        assertEquals(IcmpV6Type.DESTINATION_UNREACHABLE, icmp.getHeader().getType());
        assertTrue(
                icmp.hasValidChecksum(
                        ip.getHeader().getSrcAddr(), ip.getHeader().getDstAddr(), false));
        burst.reset(0);
        policy.undeliverable(
                load(udp6("fd00::2", "ff02::1"), DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
        assertEquals(1, burst.count);
    }

    /** RFC 1812 section 4.3.2.7, RFC 4443 section 2.4(e): else errors would breed errors. */
    @Test
    @Tag("N34")
    @Tag("W26")
    void whatMustNotCauseAnErrorCausesNone() {
        byte[] large = Wire.udp("10.0.0.2", 1, "10.0.0.9", 2, Wire.payload(3000), true, false);
        byte[] large6 = WireIpv6.udp("fd00::2", 1, "fd00::9", 2, 1400);
        for (byte[] packet :
                List.of(
                        Wire.error("10.0.0.2", "10.0.0.9", 3, 3, 0, large),
                        Wire.fragments(large, 1400, 7)[1],
                        Wire.udp("10.0.0.2", 1, "224.0.0.5", 2, 10),
                        Wire.udp("10.0.0.2", 1, "255.255.255.255", 2, 10),
                        Wire.udp("0.0.0.0", 1, "10.0.0.9", 2, 10),
                        Wire.udp("127.0.0.1", 1, "10.0.0.9", 2, 10),
                        Wire.udp("224.0.0.1", 1, "10.0.0.9", 2, 10),
                        WireIpv6.error("fd00::2", "fd00::9", 1, 4, 0, large6, 200),
                        WireIpv6.udp("::", 1, "fd00::9", 2, 10),
                        WireIpv6.udp("ff02::5", 1, "fd00::9", 2, 10))) {
            policy.undeliverable(load(packet, DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
            assertEquals(1, burst.count);
        }
        for (byte[] packet :
                List.of(
                        Wire.echo("10.0.0.2", "10.0.0.9", 1, true, 10),
                        Wire.fragments(large, 1400, 7)[0],
                        WireIpv6.echo("fd00::2", "fd00::9", 1, true, 10))) {
            policy.undeliverable(load(packet, DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
            assertEquals(2, burst.count);
        }
        policy.undeliverable(load(large, DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
        assertEquals(576, complaint().length, "RFC 1812 section 4.3.2.3");
        policy.undeliverable(load(large6, DEVICE), DropReason.TUNNEL_NO_PEER, emitter, 0);
        assertEquals(1280, complaint().length, "RFC 4443 section 2.4(c)");
    }

    @Test
    @Tag("W26")
    void complaintsAreRateLimited() {
        int sent = 0;
        for (int at = 0; at < 500; at++) {
            Packet packet = load(Wire.udp("10.0.0.2", 1, "10.0.0.9", 2, 10), DEVICE);
            policy.undeliverable(packet, DropReason.TUNNEL_NO_ENDPOINT, emitter, 0);
            sent += burst.count - 1;
        }
        assertTrue(sent > 0 && sent <= 50, "sent " + sent);
    }

    private static byte[] udp6(String from, String to) {
        UdpPacket.Builder udp =
                new UdpPacket.Builder()
                        .srcPort(UdpPort.getInstance((short) 1))
                        .dstPort(UdpPort.getInstance((short) 2))
                        .srcAddr(address(from))
                        .dstAddr(address(to))
                        .payloadBuilder(new UnknownPacket.Builder().rawData(new byte[10]))
                        .correctLengthAtBuild(true)
                        .correctChecksumAtBuild(true);
        return new IpV6Packet.Builder()
                .version(IpVersion.IPV6)
                .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) 0))
                .flowLabel(IpV6SimpleFlowLabel.newInstance(0))
                .nextHeader(IpNumber.UDP)
                .hopLimit((byte) 64)
                .srcAddr(address(from))
                .dstAddr(address(to))
                .payloadBuilder(udp)
                .correctLengthAtBuild(true)
                .build()
                .getRawData();
    }

    private static Inet6Address address(String text) {
        try {
            return (Inet6Address) InetAddress.getByName(text);
        } catch (UnknownHostException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }
}
