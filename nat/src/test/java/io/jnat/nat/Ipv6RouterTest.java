package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.LAN;
import static io.jnat.nat.TranslatorBench.RELAY_PEER;
import static io.jnat.nat.TranslatorBench.TUNNEL;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Config.Allow;
import io.jnat.nat.rule.Ipv6Config.Capture;
import io.jnat.nat.rule.Ipv6Config.OwnAddress;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.PortRange;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A site's router with captured IPv6 devices: nothing is changed, nothing leaks. */
final class Ipv6RouterTest {
    private static final String DEVICE = "2001:db8:1:20::31";
    private static final String CAPTURED = "2001:db8:1:20::32";
    private static final String FOREIGN = "2001:db8:cccc::31";
    private static final String CLIENT = "2001:db8:ffff::7";
    private static final String OWN = "2001:db8:1:20::1";

    private final TranslatorBench bench = new TranslatorBench();

    @BeforeEach
    void router() {
        router(Lifetime.DEVICE_ONLY, Lifetime.BOTH_SIDES);
    }

    private void router(Lifetime capture, Lifetime allow) {
        Ipv6Prefix own = Ipv6Prefix.parse(OWN);
        Ipv6Prefix device = Ipv6Prefix.parse(DEVICE);
        List<Ipv6Prefix> devices = List.of(device, Ipv6Prefix.parse(CAPTURED));
        bench.apply(
                bench.router(List.of())
                        .withIpv6(
                                new Ipv6Config(
                                        List.of(new OwnAddress(LAN, own.high(), own.low())),
                                        List.of(),
                                        List.of(new Capture("dmr", devices, capture)),
                                        List.of(
                                                new Allow(
                                                        "allow dmr",
                                                        Zone.TUNNEL,
                                                        List.of(),
                                                        List.of(device),
                                                        List.of(
                                                                new PortRange(
                                                                        Protocol.UDP,
                                                                        55193,
                                                                        55193)),
                                                        Action.ACCEPT,
                                                        allow)))));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private void assertUnchanged(byte[] in, Sent out, int link, int peer) {
        assertNotNull(out, () -> "dropped: " + bench.dropped);
        assertArrayEquals(in, out.bytes());
        assertEquals(link, out.link());
        assertEquals(peer, out.peer());
    }

    @Test
    @Tag("N10")
    @Tag("N12")
    void capturesAndRulesHaveTheirOwnLimitsAndRefreshes() {
        FlowTimeouts longer = new FlowTimeouts(1800, 7440, 240, 60, 30, 180, 600);
        router(new Lifetime(true, longer), new Lifetime(false, null));
        bench.fromLan(WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 10));
        bench.fromTunnel(WireIpv6.udp(CLIENT, 4000, DEVICE, 55193, 10), RELAY_PEER);
        bench.pass(200);
        bench.fromTunnel(WireIpv6.udp(CLIENT, 4000, DEVICE, 55193, 10), RELAY_PEER);
        bench.pass(110);
        assertEquals(1, bench.flows().size(), "the rule's flow is not refreshed from outside");
        assertEquals("capture dmr", bench.flows().getFirst().rule());
        bench.pass(1400);
        bench.fromTunnel(WireIpv6.udp(CLIENT, 53, DEVICE, 5000, 10), RELAY_PEER);
        bench.pass(1700);
        assertEquals(1, bench.flows().size(), "the capture's is, and lives longer");
    }

