package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What does not pass a router, with an engine and without one. */
final class RouterGuardsIT extends SteeredRouter {
    @Test
    @Tag("N43")
    void aCapturedDeviceNeverLeavesByTheWanWithoutAnEngine() throws Exception {
        assertTrue(reaches("radio", "203.0.113.1"), "before jnat, everything passes");
        assertTrue(reaches("radio", "2001:db8:a::1"), "IPv6 too");
        String packets =
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip saddr 192.168.20.31 ip daddr 203.0.113.1 counter'";
        network.in("carrier", packets);
        try (Steering starting = open(SteeredRouter::kernel)) {
            starting.guard();
            assertFalse(reaches("radio", "203.0.113.1"), "while it starts");
            assertFalse(reaches("radio", "2001:db8:a::1"), "while it starts, IPv6");
            network.in("router", TUNS);
            starting.apply(0);
            assertFalse(reaches("radio", "203.0.113.1"), "while nobody reads the TUN");
        }
        network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
        assertFalse(reaches("radio", "203.0.113.1"), "after a kill");
        assertFalse(reaches("radio", "2001:db8:a::1"), "after a kill, IPv6");
        network.in("router", "ip rule del pref 101; ip rule del pref 101");
        assertFalse(reaches("radio", "203.0.113.1"), "when somebody has removed the rules");
        try (Steering again = open(SteeredRouter::kernel)) {
            again.guard();
            assertFalse(reaches("radio", "203.0.113.1"), "while it starts again");
        }
        assertTrue(reaches("other", "203.0.113.1"), "what is not captured is the kernel's");
        String counted = network.in("carrier", "nft list table inet count");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
    }

    /** As when its port is taken out of the bridge that is the LAN. */
    @Test
    @Tag("N43")
    void aCapturedDeviceThatComesInByAnotherInterfaceNeverLeavesByTheWan() throws Exception {
        for (boolean kernel : new boolean[] {true, false}) {
            assertTrue(reaches("radio", "203.0.113.1"), "before jnat, everything passes");
            assertTrue(reaches("radio", "2001:db8:a::1"), "IPv6 too");
            try (Steering steering =
                    open(text ->
                            (kernel ? kernel(text) : text)
                                    .replace("\"eth1\", \"eth2\"", "\"eth2\""))) {
                steering.guard();
                assertFalse(reaches("radio", "203.0.113.1"), "while it starts");
                network.in("router", TUNS);
                steering.apply(kernel ? 0 : 40001);
                assertFalse(reaches("radio", "203.0.113.1"));
                assertFalse(reaches("radio", "2001:db8:a::1"), "IPv6");
                assertTrue(reaches("radio", "192.168.30.50"), "the other LAN");
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                steering.undo();
            }
        }
    }

    /**
     * A second uplink, which is the default route, too, and what a rule of somebody else before
     * jnat's leads there.
     */
    @Test
    @Tag("N43")
    void aCapturedDeviceLeavesByNoOtherUplinkAndStillReachesWhatIsNear() throws Exception {
        otherUplinkAndContainer();
        for (boolean kernel : new boolean[] {true, false}) {
            assertTrue(reaches("radio", "203.0.113.9"), "before jnat, everything passes");
            assertTrue(reaches("radio", "2001:db8:9::1"), "IPv6 too");
            try (Steering steering = open(text -> kernel ? kernel(text) : text)) {
                steering.guard();
                network.in("router", "ip rule add pref 5 to 203.0.113.0/24 lookup main");
                reachesWhatIsNearOnly("while it starts");
                network.in("router", TUNS);
                steering.apply(kernel ? 0 : 40001);
                steering.refresh();
                reachesWhatIsNearOnly("while it runs");
                assertTrue(reaches("other", "203.0.113.9"), "whom the host leads there");
                network.in("router", "ip rule del pref 5");
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                steering.undo();
            }
        }
    }

