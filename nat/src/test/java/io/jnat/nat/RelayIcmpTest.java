package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Others;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.namednumber.IcmpV4Type;

/** Echoes and errors that cross a relay, end at it, or come from it. */
final class RelayIcmpTest extends TwoSiteRelay {
    @Test
    void pingToTheRelayIsHandedBackAsItIs() {
        byte[] ping = Wire.echo(CLIENT, PUBLIC, 77, true, 56);
        Sent back = bench.fromWan(ping);
        assertArrayEquals(ping, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    void errorAboutTheHostsOwnConnectionIsHandedBack() {
        byte[] quoted = Wire.tcp(PUBLIC, 61000, CLIENT, 443, SYN);
        byte[] error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, quoted);
        Sent back = bench.fromWan(error);
        assertArrayEquals(error, back.bytes());
        assertEquals(WAN, back.link());
    }

    @Test
    void pingThroughTheTunnelIsAnswered() {
        Sent answer = bench.fromTunnel(Wire.echo("10.99.0.2", "10.99.0.1", 77, true, 56), SITE);
        IpV4Packet ip = Wire.read(answer.bytes());
        assertEquals("10.99.0.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals("10.99.0.2", ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(64, ip.getHeader().getTtlAsInt());
        assertEquals(IcmpV4Type.ECHO_REPLY, ip.get(IcmpV4CommonPacket.class).getHeader().getType());
        assertEquals(TUNNEL, answer.link());
        assertEquals(SITE, answer.peer());
    }

    @Test
    void echoLeavesAndComesBack() {
        Sent out = bench.fromTunnel(Wire.echo(RADIO, CLIENT, 77, true, 56), SITE);
        IpV4Packet ip = Wire.read(out.bytes());
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        int id = Wire.get16(out.bytes(), 24);
        Sent back = bench.fromWan(Wire.echo(CLIENT, PUBLIC, id, false, 56));
        assertEquals(RADIO, Wire.read(back.bytes()).getHeader().getDstAddr().getHostAddress());
        assertEquals(77, Wire.get16(back.bytes(), 24));
        assertEquals(TUNNEL, back.link());
    }

    @Test
    @Tag("N40")
    void pingOfTheRelayFromAHostThatADevicePingsByTheSameIdentifierIsHandedBack() {
        bench.fromTunnel(Wire.echo(RADIO, CLIENT, 1, true, 56), SITE);
        byte[] ping = Wire.echo(CLIENT, PUBLIC, 1, true, 56);
        Sent back = bench.fromWan(ping);
        assertArrayEquals(ping, back.bytes());
        assertEquals(WAN, back.link());
        Sent answer = bench.fromWan(Wire.echo(CLIENT, PUBLIC, 1, false, 56));
        assertEquals(TUNNEL, answer.link());
    }

    /** It has no identifier, which is not the identifier 0. */
    @Test
    @Tag("N40")
    void routerAdvertisementBelongsToNoEcho() {
        assertNotNull(bench.fromTunnel(Wire.echo(RADIO, CLIENT, 0, true, 56), SITE));
        byte[] advertisement = Wire.error(RADIO, CLIENT, 9, 0, 0, new byte[8]);
        assertNull(bench.fromTunnel(advertisement, SITE));
        assertEquals(DropReason.ICMP_UNRELATED, bench.dropped);
    }

    @Test
    @Tag("N30")
    void errorInFragmentsIsNotTranslated() {
        Sent in = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 800));
        byte[] error = Wire.error(RADIO, CLIENT, 3, 3, 0, in.bytes());
        assertNotNull(bench.fromTunnel(error, SITE));
        byte[] first = error.clone();
        first[6] |= 0x20; // more follow; its checksum is that of the first alone
        Wire.put16(first, 10, 0);
        Wire.put16(first, 10, Wire.onesComplement(first, 0, 20));
        assertNull(bench.fromTunnel(first, SITE));
        assertEquals(DropReason.ICMP_MALFORMED, bench.dropped);
    }

