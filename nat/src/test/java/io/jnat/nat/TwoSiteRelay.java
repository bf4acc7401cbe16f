package io.jnat.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;

/** A relay with two sites, for packet tables in and out, built and read by pcap4j. */
abstract class TwoSiteRelay {
    static final String CLIENT = "203.0.113.7";
    static final String RADIO = "192.168.20.31";
    static final int SITE = 0;
    static final int OTHER_SITE = 1;

    TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench();
        bench.apply(config());
    }

    @AfterEach
    void release() {
        bench.close();
    }

    final NatConfig config() {
        return bench.relay(
                List.of(site(SITE, "wa7vc", "10.99.0.2"), site(OTHER_SITE, "club", "10.99.0.3")),
                List.of(
                        forward("dmr", Protocol.UDP, 55193, 55193, SITE, 55193),
                        forward("ssh", Protocol.TCP, 2222, 2222, SITE, 22),
                        forward("rtp", Protocol.UDP, 50000, 50100, SITE, 40000),
                        forward("club", Protocol.UDP, 6000, 6000, OTHER_SITE, 6000)));
    }

    private static Site site(int peer, String name, String inTunnel) {
        return new Site(
                peer, name, List.of(TranslatorBench.SITE_NETWORK, Ipv4Prefix.parse(inTunnel)));
    }

    private static Forward forward(
            String name, int protocol, int first, int last, int peer, int toFirst) {
        return TranslatorBench.forward(
                name, new PortRange(protocol, first, last), peer, RADIO, toFirst);
    }

    final void assertUdp(
            Sent sent, String from, int fromPort, String to, int toPort, int link, int peer) {
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(sent.bytes());
        UdpPacket udp = ip.get(UdpPacket.class);
        assertEquals(from, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(to, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(fromPort, udp.getHeader().getSrcPort().valueAsInt());
        assertEquals(toPort, udp.getHeader().getDstPort().valueAsInt());
        assertEquals(link, sent.link());
        assertEquals(peer, sent.peer());
        assertEquals((byte) 0xb8, ip.getHeader().getTos().value());
    }

    final void assertTcp(
            Sent sent, String from, int fromPort, String to, int toPort, int link, int peer) {
        assertNotNull(sent, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(sent.bytes());
        TcpPacket tcp = ip.get(TcpPacket.class);
        assertEquals(from, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(to, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(fromPort, tcp.getHeader().getSrcPort().valueAsInt());
        assertEquals(toPort, tcp.getHeader().getDstPort().valueAsInt());
        assertEquals(link, sent.link());
        assertEquals(peer, sent.peer());
    }

    static void assertQuotes(byte[] error, String from, int fromPort, String to, int toPort) {
        byte[] quoted = new byte[28];
        System.arraycopy(error, 28, quoted, 0, 28);
        assertEquals(0, Wire.onesComplement(quoted, 0, 20));
        assertEquals(Wire.ip(from), Wire.get16(quoted, 12) << 16 | Wire.get16(quoted, 14));
        assertEquals(Wire.ip(to), Wire.get16(quoted, 16) << 16 | Wire.get16(quoted, 18));
        assertEquals(fromPort, Wire.get16(quoted, 20));
        assertEquals(toPort, Wire.get16(quoted, 22));
    }
}