    /**
     * While the LAN's interface is down, the default route is the way to its devices. The TUN
     * device is a cable here, so that the test is the engine.
     */
    @Test
    @Tag("N44")
    void whatTheEngineSendsToTheLanLeavesByNoUplinkWhileTheLanIsDown() throws Exception {
        otherUplinkAndContainer();
        network.add("engine");
        String packets =
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip daddr 192.168.20.31 counter name sent; add rule inet count in"
                        + " ip6 daddr 2001:db8:b::31 counter name sent'";
        for (String uplink : List.of("carrier", "uplink", "container")) {
            network.in(uplink, "nft 'add table inet count; add counter inet count sent'");
            network.in(uplink, packets);
        }
        for (boolean kernel : new boolean[] {true, false}) {
            UnaryOperator<String> both =
                    text ->
                            (kernel ? kernel(text) : text)
                                    .replace("[device]", "[device]\ndmr6 = \"2001:db8:b::31\"")
                                    .replace("devices = [", "devices = [\"dmr6\", ");
            try (Steering steering = open(both)) {
                steering.guard();
                network.cable("engine", "eth0", "10.9.9.2/24", "router", "jnat-lan", "10.9.9.1/24");
                network.in("engine", "ip -6 addr add 2001:db8:f::2/64 dev eth0 nodad");
                network.in("router", "ip -6 addr add 2001:db8:f::1/64 dev jnat-lan nodad");
                network.in("engine", "ip route add default via 10.9.9.1");
                network.in("engine", "ip -6 route add default via 2001:db8:f::1");
                network.in("router", "ip tuntap add dev jnat-wan mode tun");
                steering.apply(kernel ? 0 : 40001);
                for (String uplink :
                        List.of("dev eth0 via 100.64.0.1", "dev eth3 via 172.20.0.1")) {
                    network.in("router", "ip link set eth1 up; ip route replace default " + uplink);
                    network.in("router", "ip -6 addr replace 2001:db8:b::1/64 dev eth1 nodad");
                    assertTrue(reaches("engine", "192.168.20.31"), "the LAN");
                    assertTrue(reaches("engine", "2001:db8:b::31"), "the LAN, IPv6");
                    assertTrue(reaches("engine", "172.17.0.2"), "a container");
                    network.in("router", "ip link set eth1 down");
                    assertFalse(reaches("engine", "192.168.20.31"), "it is down");
                    assertFalse(reaches("engine", "2001:db8:b::31"), "it is down, IPv6");
                    network.in("router", "ip route add 192.168.0.0/16 via 172.17.0.2");
                    network.in("router", "ip -6 route add 2001:db8:b::/48 via 2001:db8:d::2");
                    assertFalse(reaches("engine", "192.168.20.31"), "a wider network");
                    assertFalse(reaches("engine", "2001:db8:b::31"), "a wider network, IPv6");
                    network.in("router", "ip route del 192.168.0.0/16");
                    network.in("router", "ip -6 route del 2001:db8:b::/48");
                }
                network.in("router", "ip link set eth1 up; ip link del jnat-lan");
                network.in("router", "ip -6 addr replace 2001:db8:b::1/64 dev eth1 nodad");
                network.in("router", "ip link del jnat-wan");
                steering.undo();
            }
        }
        for (String uplink : List.of("carrier", "uplink", "container")) {
            String sent = network.in(uplink, "nft list counter inet count sent");
            assertTrue(sent.contains("packets 0 "), sent);
        }
    }

    /** As on a host that was no router before. */
    @Test
    @Tag("N40")
    void aHostThatDidNotForwardOpensNothingToItsUplinks() throws Exception {
        otherUplinkAndContainer();
        network.in("router", "sysctl -qw net.ipv4.ip_forward=0");
        network.in("uplink", "ip route add 172.17.0.0/16 via 172.20.0.2");
        network.in("carrier", "ip route add 172.17.0.0/16 via 100.64.5.2");
        for (boolean kernel : new boolean[] {true, false}) {
            try (Steering steering = open(text -> kernel ? kernel(text) : text)) {
                steering.guard();
                network.in("router", TUNS);
                steering.apply(kernel ? 0 : 40001);
                assertFalse(reaches("uplink", "192.168.30.50"), "a LAN from another uplink");
                assertFalse(reaches("uplink", "172.17.0.2"), "what else there is, from there");
                assertFalse(reaches("carrier", "172.17.0.2"), "or from the WAN");
                assertTrue(reaches("other", "192.168.20.31"), "a LAN from another");
                assertTrue(reaches("other", "172.17.0.2"), "a network that is near, from a LAN");
                assertTrue(reaches("container", "192.168.30.50"), "a LAN from there");
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                steering.undo();
            }
        }
    }