    @Test
    @Tag("N1")
    void twoDevicesWithTheSameEchoIdentifierAreToldApart() {
        Sent one = bench.fromTunnel(Wire.echo(RADIO, CLIENT, 77, true, 56), SITE);
        Sent two = bench.fromTunnel(Wire.echo("192.168.20.32", CLIENT, 77, true, 56), SITE);
        int idOne = Wire.get16(one.bytes(), 24);
        int idTwo = Wire.get16(two.bytes(), 24);
        assertNotEquals(idOne, idTwo);
        Sent back = bench.fromWan(Wire.echo(CLIENT, PUBLIC, idTwo, false, 56));
        assertEquals(
                "192.168.20.32", Wire.read(back.bytes()).getHeader().getDstAddr().getHostAddress());
    }

    @Test
    @Tag("N30")
    void errorForAForwardedFlowReachesTheDevice() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        Sent answer = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE);
        Sent error = bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, answer.bytes()));
        assertNotNull(error, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(error.bytes());
        assertEquals("203.0.113.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(TUNNEL, error.link());
        assertQuotes(error.bytes(), RADIO, 55193, CLIENT, 4000);
    }

    @Test
    @Tag("N45")
    void errorsFromSourcesThatAreOnNoWireAreDropped() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        Sent answer = bench.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 100), SITE);
        for (String source :
                new String[] {"127.0.0.1", "0.0.0.1", "224.0.0.1", "255.255.255.255"}) {
            assertNull(bench.fromWan(Wire.error(source, PUBLIC, 3, 3, 0, answer.bytes())));
            assertEquals(DropReason.MARTIAN, bench.dropped);
        }
    }

    @Test
    @Tag("N30")
    void quotedChecksumIsWhatTheSenderSent() {
        byte[] sent = Wire.udp(RADIO, 5000, CLIENT, 53, 100);
        Sent out = bench.fromTunnel(sent, SITE);
        byte[] error = Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, out.bytes());
        assertQuoted(sent, 64, bench.fromWan(error));
        byte[] cut = Arrays.copyOf(out.bytes(), 28);
        assertQuoted(sent, 28, bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 11, 0, 0, cut)));
        byte[] segment = Wire.tcp(RADIO, 5001, CLIENT, 80, SYN);
        byte[] outside = bench.fromTunnel(segment, SITE).bytes();
        error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, outside);
        assertQuoted(segment, segment.length, bench.fromWan(error));
        cut = Arrays.copyOf(outside, 28);
        error = Wire.error("203.0.113.1", PUBLIC, 3, 1, 0, cut);
        assertQuoted(segment, 28, bench.fromWan(error));
    }

    @Test
    @Tag("N30")
    void quotedEchoHasTheIdentifierThatTheSenderGaveIt() {
        bench.fromTunnel(Wire.echo(RADIO, CLIENT, 77, true, 56), SITE);
        byte[] sent = Wire.echo("192.168.20.32", CLIENT, 77, true, 30);
        byte[] outside = bench.fromTunnel(sent, SITE).bytes();
        assertNotEquals(77, Wire.get16(outside, 24));
        byte[] error = Wire.error("203.0.113.1", PUBLIC, 11, 0, 0, outside);
        assertQuoted(sent, sent.length, bench.fromWan(error));
        byte[] cut = Arrays.copyOf(outside, 28);
        error = Wire.error("203.0.113.1", PUBLIC, 11, 0, 0, cut);
        assertQuoted(sent, 28, bench.fromWan(error));
    }

    private void assertQuoted(byte[] sent, int bytes, Sent error) {
        assertNotNull(error, () -> "dropped: " + bench.dropped);
        Wire.read(error.bytes());
        byte[] quoted = Arrays.copyOfRange(error.bytes(), 28, error.bytes().length);
        assertArrayEquals(Arrays.copyOf(sent, bytes), quoted);
    }

    @Test
    @Tag("N30")
    void redirectsAreNotPassedOn() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        byte[] redirect =
                Wire.error("203.0.113.1", PUBLIC, 5, 1, Wire.ip("203.0.113.9"), out.bytes());
        assertNull(bench.fromWan(redirect));
        assertEquals(DropReason.ICMP_REDIRECT, bench.dropped);
    }

    @Test
    @Tag("N30")
    void senderIsToldWhenItsTtlRunsOutBehindTheTranslation() {
        byte[] last = Wire.withTtl(Wire.udp(RADIO, 5000, CLIENT, 33434, 100), 1);
        assertNull(bench.fromTunnel(last, SITE));
        assertEquals(DropReason.HOP_LIMIT, bench.dropped);
        Sent error = bench.emitted.get(0);
        IpV4Packet ip = Wire.read(error.bytes());
        assertEquals("10.99.0.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(RADIO, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(11 << 8, Wire.get16(error.bytes(), 20));
        assertEquals(TUNNEL, error.link());
        assertQuotes(error.bytes(), RADIO, 5000, CLIENT, 33434);
        // Into the tunnel it may go: its other end is where it runs out.
        byte[] in = Wire.withTtl(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100), 1);
        assertEquals(TUNNEL, bench.fromWan(in).link());
    }

    @Test
    @Tag("N30")
    void errorFromTheDeviceLeavesFromThePublicAddress() {
        Sent in = bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 50001, 100));
        for (String from : List.of(RADIO, "192.168.20.1")) {
            Sent error = bench.fromTunnel(Wire.error(from, CLIENT, 3, 3, 0, in.bytes()), SITE);
            assertNotNull(error, () -> "dropped: " + bench.dropped);
            IpV4Packet ip = Wire.read(error.bytes());
            assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
            assertEquals(CLIENT, ip.getHeader().getDstAddr().getHostAddress());
            assertQuotes(error.bytes(), CLIENT, 4000, PUBLIC, 50001);
        }
    }

    @Test
    @Tag("N30")
    void errorsNeitherRefreshNorEndAFlow() {
        Sent out = bench.fromTunnel(Wire.udp(RADIO, 5000, CLIENT, 53, 100), SITE);
        bench.pass(200);
        assertNotNull(bench.fromWan(Wire.error("203.0.113.1", PUBLIC, 3, 3, 0, out.bytes())));
        assertEquals(1, bench.flows().size());
        bench.pass(110);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N31")
    void tooLargeWithDontFragmentIsAnsweredWithTheMtu() {
        byte[] large = Wire.udp(CLIENT, 4000, PUBLIC, 55193, 1450);
        assertNull(bench.fromWan(large));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        assertEquals(1, bench.emitted.size());
        byte[] error = bench.emitted.get(0).bytes();
        IpV4Packet ip = Wire.read(error);
        assertEquals(PUBLIC, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(CLIENT, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(3 << 8 | 4, Wire.get16(error, 20));
        assertEquals(1420, Wire.get16(error, 26));
        assertQuotes(error, CLIENT, 4000, PUBLIC, 55193);
        assertEquals(WAN, bench.emitted.get(0).link());
    }

    @Test
    @Tag("N31")
    void errorComesFromThePublicAddressThatWasAsked() {
        String first = "198.51.100.2";
        NatConfig config = config();
        bench.apply(
                bench.relayAt(List.of(first, PUBLIC))
                        .withRules(
                                config.sites(),
                                config.forwards(),
                                List.of(),
                                List.of(),
                                Others.KERNEL));
        for (String asked : List.of(first, PUBLIC)) {
            int port = asked.equals(first) ? 4000 : 4001;
            assertNull(bench.fromWan(Wire.udp(CLIENT, port, asked, 55193, 1450)));
            assertEquals(DropReason.TOO_BIG, bench.dropped);
            IpV4Packet error = Wire.read(bench.emitted.get(0).bytes());
            assertEquals(asked, error.getHeader().getSrcAddr().getHostAddress());
        }
    }

    @Test
    @Tag("N31")
    void tooLargeWithoutDontFragmentPasses() {
        byte[] large = Wire.udp(CLIENT, 4000, PUBLIC, 55193, Wire.payload(1450), true, false);
        assertUdp(bench.fromWan(large), CLIENT, 4000, RADIO, 55193, TUNNEL, SITE);
    }

    @Test
    void undeliverableForwardTellsTheClient() {
        bench.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        bench.undeliverable(DropReason.TUNNEL_NO_ENDPOINT);
        byte[] error = bench.emitted.get(0).bytes();
        Wire.read(error);
        assertEquals(3 << 8 | 1, Wire.get16(error, 20));
        assertQuotes(error, CLIENT, 4000, PUBLIC, 55193);
    }
}
