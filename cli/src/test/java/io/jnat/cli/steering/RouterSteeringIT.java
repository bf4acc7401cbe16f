package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange.Protocol;
import io.jnat.cli.config.RouterConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A router between a carrier and two LANs; 192.168.20.31 (dmr) is captured, 192.168.20.50 is not.
 * The host forwards before jnat comes, as a router does: without steering everything would pass.
 */
final class RouterSteeringIT {
    private static final String TUNS =
            "ip tuntap add dev jnat-lan mode tun; ip tuntap add dev jnat-wan mode tun";

    @TempDir private Path folder;
    private TestNetwork network;

    @BeforeEach
    void network() throws IOException {
        network = TestNetwork.create();
        for (String name : List.of("carrier", "router", "radio", "other")) {
            network.add(name);
        }
        network.cable("carrier", "eth0", "100.64.0.1/10", "router", "eth0", "100.64.5.2/10");
        network.cable("radio", "eth0", "192.168.20.31/24", "router", "eth1", "192.168.20.1/24");
        network.cable("other", "eth0", "192.168.30.50/24", "router", "eth2", "192.168.30.1/24");
        network.in(
                "carrier",
                "ip addr add 203.0.113.1/32 dev lo; ip addr add 192.168.100.1/32 dev lo");
        network.in("carrier", "ip route add 192.168.0.0/16 via 100.64.5.2");
        network.in("carrier", "ip -6 addr add 2001:db8:a::1/64 dev eth0 nodad");
        network.in("carrier", "ip -6 route add 2001:db8:b::/64 via 2001:db8:a::2");
        network.in("router", "ip route add default via 100.64.0.1");
        network.in("router", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        network.in("router", "ip -6 addr add 2001:db8:a::2/64 dev eth0 nodad");
        network.in("router", "ip -6 addr add 2001:db8:b::1/64 dev eth1 nodad");
        network.in("radio", "ip route add default via 192.168.20.1");
        network.in("radio", "ip -6 addr add 2001:db8:b::31/64 dev eth0 nodad");
        network.in("radio", "ip -6 route add default via 2001:db8:b::1");
        network.in("other", "ip route add default via 192.168.30.1");
    }

    @AfterEach
    void remove() throws IOException {
        network.close();
    }

    private Steering open(UnaryOperator<String> change) throws Exception {
        UnaryOperator<String> twoLans = text -> text.replace("[\"eth1\"]", "[\"eth1\", \"eth2\"]");
        RouterConfig config = Configs.router(folder, text -> change.apply(twoLans.apply(text)));
        return Steering.open(
                config, network.runner("router"), folder.resolve("state"), folder.resolve("run"));
    }

    private static String kernel(String text) {
        return text.replace("others = \"wan\"", "others = \"kernel\"");
    }

    private boolean reaches(String from, String address) throws IOException {
        return network.runner(from)
                        .run(Command.of("ping", "-c", "1", "-W", "1", address))
                        .exitCode()
                == 0;
    }

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
        try (Steering starting = open(RouterSteeringIT::kernel)) {
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
        try (Steering again = open(RouterSteeringIT::kernel)) {
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
        try (Steering steering = open(RouterSteeringIT::kernel)) {
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
        try (Steering steering = open(RouterSteeringIT::kernel)) {
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
    void rulesStandInTheirOrder() throws Exception {
        try (Steering steering =
                open(text ->
                        text.replace("\"dmr\", \"flex\"", "\"dmr\"")
                                .replace("[\"eth1\", \"eth2\"]", "\"eth1\""))) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(61234);
            assertEquals(
                    """
                    10:	from all ipproto tcp dport 22 lookup local
                    11:	from all ipproto udp dport 61234 lookup local
                    12:	from all fwmark 0x8000000/0x8000000 lookup local
                    12:	from all to 192.168.30.0/24 iif eth0 lookup main
                    13:	from all to 100.64.5.2 iif eth1 ipproto udp dport 1024-60999 lookup 7701
                    13:	from all to 100.64.5.2 iif eth1 ipproto tcp dport 1024-60999 lookup 7701
                    13:	from all to 100.64.5.2 iif eth1 ipproto icmp lookup 7701
                    14:	from all to 100.64.5.2 iif eth1 ipproto udp dport 1024-60999 blackhole
                    14:	from all to 100.64.5.2 iif eth1 ipproto tcp dport 1024-60999 blackhole
                    15:	from all iif eth1 lookup local
                    16:	from all to 10.99.0.0/24 iif eth1 lookup 7701
                    17:	from all to 10.99.0.0/24 iif eth1 blackhole
                    42:	from all to 100.64.0.0/10 iif eth1 lookup 7701
                    53:	from all to 10.0.0.0/8 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 172.16.0.0/12 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 192.168.0.0/16 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 100.64.0.0/10 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 169.254.0.0/16 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 127.0.0.0/8 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 224.0.0.0/4 iif eth1 lookup main suppress_prefixlength 7
                    53:	from all to 255.255.255.255 iif eth1 lookup main suppress_prefixlength 7
                    100:	from 192.168.20.31 iif eth1 lookup 7701
                    100:	from all iif eth0 ipproto udp dport 1024-60999 lookup 7700
                    100:	from all iif eth0 ipproto tcp dport 1024-60999 lookup 7700
                    101:	from 192.168.20.31 iif eth1 blackhole
                    101:	from all iif eth0 ipproto udp dport 1024-60999 blackhole
                    101:	from all iif eth0 ipproto tcp dport 1024-60999 blackhole
                    102:	from all iif eth1 lookup 7701
                    103:	from all iif eth1 blackhole
                    110:	from all iif eth0 ipproto icmp lookup 7700
                    111:	from all iif eth0 ipproto ipencap lookup 7700
                    111:	from all iif eth0 ipproto ipv6 lookup 7700
                    111:	from all iif eth0 ipproto gre lookup 7700
                    111:	from all iif eth0 ipproto esp lookup 7700
                    111:	from all iif eth0 ipproto sctp lookup 7700
                    111:	from all iif eth0 ipproto udplite lookup 7700
                    1000:	from all lookup local
                    1001:	from all iif jnat-wan lookup 7702
                    32766:	from all lookup main
                    32767:	from all lookup default\
                    """,
                    network.in("router", "ip rule"));
            assertTrue(steering.ports().has(Protocol.UDP, 50000));
            assertEquals(
                    "default dev jnat-lan proto 77 scope link linkdown",
                    network.in("router", "ip route show table 7701"));
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

    private void assertLeavesByTheWan(String gateway, String when) throws IOException {
        String way = "via " + gateway + " dev eth0";
        assertWay("203.0.113.1 from 100.64.5.2 iif jnat-wan", way, when);
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

    @Test
    void aDeviceThatIsInNoNetworkOfTheLanIsNamed() throws Exception {
        try (Steering steering = open(text -> text.replace("192.168.20.31", "192.168.2.31"))) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            assertEquals(1, steering.warnings().size(), steering.warnings()::toString);
            String warning = steering.warnings().getFirst();
            assertTrue(
                    warning.contains(
                            ":14:1: device \"dmr\": 192.168.2.31 is in no network of eth1"),
                    warning);
            String letIn = "ip route get 192.168.2.31 from 198.51.100.7 iif jnat-lan";
            String elsewhere = network.in("router", letIn);
            assertTrue(elsewhere.contains("dev eth0"), elsewhere);
            network.in("router", "ip route add 192.168.2.0/24 via 192.168.20.31");
            steering.refresh();
            assertEquals(List.of(), steering.warnings());
            network.in("router", "ip addr flush dev eth1");
            steering.refresh();
            assertEquals(List.of(), steering.warnings(), "at boot, addresses come later");
        }
    }

    @Test
    void cleanStopPutsEverythingBackInBothModes() throws Exception {
        network.in("router", "sysctl -qw net.ipv4.conf.all.rp_filter=1");
        String before = network.snapshot("router");
        for (boolean kernel : new boolean[] {true, false}) {
            try (Steering steering = open(text -> kernel ? kernel(text) : text)) {
                steering.guard();
                network.in("router", TUNS);
                steering.apply(40001);
                assertEquals(
                        "0", network.in("router", "cat /proc/sys/net/ipv4/conf/all/rp_filter"));
                assertEquals(
                        "1", network.in("router", "cat /proc/sys/net/ipv4/conf/eth1/rp_filter"));
                network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
                steering.undo();
            }
            assertEquals(before, network.snapshot("router"), kernel ? "kernel" : "wan");
        }
        assertTrue(reaches("radio", "203.0.113.1"));
    }

    @Test
    void cleanupAfterAKillPutsEverythingBackAlsoWhenItWasStarting() throws Exception {
        network.in("router", "sysctl -qw net.ipv4.ip_forward=0");
        String before = network.snapshot("router");
        Steering starting = open(text -> text);
        starting.guard();
        starting.close();
        clean();
        assertEquals(before, network.snapshot("router"));
        Steering running = open(text -> text);
        running.guard();
        network.in("router", TUNS);
        running.apply(40001);
        running.close();
        network.in("router", "ip link del jnat-lan; ip link del jnat-wan");
        clean();
        assertEquals(before, network.snapshot("router"));
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
    void aTableThatWasRightBeforeIsMadeAgainWhenItIsRightAgain() throws Exception {
        String named = "ip daddr 100.64.5.2 jump wan";
        try (Steering steering = open(text -> text)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(40001);
            assertTrue(network.in("router", "nft list table inet jnat").contains(named));
            network.in("router", "ip addr del 100.64.5.2/10 dev eth0");
            network.in("router", "ip addr add 100.64.5.9/10 dev eth0");
            steering.refresh();
            assertFalse(network.in("router", "nft list table inet jnat").contains(named));
            network.in("router", "ip addr del 100.64.5.9/10 dev eth0");
            network.in("router", "ip addr add 100.64.5.2/10 dev eth0");
            steering.refresh();
            assertTrue(network.in("router", "nft list table inet jnat").contains(named));
        }
    }

    @Test
    void anInterfaceThatIsGoneForAWhileKeepsNothingElseFromBeingFollowed() throws Exception {
        try (Steering steering = open(RouterSteeringIT::kernel)) {
            steering.guard();
            network.in("router", TUNS);
            steering.apply(0);
            network.in("router", "ip link del eth2; nft flush ruleset");
            steering.refresh();
            assertTrue(network.in("router", "nft list tables").contains("jnat"));
            network.in("router", "ip link del eth0; ip rule del pref 101; ip rule del pref 101");
            steering.refresh();
            assertTrue(network.in("router", "ip rule").contains("101:"));
        }
    }

    private void clean() throws IOException {
        SteeringCleanup.cleanUp(
                "jnat", network.runner("router"), folder.resolve("state"), folder.resolve("run"));
    }

    @Test
    @Tag("N43")
    void ipv6OfACapturedDeviceIsFoundByItsHardwareAddress() throws Exception {
        try (Steering steering = open(RouterSteeringIT::kernel)) {
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
}