    private void otherUplinkAndContainer() throws IOException {
        network.add("uplink");
        network.add("container");
        network.cable("uplink", "eth0", "172.20.0.1/24", "router", "eth3", "172.20.0.2/24");
        network.cable("container", "eth0", "172.17.0.2/16", "router", "docker0", "172.17.0.1/16");
        network.in("uplink", "ip addr add 203.0.113.9/32 dev lo");
        network.in("uplink", "ip route add 192.168.0.0/16 via 172.20.0.2");
        network.in("uplink", "ip -6 addr add 2001:db8:9::1/128 dev lo");
        network.in("uplink", "ip -6 addr add 2001:db8:e::1/64 dev eth0 nodad");
        network.in("uplink", "ip -6 route add 2001:db8:b::/64 via 2001:db8:e::2");
        network.in("container", "ip route add default via 172.17.0.1");
        network.in("container", "ip -6 addr add 2001:db8:d::2/64 dev eth0 nodad");
        network.in("container", "ip -6 route add default via 2001:db8:d::1");
        network.in("router", "ip -6 addr add 2001:db8:d::1/64 dev docker0 nodad");
        network.in("router", "ip -6 addr add 2001:db8:e::2/64 dev eth3 nodad");
        network.in("router", "ip route replace default via 172.20.0.1");
        network.in("router", "ip -6 route add default via 2001:db8:e::1");
        // The neighbour table tells whose it is.
        String mac = network.in("radio", "cat /sys/class/net/eth0/address");
        network.in("router", "ip neigh replace 192.168.20.31 lladdr " + mac + " dev eth1");
    }

    private void reachesWhatIsNearOnly(String when) throws IOException {
        assertFalse(reaches("radio", "203.0.113.9"), when);
        assertFalse(reaches("radio", "2001:db8:9::1"), when + ", IPv6");
        assertFalse(reaches("radio", "2001:db8:e::1"), when + ", the other uplink's router");
        assertTrue(reaches("radio", "192.168.30.50"), when + ", the other LAN");
        assertTrue(reaches("radio", "172.17.0.2"), when + ", a container");
        assertTrue(reaches("radio", "2001:db8:d::2"), when + ", a container, IPv6");
        assertTrue(reaches("container", "192.168.20.31"), when + ", from a container");
    }

    /** The kernel would say so to whoever asked, by the way that is the default route. */
    @Test
    @Tag("N44")
    void nobodyIsToldByAnotherUplinkThatADeviceIsAway() throws Exception {
        otherUplinkAndContainer();
        network.in("uplink", "ip addr add 203.0.113.8/32 dev lo");
        try (Steering steering = open(SteeredRouter::kernel)) {
            steering.guard();
            for (String asks : List.of("203.0.113.8", "172.20.0.1")) {
                String ping = "ping -n -c 1 -W 4 -I " + asks + " 192.168.20.40 || true";
                String said = network.in("uplink", ping);
                boolean told = said.contains("Destination Host Unreachable");
                assertEquals(asks.startsWith("172"), told, said);
            }
        }
    }

