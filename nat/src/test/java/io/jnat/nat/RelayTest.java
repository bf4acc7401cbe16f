package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.RST;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;

/** A relay with two sites: forwards, mappings, filters, and what is rewritten. */
final class RelayTest extends TwoSiteRelay {
    @Test
    @Tag("N47")
    void forwardKeepsRealSourceAndAnswersLeaveFromPublicPort() {
        Sent in = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        assertUdp(in, CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE);
        assertUdp(out, PUBLIC, 55193, CLIENT, 4000, WAN, -1);
        assertEquals("two-way", bench.flows().get(0).state());
        assertEquals("forward dmr", bench.flows().get(0).rule());
    }

    @Test
    void rangeForwardsKeepTheOffset() {
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50042, 100)),
                CLIENT,
                4000,
                RADIO,
                40042,
                TUNNEL,
                SITE);
        assertUdp(
                bench.fromTunnel(Wire.udp(RADIO, 40042, CLIENT, 4000, 100), SITE),
                PUBLIC,
                50042,
                CLIENT,
                4000,
                WAN,
                -1);
    }

    @Test
    void tcpForwardTranslatesThePortBothWays() {
        assertTcp(
                bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, SYN)),
                CLIENT,
                4000,
                RADIO,
                22,
                TUNNEL,
                SITE);
        assertTcp(
                bench.fromTunnel(Wire.tcp(RADIO, 22, CLIENT, 4000, SYN | ACK), SITE),
                PUBLIC,
                2222,
                CLIENT,
                4000,
                WAN,
                -1);
        assertNotNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, ACK)));
        assertEquals("established", bench.flows().get(0).state());
    }

    @Test
    @Tag("N40")
    void unsolicitedPacketsAreDroppedInSilence() {
        assertNull(bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 1234, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 55193, SYN)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertTrue(bench.emitted.isEmpty());
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N3")
    void sourcePortIsKeptWhenFree() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), SITE);
        assertUdp(out, PUBLIC, 5353, CLIENT, 53, WAN, -1);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, 5353, 100)),
                CLIENT,
                53,
                RADIO,
                5353,
                TUNNEL,
                SITE);
    }

    @Test
    @Tag("N3")
    @Tag("N49")
    void twoSitesWithTheSameAddressGetDifferentPorts() {
        Sent one = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), SITE);
        Sent two = bench.fromTunnel(Wire.udp(RADIO, 5353, CLIENT, 53, 100), OTHER_SITE);
        int portOne = Wire.get16(one.bytes(), 20);
        int portTwo = Wire.get16(two.bytes(), 20);
        assertEquals(5353, portOne);
        assertNotEquals(portOne, portTwo);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 53, PUBLIC, portTwo, 100)),
                CLIENT,
                53,
                RADIO,
                5353,
                TUNNEL,
                OTHER_SITE);
    }

    @Test
    @Tag("N1")
    void mappingIsEndpointIndependent() {
        int first =
                Wire.get16(bench.fromTunnel(Wire.udp(RADIO, 70, CLIENT, 53, 9), SITE).bytes(), 20);
        int second =
                Wire.get16(
                        bench.fromTunnel(Wire.udp(RADIO, 70, "203.0.113.99", 54, 9), SITE).bytes(),
                        20);
        assertEquals(first, second);
        assertEquals(1, bench.report().mappings());
    }

    @Test
    @Tag("N2")
    void filteringDependsOnTheAddress() {
        bench.fromTunnel(Wire.udp(RADIO, 4993, CLIENT, 4993, 100), SITE);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 9999, PUBLIC, 4993, 100)),
                CLIENT,
                9999,
                RADIO,
                4993,
                TUNNEL,
                SITE);
        assertNull(bench.fromWan(Wire.udp("203.0.113.8", 4993, PUBLIC, 4993, 100)));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N4")
    void forwardedEndpointSendsFromItsPublicPort() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 40007, CLIENT, 62031, 100), SITE);
        assertUdp(out, PUBLIC, 50007, CLIENT, 62031, WAN, -1);
        assertUdp(
                bench.fromWan(Wire.udp(CLIENT, 62031, PUBLIC, 50007, 100)),
                CLIENT,
                62031,
                RADIO,
                40007,
                TUNNEL,
                SITE);
    }

    @Test
    @Tag("N4")
    @Tag("N49")
    void twinOfAForwardedDeviceAtAnotherSiteDoesNotSendFromItsPublicPort() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 62031, 100), OTHER_SITE);
        assertNotEquals(55193, Wire.get16(out.bytes(), 20));
        assertEquals("site club", bench.flows().get(0).rule());
    }

    @Test
    @Tag("N40")
    void forwardOfOnePublicAddressIsOpenAndSendsThereOnly() {
        String other = "198.51.100.2";
        PortRange port = new PortRange(Protocol.UDP, 5060, 5060);
        Forward bound =
                new Forward(
                        "bound",
                        port,
                        Wire.ip(PUBLIC),
                        List.of(),
                        SITE,
                        Wire.ip(RADIO),
                        5060,
                        false);
        bench.apply(
                bench.relayAt(List.of(other, PUBLIC))
                        .withRules(
                                List.of(TranslatorBench.site(SITE, "wa7vc")),
                                List.of(bound),
                                List.of(),
                                List.of(),
                                Others.KERNEL));
        assertNull(bench.fromWan(Wire.udp(CLIENT, 4000, other, 5060, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertNotNull(bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 5060, 100)));
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5060, CLIENT, 62031, 100), SITE);
        assertUdp(out, PUBLIC, 5060, CLIENT, 62031, WAN, -1);
    }

    @Test
    @Tag("N5")
    void dynamicMappingNeverTakesAForwardsPort() {
        Sent out = bench.fromTunnel(Wire.udp("192.168.20.77", 55193, CLIENT, 53, 100), SITE);
        assertNotEquals(55193, Wire.get16(out.bytes(), 20));
    }

    @Test
    @Tag("N44")
    void privateDestinationsNeverLeave() {
        for (String to : List.of("10.1.2.3", "192.168.1.1", "100.64.0.1", "169.254.1.1")) {
            assertNull(bench.fromTunnel(Wire.udp(RADIO, 5000, to, 53, 100), SITE));
            assertEquals(DropReason.CAPTURED_TO_PRIVATE, bench.dropped);
        }
    }

    @Test
    @Tag("N49")
    void sitesPublicNetworkIsNotReachedByAnotherSite() {
        String network = "198.18.5.0/24";
        bench.apply(
                bench.relay(
                        List.of(
                                TranslatorBench.site(SITE, "wa7vc"),
                                new Site(OTHER_SITE, "club", List.of(Ipv4Prefix.parse(network)))),
                        List.of()));
        assertNotNull(bench.fromTunnel(Wire.udp("198.18.5.9", 5000, CLIENT, 53, 9), OTHER_SITE));
        assertNull(bench.fromTunnel(Wire.udp(RADIO, 5000, "198.18.5.9", 53, 9), SITE));
        assertEquals(DropReason.CAPTURED_TO_PRIVATE, bench.dropped);
        assertNull(bench.fromWan(Wire.udp("198.18.5.9", 5000, PUBLIC, 5000, 9)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
    }

    @Test
    @Tag("N45")
    void sourcesThatCantBeThereAreDropped() {
        for (String source : List.of("192.168.99.1", "10.99.0.3")) { // nobody's, the other site's
            assertNull(bench.fromTunnel(Wire.udp(source, 5000, CLIENT, 53, 100), SITE));
            assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        }
        assertNull(bench.fromWan(Wire.udp("192.168.20.31", 5000, PUBLIC, 55193, 100)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        assertNull(bench.fromWan(Wire.udp("127.0.0.1", 5000, PUBLIC, 55193, 100)));
        assertEquals(DropReason.MARTIAN, bench.dropped);
        assertNull(bench.fromWan(Wire.udp(PUBLIC, 55193, PUBLIC, 55193, 100)));
        assertEquals(DropReason.MARTIAN, bench.dropped);
    }

    @Test
    @Tag("N35")
    void protocolWithoutPortsThatIsNotOursIsHandedBack() {
        byte[] gre = Wire.raw(CLIENT, PUBLIC, 47, Wire.payload(40));
        Sent back = bench.fromWan(gre);
        assertArrayEquals(gre, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    @Tag("N20")
    void strayTcpSegmentsAreDropped() {
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, ACK)));
        assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
        assertNull(bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, RST)));
        assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
    }

    @Test
    @Tag("N22")
    void mssIsClampedInBothDirections() {
        Sent in = bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, SYN, 1, 0, 0, 1460));
        assertEquals(1380, mss(in.bytes()));
        Sent out =
                bench.fromTunnel(Wire.tcp(RADIO, 22, CLIENT, 4000, SYN | ACK, 1, 2, 0, 1460), SITE);
        assertEquals(1380, mss(out.bytes()));
    }

    /** Of two sites, one may be behind a narrower path (decision 027). */
    @Test
    @Tag("N22")
    void mssIsClampedToThePathOfThePeer() {
        int[] paths = new int[SITE + 2];
        Arrays.fill(paths, 1420);
        paths[SITE] = 1328;
        bench.tunnel.pathMtus(paths);
        Sent in = bench.fromWan(Wire.tcp(CLIENT, 4000, PUBLIC, 2222, SYN, 1, 0, 0, 1460));
        assertEquals(1288, mss(in.bytes()));
        Sent out =
                bench.fromTunnel(Wire.tcp(RADIO, 22, CLIENT, 4000, SYN | ACK, 1, 2, 0, 1460), SITE);
        assertEquals(1288, mss(out.bytes()));
        paths[SITE] = 1420;
        paths[SITE + 1] = 1328;
        bench.tunnel.pathMtus(paths);
        in = bench.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 2222, SYN, 1, 0, 0, 1460));
        assertEquals(1380, mss(in.bytes()));
    }

    private static int mss(byte[] packet) {
        TcpPacket tcp = Wire.read(packet).get(TcpPacket.class);
        return ((TcpMaximumSegmentSizeOption) tcp.getHeader().getOptions().get(0))
                .getMaxSegSizeAsInt();
    }

    @Test
    @Tag("N33")
    void absentUdpChecksumStaysAbsent() {
        byte[] in = Wire.udp(CLIENT, 4000, PUBLIC, 55193, Wire.payload(10), false, true);
        assertEquals(0, Wire.get16(in, 26));
        Sent out = bench.fromWan(in);
        assertUdp(out, CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
        assertEquals(0, Wire.get16(out.bytes(), 26));
    }

    @Test
    @Tag("N33")
    void checksumsThatComeOutAsZeroAreSentAsAllOnes() {
        int allOnes = 0;
        byte[] payload = new byte[2];
        for (int word = 0; word < 65536; word++) {
            Wire.put16(payload, 0, word);
            byte[] in = Wire.udp(CLIENT, 4000, PUBLIC, 50001, payload, true, true);
            if (Wire.get16(in, 26) == 0) {
                Wire.put16(in, 26, 0xffff); // pcap4j does not know the rule
            }
            Sent out = bench.fromWan(in);
            int checksum = Wire.get16(out.bytes(), 26);
            assertNotEquals(0, checksum);
            if (checksum == 0xffff) {
                allOnes++;
                Wire.read(out.bytes());
            }
        }
        assertEquals(1, allOnes);
    }

    /** What a SIP gateway would rewrite, and thereby break. */
    @Test
    @Tag("N55")
    void whatAPacketSaysAboutAddressesIsNobodysBusiness() {
        byte[] said =
                """
                INVITE sip:a@203.0.113.7 SIP/2.0
                Via: SIP/2.0/UDP 192.168.20.31:5060
                Contact: <sip:b@192.168.20.31>

                c=IN IP4 192.168.20.31
                m=audio 40000 RTP/AVP 0
                """
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] packet = Wire.udp(RADIO, 5060, CLIENT, 5060, said.length);
        System.arraycopy(said, 0, packet, 28, said.length);
        Wire.put16(packet, 26, 0); // no checksum
        byte[] out = bench.fromTunnel(packet, SITE).bytes();
        assertArrayEquals(said, Arrays.copyOfRange(out, 28, out.length));
    }
}
