package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which way packets take through a router: direct, into the engine, and out by the WAN. */
final class RouterWaysIT extends SteeredRouter {
    @Test
    @Tag("N42")
    void localNetworksStayDirect() throws Exception {
        for (boolean kernel : new boolean[] {true, false}) {
            try (Steering steering = open(text -> kernel ? kernel(text) : text)) {
                steering.guard();
                network.in("router", TUNS);
                steering.apply(40001);
                assertTrue(reaches("radio", "192.168.30.50"), "the other LAN");
                assertTrue(reaches("other", "192.168.20.31"), "and back");
                assertTrue(reaches("radio", "192.168.20.1"), "the router");
                assertEquals(kernel, reaches("radio", "192.168.100.1"), "the dish, by the kernel");
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                steering.undo();
            }
        }
    }

    /** The carrier's network around the LANs, and a narrow one of it inside a LAN's. */
    @Test
    @Tag("N42")
    void localNetworksStayDirectInsideNetworksOnTheWan() throws Exception {
        for (String wide : List.of("192.168.0.0/16", "128.0.0.0/1")) {
            network.in("router", "ip route add " + wide + " via 100.64.0.1");
            network.in("router", "ip route replace 192.168.30.200 via 100.64.0.1");
            network.in("router", "ip link add dmz type bridge; ip link set dmz up");
            network.in("router", "ip addr add 198.51.100.1/24 dev dmz");
            try (Steering steering = open(text -> text)) {
                steering.guard();
                network.in("router", TUNS);
                steering.apply(40001);
                assertTrue(reaches("radio", "192.168.30.50"), "the other LAN beside " + wide);
                assertTrue(reaches("other", "192.168.20.31"), "and back beside " + wide);
                for (String engine :
                        List.of("192.168.100.1", "192.168.30.200", "203.0.113.1", "198.51.100.7")) {
                    String way = "ip route get " + engine + " from 192.168.20.31 iif eth1";
                    String found = network.in("router", way);
                    assertTrue(found.contains("dev jnat-lan"), found);
                }
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan; ip link del dmz");
                steering.undo();
            }
            network.in("router", "ip route del " + wide);
        }
    }

    /** As beside a VPN that only a country's networks do not go into. */
    @Test
    void thousandsOfPublicNetworksOnTheWanCostNoRules() throws Exception {
        network.in(
                "router",
                "for i in $(seq 0 1999); do echo route add 20.$((i / 250)).$((i % 250)).0/24 via"
                        + " 100.64.0.1; done | ip -batch -");
        try (Steering steering = open(text -> text)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            String rules = network.in("router", "ip rule");
            assertTrue(rules.lines().count() < 100, () -> rules.lines().count() + " rules");
            assertWay("20.1.2.3 from 192.168.20.31 iif eth1", "dev jnat-lan", "captured");
            assertWay("20.1.2.3 from 192.168.30.50 iif eth2", "dev jnat-lan", "not captured");
            assertWay("20.1.2.3 from 100.64.5.2 iif jnat-wan", "via 100.64.0.1 dev eth0", "out");
        }
    }

    @Test
    @Tag("N44")
    void whatARuleOpensOfTheRouterItselfIsAnsweredThroughTheEngineOrNotAtAll() throws Exception {
        try (Steering steering =
                open(text -> text + "\n[[allow]]\nto = \"192.168.20.1\"\nports = \"tcp/22\"\n")) {
            steering.guard();
            String way = "ip route get 198.51.100.7 from 192.168.20.1";
            String starting = network.in("router", way + " 2>&1 || true");
            assertFalse(starting.contains("dev"), starting);
            network.in("router", TUNS);
            steering.apply(61234);
            String answer = network.in("router", way);
            assertTrue(answer.contains("dev jnat-lan"), answer);
            String near = network.in("router", "ip route get 192.168.20.31 from 192.168.20.1");
            assertTrue(near.contains("dev eth1"), near);
            String itself = network.in("router", "ip route get 192.168.20.1 from 192.168.20.1");
            assertTrue(itself.contains("dev lo"), itself);
            String other = network.in("router", "ip route get 198.51.100.7");
            assertTrue(other.contains("dev eth0"), other);
            network.in("router", "ip route add 128.0.0.0/1 via 100.64.0.1");
            String halves = network.in("router", way);
            assertTrue(halves.contains("dev jnat-lan"), halves);
            // As a VPN client does that leaves out private networks; and the WAN's neighbours.
            network.in("router", "ip tuntap add dev vpn mode tun; ip link set vpn up");
            network.in("router", "ip route add 64.0.0.0/2 dev vpn");
            for (String narrow : List.of("198.51.0.0/16 dev vpn", "198.51.100.0/24 dev eth0")) {
                network.in("router", "ip route add " + narrow);
                steering.refresh();
                String part = network.in("router", way);
                assertTrue(part.contains("dev jnat-lan"), part);
            }
            network.in("router", "ip link del vpn; ip route del 198.51.100.0/24");
            network.in("router", "ip route add 198.0.0.0/8 via 192.168.20.31");
            steering.refresh();
            String known = network.in("router", way);
            assertTrue(known.contains("dev eth1"), known);
        }
    }