    @Test
    @Tag("N42")
    void capturedDevicesPacketsGoIntoTheTunnelWhateverTheirProtocol() {
        List<byte[]> packets =
                List.of(
                        WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 40),
                        WireIpv6.tcp(DEVICE, 5000, CLIENT, 443, SYN),
                        WireIpv6.echo(DEVICE, CLIENT, 4, true, 56),
                        WireIpv6.raw(DEVICE, CLIENT, 132, Wire.payload(40)));
        for (byte[] packet : packets) {
            assertUnchanged(packet, bench.fromLan(packet), TUNNEL, RELAY_PEER);
        }
        byte[] answer = WireIpv6.udp(CLIENT, 53, DEVICE, 5000, 40);
        assertUnchanged(answer, bench.fromTunnel(answer, RELAY_PEER), LAN, -1);
        assertEquals("capture dmr", bench.flows().get(0).rule());
    }

    @Test
    @Tag("N42")
    void localDestinationsAreHandedBack() {
        byte[] local = WireIpv6.udp(DEVICE, 5000, "fd00::5", 53, 40);
        assertUnchanged(local, bench.fromLan(local), LAN, -1);
        byte[] router = WireIpv6.udp(DEVICE, 5000, OWN, 53, 40);
        assertUnchanged(router, bench.fromLan(router), LAN, -1);
        assertTrue(bench.flows().isEmpty());
    }

    @Test
    @Tag("N45")
    void onlyCapturedDevicesMaySendFromTheLan() {
        assertNull(bench.fromLan(WireIpv6.udp(FOREIGN, 5000, CLIENT, 53, 40)));
        assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        assertNull(bench.fromLan(WireIpv6.icmp("fe80::31", "ff02::2", 133, 0, 0, new byte[8])));
        assertEquals(DropReason.LINK_SCOPE, bench.dropped);
    }

    @Test
    @Tag("N40")
    void rulesLetThroughFromTheTunnelAndNothingElse() {
        byte[] allowed = WireIpv6.udp(CLIENT, 4000, DEVICE, 55193, 40);
        assertUnchanged(allowed, bench.fromTunnel(allowed, RELAY_PEER), LAN, -1);
        byte[] answer = WireIpv6.udp(DEVICE, 55193, CLIENT, 4000, 40);
        assertUnchanged(answer, bench.fromLan(answer), TUNNEL, RELAY_PEER);
        assertNull(bench.fromTunnel(WireIpv6.udp(CLIENT, 4000, DEVICE, 55194, 40), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertNull(bench.fromTunnel(WireIpv6.udp(CLIENT, 4000, OWN, 55193, 40), RELAY_PEER));
        assertEquals(DropReason.NOT_ALLOWED, bench.dropped);
        assertNull(bench.fromTunnel(WireIpv6.udp(DEVICE, 9, DEVICE, 55193, 40), RELAY_PEER));
        assertEquals(DropReason.MARTIAN, bench.dropped);
        for (String spoofed : List.of(OWN, CAPTURED)) {
            assertNull(bench.fromTunnel(WireIpv6.udp(spoofed, 9, DEVICE, 55193, 40), RELAY_PEER));
            assertEquals(DropReason.SPOOFED_SOURCE, bench.dropped);
        }
    }

    @Test
    @Tag("N31")
    void deviceIsToldTheTunnelsMtu() {
        assertNull(bench.fromLan(WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 1420 - 48 + 1)));
        assertEquals(DropReason.TOO_BIG, bench.dropped);
        byte[] error = bench.emitted.get(0).bytes();
        assertEquals(WireIpv6.address(OWN), WireIpv6.read(error).getHeader().getSrcAddr());
        assertEquals(2 << 8, Wire.get16(error, 40));
        assertEquals(1420, Wire.get16(error, 46));
        assertEquals(LAN, bench.emitted.get(0).link());
    }

    /** The kernel would answer by the WAN, from an address that is nobody's business. */
    @Test
    @Tag("N30")
    void whoeverAsksFromOutsideIsToldThroughTheTunnelThatHopsRanOut() {
        byte[] last = WireIpv6.withHopLimit(WireIpv6.udp(CLIENT, 4000, DEVICE, 55193, 10), 1);
        assertNull(bench.fromTunnel(last, RELAY_PEER));
        assertEquals(DropReason.HOP_LIMIT, bench.dropped);
        Sent error = bench.emitted.get(0);
        assertEquals(3 << 8, Wire.get16(error.bytes(), 40));
        assertEquals(
                WireIpv6.address(DEVICE), WireIpv6.read(error.bytes()).getHeader().getSrcAddr());
        assertEquals(
                WireIpv6.address(CLIENT), WireIpv6.read(error.bytes()).getHeader().getDstAddr());
        assertEquals(TUNNEL, error.link());
        assertEquals(RELAY_PEER, error.peer());
    }

    @Test
    @Tag("N30")
    void errorsPassBothWays() {
        byte[] out = WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 900);
        assertUnchanged(out, bench.fromLan(out), TUNNEL, RELAY_PEER);
        byte[] in = WireIpv6.error("2001:db8:bbbb::1", DEVICE, 2, 0, 1280, out, 1232);
        assertUnchanged(in, bench.fromTunnel(in, RELAY_PEER), LAN, -1);
        byte[] back = WireIpv6.udp(CLIENT, 53, DEVICE, 5000, 900);
        assertUnchanged(back, bench.fromTunnel(back, RELAY_PEER), LAN, -1);
        byte[] closed = WireIpv6.error(DEVICE, CLIENT, 1, 4, 0, back, 1232);
        assertUnchanged(closed, bench.fromLan(closed), TUNNEL, RELAY_PEER);
    }

    @Test
    @Tag("N43")
    void withoutIpv6RulesNothingIsRouted() {
        bench.apply(bench.router(List.of()));
        assertNull(bench.fromLan(WireIpv6.udp(DEVICE, 5000, CLIENT, 53, 40)));
        assertEquals(DropReason.IPV6_NOT_ROUTED, bench.dropped);
    }
}