    /** Or it would open the filters of a device there, captured or not. */
    @Test
    @Tag("N45")
    void nobodyInALanPassesForADeviceOfAnotherOne() throws Exception {
        network.in("router", "ip -6 addr add 2001:db8:c::1/64 dev eth2 nodad");
        network.in("other", "ip -6 addr add 2001:db8:c::50/64 dev eth0 nodad");
        network.in("other", "ip -6 route add default via 2001:db8:c::1");
        // Beside the other LAN's 192.168.30.0/24: what is narrower is this one's.
        network.in("router", "ip route add 192.168.30.64/26 via 192.168.20.31");
        network.in("radio", "ip addr add 192.168.30.70/32 dev lo");
        network.in("radio", "ip addr add 192.168.30.199/32 dev lo; ip addr add 10.7.7.7/32 dev lo");
        network.in("radio", "ip -6 addr add 2001:db8:c::99/128 dev lo nodad");
        String count = " counter name ";
        network.in(
                "router",
                "nft 'add table inet count; add counter inet count own; add counter inet count no;"
                        + " add chain inet count out { type filter hook postrouting priority 0; };"
                        + " add rule inet count out ip saddr { 192.168.30.70, 10.7.7.7 }"
                        + count
                        + "own; add rule inet count out ip saddr 192.168.30.199"
                        + count
                        + "no; add rule inet count out ip6 saddr 2001:db8:c::99"
                        + count
                        + "no'");
        try (Steering steering = open(text -> text)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            for (String from : List.of("192.168.30.70", "192.168.30.199", "10.7.7.7")) {
                for (String to : List.of("203.0.113.1", "192.168.30.50")) {
                    network.in("radio", "ping -c 1 -W 1 -I " + from + " " + to + " || true");
                }
            }
            network.in("radio", "ping -c 1 -W 1 -I 2001:db8:c::99 2001:db8:c::50 || true");
            String own = network.in("router", "nft list counter inet count own");
            assertTrue(own.contains("packets 4 "), own);
            String forged = network.in("router", "nft list counter inet count no");
            assertTrue(forged.contains("packets 0 "), forged);
            assertTrue(reaches("radio", "192.168.30.50"), "itself");
            assertTrue(reaches("radio", "2001:db8:c::50"), "itself, IPv6");
            assertTrue(reaches("other", "192.168.20.31"), "and back");
        }
    }

    @Test
    @Tag("N43")
    void aFailedStartLeavesTheGuardsAndCleanupLiftsThem() throws Exception {
        String before = network.snapshot("router");
        try (Steering steering = open(SteeredRouter::kernel)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(0);
            network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
            assertTrue(steering.retreat());
            assertFalse(reaches("radio", "203.0.113.1"));
            assertTrue(reaches("other", "203.0.113.1"));
        }
        clean();
        assertEquals(before, network.snapshot("router"));
    }