    /** As OpenVPN, NetworkManager or a second uplink, Tailscale, strongSwan and wg-quick do it. */
    private static final List<String> LEAD_AWAY =
            List.of(
                    "ip route add 0.0.0.0/1 dev vpn; ip route add 128.0.0.0/1 dev vpn",
                    "ip route add default dev vpn metric 50",
                    "ip route add default dev vpn table 52; ip rule add pref 5270 lookup 52",
                    "ip route add default dev vpn table 220; ip rule add pref 220 lookup 220",
                    "ip route add default dev vpn table 51820;"
                            + " ip rule add not fwmark 51820 table 51820;"
                            + " ip rule add table main suppress_prefixlength 0");

    private static final String NOT_LED =
            "while ip rule del table 52 || ip rule del table 220 || ip rule del table 51820"
                    + " || ip rule del table main suppress_prefixlength 0; do :; done 2>/dev/null;"
                    + " ip link del vpn";

    @Test
    @Tag("N48")
    void whatIsTranslatedLeavesByTheWanWhereAVpnLeadsEverythingAway() throws Exception {
        network.in("router", "ip route replace default via 100.64.0.1 metric 100");
        network.in("router", "ip route del default metric 0");
        network.in("router", "ip route add 192.168.100.0/24 via 100.64.0.3");
        for (String vpn : LEAD_AWAY) {
            for (boolean later : new boolean[] {true, false}) {
                String before = network.snapshot("router");
                String up = "ip tuntap add dev vpn mode tun; ip link set vpn up; " + vpn;
                if (!later) {
                    network.in("router", up);
                }
                try (Steering steering = open(text -> text)) {
                    steering.guard();
                    network.in("router", TUNS);
                    steering.apply(40001);
                    if (later) {
                        network.in("router", up);
                        steering.refresh();
                    }
                    assertEquals(List.of(), steering.warnings(), vpn);
                    assertLeavesByTheWan(vpn);
                    assertWay("203.0.113.1 from 192.168.20.31 iif eth1", "dev jnat-lan", vpn);
                    assertWay("203.0.113.1 from 192.168.30.50 iif eth2", "dev jnat-lan", vpn);
                    assertWay("192.168.20.1 from 192.168.20.31 iif eth1", "local ", vpn);
                    assertWay("192.168.20.1 from 192.168.20.1", "local ", vpn);
                    assertWay("203.0.113.1", "dev vpn", vpn + ": the host itself");
                    network.in("router", NOT_LED);
                    steering.refresh();
                    assertLeavesByTheWan("after " + vpn);
                    network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                    steering.undo();
                }
                assertEquals(before, network.snapshot("router"), vpn);
            }
        }
    }

    private void assertLeavesByTheWan(String when) throws IOException {
        assertWay("8.8.8.8 from 100.64.5.2 iif jnat-wan", "via 100.64.0.1 dev eth0", when);
        assertWay("203.0.113.1 from 100.64.5.2 iif jnat-wan", "via 100.64.0.1 dev eth0", when);
        assertWay("192.168.100.1 from 100.64.5.2 iif jnat-wan", "via 100.64.0.3 dev eth0", when);
        assertWay("100.64.0.9 from 100.64.5.2 iif jnat-wan", "100.64.5.2 dev eth0", when);
        assertWay("100.64.5.2 from 203.0.113.1 iif jnat-wan", "local ", when + ": handed back");
    }

    private void assertLeavesByTheWan(String gateway, String when) throws IOException {
        String way = "via " + gateway + " dev eth0";
        assertWay("203.0.113.1 from 100.64.5.2 iif jnat-wan", way, when);
    }

    private void assertWay(String packet, String way, String when) throws IOException {
        String found = network.in("router", "ip route get " + packet);
        assertTrue(found.contains(way), () -> when + ": " + found);
    }

