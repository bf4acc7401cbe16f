package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange.Protocol;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the steering of a relay makes, follows and takes back. */
final class RelaySteeringIT extends SteeredRelay {
    @Test
    void rulesStandInTheirOrder() throws Exception {
        try (Steering steering = open(text -> text)) {
            start(steering);
            assertEquals(
                    """
                    10:	from all ipproto tcp dport 22 lookup local
                    11:	from all ipproto udp dport 51820 lookup local
                    12:	from all fwmark 0x8000000/0x8000000 lookup local
                    100:	from all iif eth0 ipproto udp dport 1024-60999 lookup 7700
                    100:	from all iif eth0 ipproto tcp dport 1024-60999 lookup 7700
                    101:	from all iif eth0 ipproto udp dport 1024-60999 blackhole
                    101:	from all iif eth0 ipproto tcp dport 1024-60999 blackhole
                    110:	from all iif eth0 ipproto icmp lookup 7700
                    111:	from all iif eth0 ipproto ipencap lookup 7700
                    111:	from all iif eth0 ipproto ipv6 lookup 7700
                    111:	from all iif eth0 ipproto gre lookup 7700
                    111:	from all iif eth0 ipproto esp lookup 7700
                    111:	from all iif eth0 ipproto sctp lookup 7700
                    111:	from all iif eth0 ipproto udplite lookup 7700
                    1000:	from all lookup local
                    32766:	from all lookup main
                    32767:	from all lookup default\
                    """,
                    network.in("vps", "ip rule"));
            assertEquals(
                    "61000\t65535",
                    network.in("vps", "cat /proc/sys/net/ipv4/ip_local_port_range"));
            assertEquals("1", network.in("vps", "cat /proc/sys/net/ipv4/ip_forward"));
            assertEquals(List.of(), steering.warnings());
            assertTrue(steering.ports().has(Protocol.UDP, 55193));
            assertFalse(steering.ports().has(Protocol.UDP, 51820));
            assertFalse(steering.ports().has(Protocol.TCP, 22));
            assertFalse(steering.ports().has(Protocol.TCP, 61000));
            steering.undo();
        }
    }

    /** As with a provider that translates the public address, or a mistyped one. */
    @Test
    void aForwardOnAnAddressThatTheInterfaceHasNotIsNamed() throws Exception {
        String listen = "listen = \"udp/55193\"";
        try (Steering steering =
                open(text -> text.replace(listen, listen + "\naddress = \"198.51.100.9\""))) {
            start(steering);
            assertEquals(1, steering.problems().size(), steering.problems()::toString);
            String problem = steering.problems().getFirst();
            assertTrue(
                    problem.contains(
                            "forward \"dmr\": 198.51.100.9 is no address of eth0, which has"
                                    + " 198.51.100.1"),
                    problem);
            network.in("vps", "ip addr add 198.51.100.9/32 dev eth0");
            steering.refresh();
            assertEquals(List.of(), steering.problems());
            network.in("vps", "ip -4 addr flush dev eth0");
            steering.refresh();
            assertEquals(List.of(), steering.problems(), "at boot, addresses come later");
        }
    }

    @Test
    void cleanStopPutsEverythingBack() throws Exception {
        network.in(
                "vps",
                """
                sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=0
                sysctl -qw net.ipv4.conf.lo.rp_filter=2 net.ipv4.conf.eth0.forwarding=1
                sysctl -qw net.ipv4.ip_local_reserved_ports=61100,61200-61210
                sysctl -qw net.ipv4.conf.all.accept_redirects=0
                ip rule add pref 10 ipproto tcp dport 22 lookup local
                nft add table inet other
                """);
        String before = network.snapshot("vps");
        try (Steering steering = open(text -> text.replace("udp/55193", "udp/62030-62031"))) {
            start(steering);
            assertEquals("0", network.in("vps", "cat /proc/sys/net/ipv4/conf/all/rp_filter"));
            assertEquals("1", network.in("vps", "cat /proc/sys/net/ipv4/conf/eth0/rp_filter"));
            assertEquals("2", network.in("vps", "cat /proc/sys/net/ipv4/conf/lo/rp_filter"));
            assertEquals(
                    "61100,61200-61210,62030-62031",
                    network.in("vps", "cat /proc/sys/net/ipv4/ip_local_reserved_ports"));
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
            assertEquals(before, network.snapshot("vps"));
            steering.undo();
            assertEquals(before, network.snapshot("vps"));
        }
        assertFalse(Files.exists(folder.resolve("state/jnat.steering")));
    }

    @Test
    void cleanupAfterAKillPutsEverythingBack() throws Exception {
        String before = network.snapshot("vps");
        Steering killed = open(text -> text);
        start(killed);
        assertThrows(
                SteeringException.class,
                () ->
                        SteeringCleanup.cleanUp(
                                "jnat",
                                network.runner("vps"),
                                folder.resolve("state"),
                                folder.resolve("run")),
                "while it runs");
        killed.close();
        network.in("vps", "ip link del jnat-wan");
        assertTrue(
                SteeringCleanup.cleanUp(
                                "jnat",
                                network.runner("vps"),
                                folder.resolve("state"),
                                folder.resolve("run"))
                        > 10);
        assertEquals(before, network.snapshot("vps"));
        assertEquals(
                0,
                SteeringCleanup.cleanUp(
                        "jnat",
                        network.runner("vps"),
                        folder.resolve("state"),
                        folder.resolve("run")));
    }