    @Test
    @Tag("N44")
    void withoutAnEngineNothingLeavesUntranslated() throws Exception {
        network.in(
                "carrier",
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip saddr 192.168.0.0/16 counter'");
        try (Steering steering = open(text -> text)) {
            steering.guard();
            assertFalse(reaches("other", "203.0.113.1"));
            assertFalse(reaches("other", "100.64.0.1"), "the carrier's gateway");
            network.in("router", TUNS);
            steering.apply(40001);
            assertFalse(reaches("other", "203.0.113.1"));
            assertFalse(reaches("other", "100.64.0.1"));
        }
        network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
        assertFalse(reaches("other", "203.0.113.1"), "after a kill");
        assertTrue(reaches("router", "203.0.113.1"), "the router itself after a kill");
        String counted = network.in("carrier", "nft list table inet count");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
    }

    @Test
    @Tag("N43")
    void capturedIpv6AddressesGoIntoTheTunOrNowhere() throws Exception {
        network.in("router", "sysctl -qw net.ipv6.conf.all.forwarding=0");
        network.in("router", "ip -6 addr add 2001:db8:c::1/64 dev eth2 nodad");
        network.in("other", "ip -6 addr add 2001:db8:c::50/64 dev eth0 nodad");
        network.in("other", "ip -6 route add default via 2001:db8:c::1");
        network.in("carrier", "ip -6 route add 2001:db8:c::/64 via 2001:db8:a::2");
        String before = network.snapshot("router");
        UnaryOperator<String> prefix =
                text ->
                        kernel(text)
                                .replace("dmr  = \"192.168.20.31\"", "dmr = \"2001:db8:b::/64\"");
        String packets =
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip6 saddr 2001:db8:b::/64 counter'";
        network.in("carrier", packets);
        try (Steering steering = open(prefix)) {
            steering.guard();
            assertFalse(reaches("radio", "2001:db8:a::1"), "while it starts");
            network.in("router", TUNS);
            steering.apply(0);
            String rules = network.in("router", "ip -6 rule");
            assertTrue(rules.contains("100:\tfrom 2001:db8:b::/64 iif eth1 lookup 7701\n"), rules);
            assertTrue(rules.contains("101:\tfrom 2001:db8:b::/64 iif eth1 blackhole\n"), rules);
            assertFalse(reaches("radio", "2001:db8:a::1"), "while nobody reads the TUN");
            assertTrue(
                    network.in(
                                    "router",
                                    "ip -6 route get 2001:db8:a::1 from 2001:db8:b::31"
                                            + " iif eth1")
                            .contains("dev jnat-lan"));
            assertTrue(
                    network.in(
                                    "router",
                                    "ip -6 route get 2001:db8:c::50 from 2001:db8:b::31"
                                            + " iif eth1")
                            .contains("dev eth2"),
                    "the other LAN is not the internet");
            assertFalse(reaches("other", "2001:db8:a::1"), "it did not forward before");
            network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
            assertFalse(reaches("radio", "2001:db8:a::1"), "after a kill");
            network.in("router", "ip -6 rule del pref 101; ip -6 rule del pref 101");
            assertFalse(reaches("radio", "2001:db8:a::1"), "when somebody has removed the rules");
        }
        clean();
        assertEquals(before, network.snapshot("router"));
        String counted = network.in("carrier", "nft list table inet count");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
    }

    @Test
    @Tag("N43")
    void ipv6OfACapturedDeviceIsFoundByItsHardwareAddress() throws Exception {
        try (Steering steering = open(SteeredRouter::kernel)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(0);
            String mac = network.in("radio", "cat /sys/class/net/eth0/address");
            network.in("router", "ip neigh replace 192.168.20.31 lladdr " + mac + " dev eth1");
            steering.refresh();
            assertFalse(reaches("radio", "2001:db8:a::1"), "found in the neighbour table");
            network.in("router", "nft flush ruleset");
            assertTrue(reaches("radio", "2001:db8:a::1"), "somebody restarted the firewall");
            steering.refresh();
            assertFalse(reaches("radio", "2001:db8:a::1"), "and the table is back");
            network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
            steering.undo();
            steering.guard();
            assertTrue(reaches("radio", "192.168.20.1"));
            assertFalse(reaches("radio", "2001:db8:a::1"), "learned from its IPv4 packet");
        }
        try (Steering steering =
                open(text ->
                        kernel(text)
                                .replace(
                                        "dmr  = \"192.168.20.31\"",
                                        "dmr = { address = \"192.168.20.31\", ipv6 = \"direct\" }"))) {
            steering.undo();
            steering.guard();
            assertTrue(reaches("radio", "192.168.20.1"));
            assertTrue(reaches("radio", "2001:db8:a::1"), "as its exception says");
            assertFalse(reaches("radio", "203.0.113.1"), "but not its IPv4");
        }
    }

    @Test
    void aDeviceBehindAnotherRouterKeepsThatRoutersIpv6OffAndIsNamed() throws Exception {
        network.in("router", "ip route add 192.168.40.0/24 via 192.168.20.31");
        network.in("radio", "ip addr add 192.168.40.5/32 dev lo");
        String behind = "ping -c 1 -W 1 -I 192.168.40.5 192.168.20.1";
        String device = "dmr  = \"192.168.20.31\"";
        try (Steering steering =
                open(text -> kernel(text).replace(device, "dmr = \"192.168.40.5\""))) {
            steering.guard();
            network.in("radio", behind);
            assertFalse(reaches("radio", "2001:db8:a::1"), "the device's own may be behind it");
            assertEquals(1, steering.warnings().size(), steering.warnings()::toString);
            String warning = steering.warnings().getFirst();
            assertTrue(
                    warning.contains("192.168.40.5 is behind another router, 192.168.20.31"),
                    warning);
        }
        String direct = "dmr = { address = \"192.168.40.5\", ipv6 = \"direct\" }";
        try (Steering steering = open(text -> kernel(text).replace(device, direct))) {
            steering.guard();
            network.in("radio", behind);
            assertTrue(reaches("radio", "2001:db8:a::1"), "learned before its exception was made");
            assertEquals(List.of(), steering.warnings());
        }
    }
}
