package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.TranslatorBench.WAN;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.FIN;
import static io.jnat.nat.Wire.RST;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Allow;
import io.jnat.nat.rule.NatConfig.Capture;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.PortRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.TcpPacket;

/** A site's router with {@code others = "wan"}: a captured radio, and a host that is not. */
final class RouterTest {
    private static final String INTERNET = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final String HOST = "192.168.20.99";
    private static final String WAN_ADDRESS = "100.64.7.7";
    private static final String ROUTER = "192.168.20.1";

    private TranslatorBench bench;

    @BeforeEach
    void router() {
        bench = new TranslatorBench();
        bench.apply(config(Others.WAN));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private NatConfig config(Others others) {
        return config(others, List.of(WAN_ADDRESS));
    }

    private NatConfig config(Others others, List<String> wanAddresses) {
        return bench.router(wanAddresses)
                .withRules(
                        List.of(),
                        List.of(),
                        List.of(new Capture("radio", List.of(Ipv4Prefix.parse(RADIO)))),
                        List.of(
                                allow("banned", "203.0.113.66/32", HOST, 80, Action.DROP),
                                allow("blocked", "203.0.113.67/32", HOST, 80, Action.REJECT),
                                allow("reset", "203.0.113.68/32", HOST, 80, Action.RESET),
                                allow("web", "0.0.0.0/0", HOST, 80, Action.ACCEPT),
                                new Allow(
                                        "dmr",
                                        Zone.TUNNEL,
                                        List.of(),
                                        List.of(Ipv4Prefix.parse(RADIO)),
                                        List.of(
                                                new PortRange(Protocol.UDP, 55193, 55193),
                                                new PortRange(Protocol.UDP, 50000, 50100)),
                                        Action.ACCEPT)),
                        others);
    }

    private static Allow allow(String name, String from, String to, int port, Action action) {
        return new Allow(
                name,
                Zone.TUNNEL,
                List.of(Ipv4Prefix.parse(from)),
                List.of(Ipv4Prefix.parse(to)),
                List.of(new PortRange(Protocol.TCP, port, port)),
                action);
    }

    @Test
    @Tag("N42")
    void capturedPacketsEnterTheTunnelUntouched() {
        byte[] packet = Wire.udp(RADIO, 5000, INTERNET, 53, 100);
        Sent out = bench.fromLan(packet);
        assertArrayEquals(packet, out.bytes());
        assertEquals(TUNNEL, out.link());
        assertEquals(RELAY_PEER, out.peer());
        byte[] answer = Wire.udp(INTERNET, 53, RADIO, 5000, 100);
        Sent in = bench.fromTunnel(answer, RELAY_PEER);
        assertArrayEquals(answer, in.bytes());
        assertEquals(LAN, in.link());
        assertEquals("capture radio", bench.flows().get(0).rule());
    }

    @Test
    @Tag("N2")
    void hostThatACapturedDeviceSpokeToMayAnswerFromAnotherPort() {
        byte[] answer = Wire.udp(INTERNET, 5353, RADIO, 5000, 100);
        assertNull(bench.fromTunnel(answer, RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        bench.fromLan(Wire.udp(RADIO, 5000, INTERNET, 53, 100));
        Sent in = bench.fromTunnel(answer, RELAY_PEER);
        assertNotNull(in, () -> "dropped: " + bench.dropped);
        assertArrayEquals(answer, in.bytes());
        assertEquals(LAN, in.link());
        assertNull(bench.fromTunnel(Wire.udp(INTERNET, 53, RADIO, 5001, 1), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        bench.apply(config(Others.WAN));
        assertEquals(2, bench.flows().size());
        bench.pass(400);
        assertEquals(0, bench.report().mappings());
        assertNull(bench.fromTunnel(answer, RELAY_PEER));
    }

    @Test
    @Tag("N46")
    @Tag("N47")
    void devicesAnswerTheOtherEndOfTheTunnelThroughIt() {
        for (Others others : Others.values()) {
            bench.apply(config(others));
            for (String device : List.of(RADIO, HOST)) {
                bench.fromTunnel(asked(device), RELAY_PEER);
                byte[] answer = answer(device);
                Sent out = bench.fromLan(answer);
                assertNotNull(out, () -> "dropped: " + bench.dropped);
                assertArrayEquals(answer, out.bytes());
                assertEquals(TUNNEL, out.link());
            }
            bench.pass(10_000);
        }
    }

    private static byte[] asked(String device) {
        return device.equals(RADIO)
                ? Wire.udp("10.99.0.1", 4000, device, 55193, 10)
                : Wire.tcp("10.99.0.1", 4000, device, 80, SYN);
    }

    private static byte[] answer(String device) {
        return device.equals(RADIO)
                ? Wire.udp(device, 55193, "10.99.0.1", 4000, 10)
                : Wire.tcp(device, 80, "10.99.0.1", 4000, SYN | ACK);
    }

    @Test
    @Tag("N42")
    @Tag("N44")
    void tunnelsNetworkIsNeitherTheWansNorTheKernels() {
        for (Others others : Others.values()) {
            bench.apply(config(others));
            assertNull(bench.fromLan(Wire.udp(HOST, 5000, "10.99.0.1", 53, 10)));
            assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
            assertNull(bench.fromLan(Wire.udp(RADIO, 5000, "10.99.0.2", 53, 10)));
            assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
            assertEquals(TUNNEL, bench.fromLan(Wire.udp(RADIO, 5000, "10.99.0.1", 53, 10)).link());
            Sent echo = bench.fromLan(Wire.echo(HOST, "10.99.0.2", 5, true, 56));
            assertEquals(LAN, echo.link());
            assertEquals(HOST, Wire.read(echo.bytes()).getHeader().getDstAddr().getHostAddress());
        }
    }

    @Test
    @Tag("N42")
    void everyProtocolIsCaptured() {
        assertEquals(TUNNEL, bench.fromLan(Wire.tcp(RADIO, 5000, INTERNET, 443, SYN)).link());
        assertEquals(TUNNEL, bench.fromLan(Wire.echo(RADIO, INTERNET, 5, true, 56)).link());
        for (int protocol : new int[] {47, 50, 132, 136, 4}) {
            byte[] packet = Wire.raw(RADIO, INTERNET, protocol, Wire.payload(40));
            assertEquals(TUNNEL, bench.fromLan(packet).link());
        }
        byte[] large = Wire.udp(RADIO, 5001, INTERNET, 53, Wire.payload(3000), true, false);
        for (byte[] piece : Wire.fragments(large, 1500, 3)) {
            assertEquals(TUNNEL, bench.fromLan(piece).link());
        }
    }

    @Test
    @Tag("N42")
    void localDestinationsAreHandedBackToTheKernel() {
        bench.apply(config(Others.KERNEL));
        for (String to : List.of("192.168.30.1", "10.0.0.1", "100.64.0.1", "239.1.1.1")) {
            byte[] packet = Wire.udp(RADIO, 5000, to, 53, 100);
            Sent back = bench.fromLan(packet);
            assertArrayEquals(packet, back.bytes());
            assertEquals(LAN, back.link());
        }
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N48")
    void privateDestinationsThatOnlyTheWanKnowsAreTranslatedForEveryDevice() {
        for (String from : List.of(RADIO, HOST)) {
            Sent out = bench.fromLan(Wire.tcp(from, 5000, "192.168.100.1", 80, SYN));
            IpV4Packet ip = Wire.read(out.bytes());
            assertEquals(WAN, out.link());
            assertEquals(WAN_ADDRESS, ip.getHeader().getSrcAddr().getHostAddress());
            int port = ip.get(TcpPacket.class).getHeader().getSrcPort().valueAsInt();
            Sent in = bench.fromWan(Wire.tcp("192.168.100.1", 80, WAN_ADDRESS, port, SYN | ACK));
            assertEquals(from, Wire.read(in.bytes()).getHeader().getDstAddr().getHostAddress());
        }
        for (String to : List.of("169.254.7.7", "239.1.1.1", "192.168.20.60", WAN_ADDRESS)) {
            assertEquals(LAN, bench.fromLan(Wire.udp(RADIO, 5000, to, 53, 100)).link());
        }
    }

    @Test
    @Tag("N42")
    @Tag("N48")
    void capturedPortReachesTheInternetAndWhatIsPrivateBehindTheWan() {
        String modem = "192.168.100.1";
        for (int port : List.of(5000, 5001)) {
            boolean internetFirst = port == 5000;
            byte[] toInternet = Wire.udp(RADIO, port, INTERNET, 53, 100);
            byte[] toModem = Wire.udp(RADIO, port, modem, 53, 100);
            Sent first = bench.fromLan(internetFirst ? toInternet : toModem);
            Sent second = bench.fromLan(internetFirst ? toModem : toInternet);
            assertNotNull(second, () -> "dropped: " + bench.dropped);
            Sent captured = internetFirst ? first : second;
            assertEquals(TUNNEL, captured.link());
            assertArrayEquals(toInternet, captured.bytes());
            Sent translated = internetFirst ? second : first;
            assertEquals(WAN, translated.link());
            assertEquals(
                    WAN_ADDRESS,
                    Wire.read(translated.bytes()).getHeader().getSrcAddr().getHostAddress());

            // Each side's filter lets in whom the device has spoken to on that side, and only it.
            int external = Wire.get16(translated.bytes(), 20);
            byte[] other = Wire.udp(INTERNET, 5353, RADIO, port, 100);
            assertNotNull(bench.fromTunnel(other, RELAY_PEER), () -> "dropped: " + bench.dropped);
            assertNotNull(bench.fromWan(Wire.udp(modem, 5353, WAN_ADDRESS, external, 100)));
            assertNull(bench.fromWan(Wire.udp(INTERNET, 53, WAN_ADDRESS, external, 100)));
            assertEquals(DropReason.FILTERED, bench.dropped);
        }
    }

    @Test
    @Tag("N48")
    void whatThisRouterSendsItselfToPrivateNetworksIsTheKernels() {
        byte[] own = Wire.udp(ROUTER, 5000, "192.168.100.1", 53, 100);
        Sent back = bench.fromLan(own);
        assertEquals(LAN, back.link());
        assertArrayEquals(own, back.bytes());
    }

    @Test
    @Tag("N42")
    void capturedDeviceDoesNotReachOthersAtTheWansAddress() {
        bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100));
        byte[] captured = Wire.udp(RADIO, 5060, WAN_ADDRESS, 5000, 100);
        Sent back = bench.fromLan(captured);
        assertEquals(LAN, back.link());
        assertArrayEquals(captured, back.bytes());
    }

    @Test
    @Tag("N42")
    void whatIsForOrFromThisRouterIsTheKernelsAlsoWithAPublicAddress() {
        String publicAddress = "198.51.100.9";
        for (Others others : Others.values()) {
            bench.apply(config(others, List.of(publicAddress)));
            for (byte[] packet :
                    List.of(
                            Wire.udp(RADIO, 5060, publicAddress, 53, 100),
                            Wire.udp(HOST, 5060, publicAddress, 53, 100),
                            Wire.udp(ROUTER, 5060, INTERNET, 53, 100))) {
                Sent back = bench.fromLan(packet);
                assertNotNull(back, () -> "dropped: " + bench.dropped);
                assertEquals(LAN, back.link());
                assertArrayEquals(packet, back.bytes());
            }
        }
    }

    @Test
    @Tag("N45")
    void thisRoutersOwnAddressesDoNotComeOutOfTheTunnel() {
        for (String own : List.of(WAN_ADDRESS, ROUTER, "10.99.0.2")) {
            assertNull(bench.fromTunnel(Wire.udp(own, 5000, RADIO, 55193, 100), RELAY_PEER));
            assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        }
    }

    @Test
    @Tag("N2")
    void echoOfACapturedDeviceLetsNobodyElsePingIt() {
        bench.fromLan(Wire.echo(RADIO, INTERNET, 5, true, 56));
        assertNull(bench.fromTunnel(Wire.echo("203.0.113.8", RADIO, 5, true, 56), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
    }

    @Test
    @Tag("N30")
    void errorFromTheLanAboutThisRoutersOwnPacketIsHandedBack() {
        byte[] quoted = Wire.udp(ROUTER, 5000, HOST, 53, 100);
        byte[] error = Wire.error(HOST, ROUTER, 3, 3, 0, quoted);
        Sent back = bench.fromLan(error);
        assertEquals(LAN, back.link());
        assertArrayEquals(error, back.bytes());
        assertNull(bench.fromLan(Wire.error(HOST, INTERNET, 3, 3, 0, quoted)));
        assertEquals(DropReason.ICMP_UNRELATED, bench.dropped);
    }

    @Test
    @Tag("N43")
    void nothingPassesBeforeRulesAreThere() {
        try (TranslatorBench fresh = new TranslatorBench()) {
            assertNull(fresh.fromLan(Wire.udp(RADIO, 5000, INTERNET, 53, 100)));
            assertEquals(DropReason.NOT_READY, fresh.dropped);
        }
    }

    @Test
    @Tag("N48")
    void othersLeaveByTheWanWithItsAddress() {
        Sent out = bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100));
        IpV4Packet ip = Wire.read(out.bytes());
        assertEquals(WAN_ADDRESS, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(WAN, out.link());
        Sent in = bench.fromWan(Wire.udp(INTERNET, 53, WAN_ADDRESS, 5000, 100));
        assertEquals(HOST, Wire.read(in.bytes()).getHeader().getDstAddr().getHostAddress());
        assertEquals(LAN, in.link());
    }

    @Test
    @Tag("N48")
    void othersAreLeftToTheKernel() {
        bench.apply(config(Others.KERNEL));
        byte[] packet = Wire.udp(HOST, 5000, INTERNET, 53, 100);
        Sent back = bench.fromLan(packet);
        assertArrayEquals(packet, back.bytes());
        assertEquals(LAN, back.link());
    }

    @Test
    @Tag("N48")
    void newWanAddressEndsFlowsOfTheOldOne() {
        bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100));
        bench.fromLan(Wire.udp(RADIO, 5000, INTERNET, 53, 100));
        bench.apply(config(Others.WAN, List.of("100.64.8.8")));
        bench.pass(1);
        assertEquals(1, bench.flows().size());
        Sent out = bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100));
        assertEquals(
                "100.64.8.8", Wire.read(out.bytes()).getHeader().getSrcAddr().getHostAddress());
        assertEquals(5000, Wire.get16(out.bytes(), 20));
    }

    @Test
    void othersWaitForAWanAddress() {
        bench.apply(config(Others.WAN, List.of()));
        assertNull(bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100)));
        assertEquals(DropReason.NOT_READY, bench.dropped);
    }

    /** Networks of a /31 and a /32 have no broadcast address (RFC 3021). */
    @Test
    @Tag("N40")
    @Tag("N45")
    void deviceIsReachedByTheLanThatItIsIn() {
        Link second = new Link(3, "second", Zone.LAN, 1500);
        List<Ipv4Prefix> networks =
                List.of(Ipv4Prefix.parse("192.168.30.0/24"), Ipv4Prefix.parse("192.168.31.6/31"));
        NatConfig one = config(Others.KERNEL);
        List<LinkSetup> links = new ArrayList<>(one.links());
        links.add(new LinkSetup(second, List.of(Wire.ip("192.168.30.1")), networks));
        Allow all = new Allow("all", Zone.TUNNEL, List.of(), networks, List.of(), Action.ACCEPT);
        bench.apply(
                NatConfig.of(links, one.tunnelAddress(), Ipv4Prefix.parse("10.99.0.0/24"))
                        .withRules(List.of(), List.of(), List.of(), List.of(all), Others.KERNEL));
        for (String device : List.of("192.168.30.9", "192.168.31.6", "192.168.31.7")) {
            Sent in = bench.fromTunnel(Wire.udp(INTERNET, 4000, device, 80, 9), RELAY_PEER);
            assertNotNull(in, () -> "dropped: " + bench.dropped);
            assertEquals(second.id(), in.link());
        }
    }

    @Test
    @Tag("N40")
    void tunnelReachesOnlyWhatIsAllowed() {
        byte[] packet = Wire.udp(INTERNET, 4000, RADIO, 50007, 100);
        Sent in = bench.fromTunnel(packet, RELAY_PEER);
        assertArrayEquals(packet, in.bytes());
        assertEquals(LAN, in.link());
        byte[] answer = Wire.udp(RADIO, 50007, INTERNET, 4000, 100);
        Sent out = bench.fromLan(answer);
        assertArrayEquals(answer, out.bytes());
        assertEquals(TUNNEL, out.link());
        assertNull(bench.fromTunnel(Wire.udp(INTERNET, 4000, RADIO, 50101, 100), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertNull(bench.fromTunnel(Wire.tcp(INTERNET, 4000, RADIO, 55193, SYN), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertNull(bench.fromTunnel(Wire.udp(INTERNET, 1, "192.168.20.5", 1, 9), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertTrue(bench.emitted.isEmpty());
    }

    @Test
    @Tag("N40")
    @Tag("N34")
    void firstMatchDecidesAndRejectSaysSo() {
        byte[] web = Wire.tcp("203.0.113.66", 4000, HOST, 80, SYN);
        assertNull(bench.fromTunnel(web, RELAY_PEER));
        assertEquals(DropReason.DENIED_BY_RULE, bench.dropped);
        assertTrue(bench.emitted.isEmpty());
        assertNull(bench.fromTunnel(Wire.tcp("203.0.113.67", 4000, HOST, 80, SYN), RELAY_PEER));
        assertEquals(DropReason.DENIED_BY_RULE, bench.dropped);
        byte[] error = bench.emitted.get(0).bytes();
        Wire.read(error);
        assertEquals(3 << 8 | 13, Wire.get16(error, 20));
        assertEquals(TUNNEL, bench.emitted.get(0).link());
        assertNotNull(bench.fromTunnel(Wire.tcp(INTERNET, 4000, HOST, 80, SYN), RELAY_PEER));
    }

    @Test
    @Tag("N34")
    void refusedConnectionIsResetInTheDevicesName() {
        byte[] syn = Wire.tcp("203.0.113.68", 4000, HOST, 80, SYN, 77, 0, 0, 1460);
        assertNull(bench.fromTunnel(syn, RELAY_PEER));
        assertEquals(DropReason.DENIED_BY_RULE, bench.dropped);
        IpV4Packet reset = Wire.read(bench.emitted.get(0).bytes());
        TcpPacket.TcpHeader tcp = reset.get(TcpPacket.class).getHeader();
        assertEquals(HOST, reset.getHeader().getSrcAddr().getHostAddress());
        assertEquals("203.0.113.68", reset.getHeader().getDstAddr().getHostAddress());
        assertEquals(80, tcp.getSrcPort().valueAsInt());
        assertEquals(4000, tcp.getDstPort().valueAsInt());
        assertTrue(tcp.getRst() && tcp.getAck());
        assertEquals(78, tcp.getAcknowledgmentNumber());
        assertEquals(TUNNEL, bench.emitted.get(0).link());
    }

    /** RFC 9293 section 3.10.7.1. */
    @Test
    @Tag("N34")
    void resetIsOneThatTheSenderOfWhatIsRefusedAccepts() {
        String from = "203.0.113.68";
        assertNull(
                bench.fromTunnel(Wire.tcp(from, 4000, HOST, 80, ACK, 77, 99, 10, 0), RELAY_PEER));
        TcpPacket.TcpHeader tcp = onlyReset();
        assertFalse(tcp.getAck());
        assertEquals(99, tcp.getSequenceNumber());
        assertEquals(0, tcp.getAcknowledgmentNumber());
        byte[] dataAndFin = Wire.tcp(from, 4000, HOST, 80, FIN, 77, 0, 10, 0);
        assertNull(bench.fromTunnel(dataAndFin, RELAY_PEER));
        tcp = onlyReset();
        assertTrue(tcp.getAck());
        assertEquals(0, tcp.getSequenceNumber());
        assertEquals(77 + 10 + 1, tcp.getAcknowledgmentNumber());
        assertNull(bench.fromTunnel(Wire.tcp(from, 4000, HOST, 80, RST, 77, 0, 0, 0), RELAY_PEER));
        assertTrue(bench.emitted.isEmpty(), "a reset is never answered");
        byte[] part = Wire.fragments(dataAndFin, 44, 5)[0];
        assertNull(bench.fromTunnel(part, RELAY_PEER));
        assertTrue(bench.emitted.isEmpty(), "where a fragment's segment ends is not known");
    }

    private TcpPacket.TcpHeader onlyReset() {
        assertEquals(1, bench.emitted.size());
        TcpPacket reset = Wire.read(bench.emitted.get(0).bytes()).get(TcpPacket.class);
        assertTrue(reset.getHeader().getRst());
        return reset.getHeader();
    }

    @Test
    @Tag("N46")
    void uncapturedHostAnswersByTheTunnelIfAskedByIt() {
        bench.fromTunnel(Wire.tcp(INTERNET, 4000, HOST, 80, SYN), RELAY_PEER);
        byte[] answer = Wire.tcp(HOST, 80, INTERNET, 4000, SYN | ACK);
        Sent out = bench.fromLan(answer);
        assertEquals(TUNNEL, out.link());
        assertEquals(RELAY_PEER, out.peer());
        assertArrayEquals(answer, out.bytes());
    }

    @Test
    @Tag("N40")
    void wanReachesNothing() {
        assertNull(bench.fromWan(Wire.udp(INTERNET, 4000, WAN_ADDRESS, 5000, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
        assertNull(bench.fromWan(Wire.udp(INTERNET, 4000, RADIO, 55193, 100)));
        assertEquals(DropReason.NO_FORWARD, bench.dropped);
    }

    @Test
    @Tag("N45")
    void lanSourcesFromTheTunnelAreSpoofed() {
        assertNull(bench.fromTunnel(Wire.udp(HOST, 4000, RADIO, 55193, 100), RELAY_PEER));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        assertNull(bench.fromLan(Wire.udp("172.16.1.1", 4000, INTERNET, 53, 100)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
    }

    @Test
    @Tag("N45")
    void directedBroadcastAndMulticastDoNotComeFromTheTunnel() {
        for (String to : List.of("192.168.20.255", "224.0.0.251", "255.255.255.255", "127.0.0.1")) {
            assertNull(bench.fromTunnel(Wire.udp(INTERNET, 4000, to, 55193, 9), RELAY_PEER));
            assertEquals(DropReason.MARTIAN, bench.dropped);
        }
    }

    @Test
    @Tag("N45")
    void sourceRoutesAreDropped() {
        byte[] plain = Wire.udp(RADIO, 5000, INTERNET, 53, 20);
        byte[] routed = new byte[plain.length + 8];
        System.arraycopy(plain, 0, routed, 0, 20);
        System.arraycopy(plain, 20, routed, 28, plain.length - 20);
        routed[0] = 0x47;
        routed[20] = (byte) 131;
        routed[21] = 7;
        routed[22] = 4;
        Wire.put16(routed, 2, routed.length);
        Wire.put16(routed, 10, 0);
        Wire.put16(routed, 10, Wire.onesComplement(routed, 0, 28));
        assertNull(bench.fromLan(routed));
        assertEquals(DropReason.SOURCE_ROUTED, bench.dropped);
    }

    @Test
    void hostItselfPingsTheRelay() {
        byte[] ping = Wire.echo("10.99.0.2", "10.99.0.1", 5, true, 56);
        Sent out = bench.fromLan(ping);
        assertArrayEquals(ping, out.bytes());
        assertEquals(TUNNEL, out.link());
        byte[] answer = Wire.echo("10.99.0.1", "10.99.0.2", 5, false, 56);
        Sent in = bench.fromTunnel(answer, RELAY_PEER);
        assertArrayEquals(answer, in.bytes());
        assertEquals(LAN, in.link());
    }

    @Test
    void relaysPingIsAnswered() {
        Sent answer =
                bench.fromTunnel(Wire.echo("10.99.0.1", "10.99.0.2", 5, true, 56), RELAY_PEER);
        assertEquals(TUNNEL, answer.link());
        assertEquals(
                "10.99.0.1", Wire.read(answer.bytes()).getHeader().getDstAddr().getHostAddress());
    }

    @Test
    @Tag("N30")
    void errorsOfThePathReachTheCapturedDevice() {
        byte[] packet = Wire.udp(RADIO, 5000, INTERNET, 53, 100);
        bench.fromLan(packet);
        byte[] error = Wire.error("203.0.113.1", RADIO, 11, 0, 0, packet);
        Sent in = bench.fromTunnel(error, RELAY_PEER);
        assertNotNull(in, () -> "dropped: " + bench.dropped);
        assertArrayEquals(error, in.bytes());
        assertEquals(LAN, in.link());
    }

    @Test
    @Tag("N30")
    void errorsForTranslatedFlowsReachTheHost() {
        Sent out = bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 53, 100));
        Sent in = bench.fromWan(Wire.error("100.64.0.1", WAN_ADDRESS, 3, 4, 1400, out.bytes()));
        assertNotNull(in, () -> "dropped: " + bench.dropped);
        IpV4Packet ip = Wire.read(in.bytes());
        assertEquals("100.64.0.1", ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(HOST, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(1400, Wire.get16(in.bytes(), 26));
        assertEquals(LAN, in.link());
    }

    @Test
    @Tag("N35")
    void unknownProtocolsAreTranslatedByAddress() {
        Sent out = bench.fromLan(Wire.raw(HOST, INTERNET, 47, Wire.payload(40)));
        assertEquals(WAN_ADDRESS, Wire.read(out.bytes()).getHeader().getSrcAddr().getHostAddress());
        Sent in = bench.fromWan(Wire.raw(INTERNET, WAN_ADDRESS, 47, Wire.payload(40)));
        assertEquals(HOST, Wire.read(in.bytes()).getHeader().getDstAddr().getHostAddress());
        assertNull(bench.fromLan(Wire.raw("192.168.20.98", INTERNET, 47, Wire.payload(40))));
        assertEquals(DropReason.UNSUPPORTED_PROTOCOL, bench.dropped);
    }

    @Test
    @Tag("N11")
    @Tag("N35")
    void greLivesHalfAMinuteOneWayAndThreeMinutesBothWaysOtherProtocolsTen() {
        for (int seconds : new int[] {30, 180}) {
            bench.fromLan(Wire.raw(HOST, INTERNET, 47, Wire.payload(40)));
            if (seconds == 180) {
                bench.fromWan(Wire.raw(INTERNET, WAN_ADDRESS, 47, Wire.payload(40)));
            }
            bench.pass(seconds - 2);
            assertEquals(1, bench.flows().size());
            bench.pass(4);
            assertTrue(bench.flows().isEmpty());
        }
        bench.fromLan(Wire.raw(HOST, INTERNET, 50, Wire.payload(40)));
        bench.pass(597);
        assertEquals(1, bench.flows().size());
        bench.pass(5);
        assertTrue(bench.flows().isEmpty());
    }

    /**
     * Its checksum covers the pseudo header (RFC 3828 section 3.1), and of the rest what it says.
     */
    @Test
    @Tag("N35")
    void checksumOfUdpLiteFollowsTheAddresses() {
        for (int word = 0; word < 65_536; word += 1021) {
            byte[] payload = Wire.payload(20);
            Wire.put16(payload, 4, 8); // covers its header only
            Wire.put16(payload, 0, word);
            Wire.put16(payload, 6, 0);
            Wire.put16(payload, 6, udpLiteSum(Wire.raw(HOST, INTERNET, 136, payload)));
            byte[] sent = Wire.raw(HOST, INTERNET, 136, payload);
            assertEquals(0, udpLiteSum(sent));
            byte[] out = bench.fromLan(sent).bytes();
            assertEquals(Wire.ip(WAN_ADDRESS), Wire.get16(out, 12) << 16 | Wire.get16(out, 14));
            assertEquals(0, udpLiteSum(out));
        }
        byte[] tooShort = Wire.raw(HOST, INTERNET, 136, new byte[4]);
        assertEquals(24, bench.fromLan(tooShort).bytes().length);
    }

    private static int udpLiteSum(byte[] packet) {
        byte[] summed = Arrays.copyOfRange(packet, 12, 12 + 8 + 4 + 8);
        System.arraycopy(packet, 20, summed, 12, 8);
        summed[8] = 0;
        summed[9] = (byte) 136;
        Wire.put16(summed, 10, packet.length - 20);
        return Wire.onesComplement(summed, 0, summed.length);
    }

    @Test
    @Tag("N7")
    void devicesReachEachOtherAtTheWansAddress() {
        String other = "192.168.20.98";
        bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 9, 10));
        bench.fromLan(Wire.udp(other, 6000, INTERNET, 9, 10));
        assertNull(bench.fromLan(Wire.udp(HOST, 5000, WAN_ADDRESS, 6000, 10)));
        assertEquals(DropReason.FILTERED, bench.dropped);
        Sent there = bench.fromLan(Wire.udp(other, 6000, WAN_ADDRESS, 5000, 10));
        assertArrayEquals(Wire.udp(WAN_ADDRESS, 6000, HOST, 5000, 10), there.bytes());
        assertEquals(LAN, there.link());
        Sent back = bench.fromLan(Wire.udp(HOST, 5000, WAN_ADDRESS, 6000, 10));
        assertArrayEquals(Wire.udp(WAN_ADDRESS, 5000, other, 6000, 10), back.bytes());
        assertEquals(LAN, back.link());
        byte[] error = Wire.error(HOST, WAN_ADDRESS, 3, 3, 0, there.bytes());
        Sent told = bench.fromLan(error);
        assertEquals(other, Wire.read(told.bytes()).getHeader().getDstAddr().getHostAddress());
    }

    @Test
    @Tag("N7")
    void deviceHearsItselfAtTheWansAddress() {
        bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 9, 10));
        Sent self = bench.fromLan(Wire.udp(HOST, 5000, WAN_ADDRESS, 5000, 10));
        assertArrayEquals(Wire.udp(WAN_ADDRESS, 5000, HOST, 5000, 10), self.bytes());
        assertEquals(LAN, self.link());
    }

    @Test
    @Tag("N7")
    void whatIsNobodysAtTheWansAddressIsTheHosts() {
        for (byte[] packet :
                new byte[][] {
                    Wire.udp(HOST, 5000, WAN_ADDRESS, 5001, 10),
                    Wire.tcp(HOST, 5000, WAN_ADDRESS, 8080, SYN),
                    Wire.echo(HOST, WAN_ADDRESS, 5, true, 20),
                    Wire.udp(RADIO, 5000, WAN_ADDRESS, 5001, 10)
                }) {
            Sent back = bench.fromLan(packet);
            assertArrayEquals(packet, back.bytes());
            assertEquals(LAN, back.link());
        }
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N7")
    @Tag("N45")
    void hairpinOfAForeignSourceIsNone() {
        bench.fromLan(Wire.udp(HOST, 5000, INTERNET, 9, 10));
        assertNull(bench.fromLan(Wire.udp("192.168.21.9", 1, WAN_ADDRESS, 5000, 10)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
    }
}