    @Test
    void nextStartTakesOverWhatAKillHasLeft() throws Exception {
        network.in("vps", "sysctl -qw net.ipv4.conf.all.rp_filter=2");
        String before = network.snapshot("vps");
        Steering killed = open(text -> text);
        start(killed);
        String running = network.snapshot("vps");
        killed.close();
        network.in("vps", "ip link del jnat-wan");
        assertTrue(network.in("vps", "ip rule").contains("blackhole"), "guards hold");
        try (Steering steering = open(text -> text)) {
            start(steering);
            assertEquals(running, network.snapshot("vps"));
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
        }
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    void changedConfigurationLeavesNothingOfTheOld() throws Exception {
        String before = network.snapshot("vps");
        Steering killed = open(text -> text.replace("tcp/2222", "tcp/443"));
        start(killed);
        assertTrue(network.in("vps", "ip rule").contains("dport 443 "));
        killed.close();
        network.in("vps", "ip link del jnat-wan");
        try (Steering steering = open(text -> text.replace("udp/55193", "udp/53"))) {
            start(steering);
            String rules = network.in("vps", "ip rule");
            assertFalse(rules.contains("dport 443 "), rules);
            assertTrue(rules.contains("ipproto udp dport 53 lookup 7700"), rules);
            assertTrue(rules.contains("ipproto udp dport 53 blackhole"), rules);
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
        }
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    void whatSomebodyElseChangedMeanwhileIsLeftAlone() throws Exception {
        try (Steering steering = open(text -> text)) {
            start(steering);
            network.in("vps", "sysctl -qw net.ipv4.ip_local_port_range='50000 51000'");
            network.in("vps", "ip rule add pref 100 from 203.0.113.9 lookup main");
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
            assertEquals(
                    "50000\t51000",
                    network.in("vps", "cat /proc/sys/net/ipv4/ip_local_port_range"));
            assertEquals(
                    """
                    0:	from all lookup local
                    100:	from 203.0.113.9 lookup main
                    32766:	from all lookup main
                    32767:	from all lookup default\
                    """,
                    network.in("vps", "ip rule"));
        }
    }

    @Test
    void whatPacketsNeedIsSetAgainWhenSomebodyElseChangesIt() throws Exception {
        network.in("vps", "sysctl -qw net.ipv4.conf.all.rp_filter=2");
        String before = network.snapshot("vps");
        try (Steering steering = open(text -> text)) {
            start(steering);
            steering.refresh();
            assertEquals(List.of(), steering.undoneByOthers());
            network.in("vps", "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=2");
            network.in("vps", "sysctl -qw net.ipv4.conf.jnat-wan.accept_local=0");
            steering.refresh();
            assertEquals(
                    "1\n0\n1",
                    network.in(
                            "vps",
                            "cd /proc/sys/net/ipv4; cat ip_forward conf/all/rp_filter"
                                    + " conf/jnat-wan/accept_local"));
            assertEquals(3, steering.undoneByOthers().size());
            assertTrue(
                    steering.undoneByOthers().stream()
                            .anyMatch(told ->
                                    told.startsWith("/proc/sys/net/ipv4/ip_forward: somebody")));
            steering.refresh();
            assertEquals(List.of(), steering.undoneByOthers());
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
        }
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    void refreshFollowsServicesAndPutsBackRemovedRules() throws Exception {
        try (Steering steering = open(text -> text)) {
            start(steering);
            assertFalse(steering.refresh());
            String rules = network.in("vps", "ip rule");
            network.in("vps", "ip rule del pref 101; ip rule del pref 110");
            assertFalse(steering.refresh());
            String again = network.in("vps", "ip rule | sort");
            assertEquals(rules.lines().sorted().toList(), again.lines().sorted().toList());
            Process service = network.start("vps", "socat", "UDP4-LISTEN:7000,fork", "PIPE");
            try {
                await("vps", "ss -Hanu", ":7000");
                assertFalse(steering.refresh(), "it may be gone soon");
                assertTrue(steering.refresh());
                assertFalse(steering.ports().has(Protocol.UDP, 7000));
                assertTrue(network.in("vps", "ip rule").contains("udp dport 7000 lookup local"));
            } finally {
                service.destroy();
                service.descendants().forEach(ProcessHandle::destroy);
            }
        }
    }

    @Test
    void refreshBringsBackADeviceThatWasTakenDownAndItsRoute() throws Exception {
        try (Steering steering = open(text -> text)) {
            start(steering);
            assertFalse(steering.refresh());
            String route = network.in("vps", "ip route show table 7700");
            network.in("vps", "ip link set jnat-wan down; ip link set jnat-wan up");
            assertFalse(steering.refresh());
            assertEquals(route, network.in("vps", "ip route show table 7700"));
            network.in("vps", "ip link set jnat-wan down");
            assertFalse(steering.refresh());
            assertEquals(route, network.in("vps", "ip route show table 7700"));
        }
    }

    @Test
    void anotherInstanceOnTheSameHostIsRefused() throws Exception {
        try (Steering steering = open(text -> text)) {
            start(steering);
            String said =
                    assertThrows(
                                    SteeringException.class,
                                    () -> open(text -> "name = \"two\"\n" + text))
                            .getMessage();
            assertTrue(said.contains("its device jnat-wan"), said);
        }
    }

    @Test
    void aMissingInterfaceIsNamedBeforeAnythingIsChanged() throws Exception {
        String before = network.snapshot("vps");
        try (Steering steering = open(text -> text.replace("\"eth0\"", "\"eth9\""))) {
            SteeringException refused = assertThrows(SteeringException.class, steering::guard);
            assertTrue(
                    refused.getMessage().startsWith("eth9: no such interface"),
                    refused::getMessage);
        }
        assertEquals(before, network.snapshot("vps"));
    }
}