    /** A modem's page, beside OpenVPN's halves, and after wg-quick has stopped. */
    @Test
    @Tag("N42")
    void whatIsPrivateOnTheWanIsReachedAndLansStayDirectBesideAVpn() throws Exception {
        String modem = "192.168.100.1 from 192.168.30.50 iif eth2";
        String lan = "192.168.20.31 from 192.168.30.50 iif eth2";
        network.in("router", "ip tuntap add dev vpn mode tun; ip link set vpn up");
        network.in("router", LEAD_AWAY.getLast());
        try (Steering steering = open(text -> text)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            String down =
                    "while ip rule | grep -q 'from all lookup main suppress_prefixlength 0'; do"
                            + " ip rule del table main suppress_prefixlength 0; done";
            network.in("router", down);
            assertWay(lan, "dev eth1", "after wg-quick down");
            network.in("router", LEAD_AWAY.getFirst());
            assertWay(lan, "dev eth1", "beside halves");
            assertWay(modem, "dev jnat-lan", "beside halves");
        }
    }

    @Test
    @Tag("N48")
    void theWaysOutFollowTheWansOwnRoutes() throws Exception {
        try (Steering steering = open(text -> text)) {
            network.in("router", "ip route del default");
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            assertEquals(List.of(), steering.problems(), "no way at all");
            network.in("router", "ip route add default via 100.64.0.1");
            steering.refresh();
            assertLeavesByTheWan("100.64.0.1", "when it comes");
            network.in("router", "ip tuntap add dev vpn mode tun; ip link set vpn up");
            network.in("router", LEAD_AWAY.getFirst());
            network.in("router", "ip route replace default via 100.64.0.2");
            steering.refresh();
            assertLeavesByTheWan("100.64.0.2", "another gateway");
            String several = "nexthop via 100.64.0.6 dev eth0 nexthop via 172.20.0.1 dev eth9";
            network.in("router", "ip link add eth9 type bridge; ip link set eth9 up");
            network.in("router", "ip addr add 172.20.0.2/24 dev eth9");
            network.in("router", "ip route replace default " + several);
            steering.refresh();
            assertLeavesByTheWan("100.64.0.6", "one of two");
            network.in("router", "ip link set eth0 down");
            steering.refresh();
            network.in("router", "ip link set eth0 up");
            network.in("router", "ip route replace default via 100.64.0.1");
            steering.refresh();
            assertLeavesByTheWan("100.64.0.1", "after the interface was down");
            network.in("router", "ip route del default via 100.64.0.1");
            steering.refresh();
            List<String> problems = steering.problems();
            assertEquals(1, problems.size(), problems::toString);
            assertTrue(problems.getFirst().contains(" to vpn, "), problems.getFirst());
            network.in("router", "ip link del vpn; ip route add default via 100.64.0.1");
            steering.refresh();
            assertEquals(List.of(), steering.problems());
        }
    }

    /** With a rule that the kernel puts before jnat's, and IPv6 of its own. */
    @Test
    @Tag("N43")
    void aCapturedDeviceGoesIntoTheEngineWhereAVpnsRulesStandBeforeJnats() throws Exception {
        UnaryOperator<String> both =
                text ->
                        kernel(text)
                                .replace("[device]", "[device]\ndmr6 = \"2001:db8:b::/64\"")
                                .replace("\"dmr\", ", "\"dmr\", \"dmr6\", ");
        try (Steering steering = open(both)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(0);
            network.in("router", "ip tuntap add dev vpn mode tun; ip link set vpn up");
            for (String family : List.of("ip", "ip -6")) {
                String rules = LEAD_AWAY.getLast().replace("ip ", family + " ");
                network.in("router", rules);
            }
            String first = network.in("router", "ip rule; ip -6 rule");
            assertTrue(first.contains("14:\tfrom all lookup main suppress_prefixlength 0"), first);
            steering.refresh();
            assertWay("203.0.113.1 from 192.168.20.31 iif eth1", "dev jnat-lan", "IPv4");
            assertWay("10.99.0.1 from 192.168.30.50 iif eth2", "dev jnat-lan", "the tunnel's");
            assertWay("203.0.113.1 from 192.168.30.50 iif eth2", "dev vpn", "who is not captured");
            String six = "ip -6 route get 2001:db8:a::1 from 2001:db8:b::31 iif eth1";
            assertTrue(network.in("router", six).contains("dev jnat-lan"));
            assertFalse(reaches("radio", "203.0.113.1"));
            assertTrue(reaches("radio", "192.168.30.50"), "the other LAN");
        }
    }
}
