package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange.Protocol;
import io.jnat.cli.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay in a namespace of its own; the TUN device is a real one that nobody reads. */
final class RelaySteeringIT {
    private static final String TUN = "ip tuntap add dev jnat-wan mode tun";

    @TempDir private Path folder;
    private TestNetwork network;

    @BeforeEach
    void network() throws IOException {
        network = TestNetwork.create();
        network.add("vps");
        network.add("net");
        network.cable("net", "eth0", "198.51.100.2/24", "vps", "eth0", "198.51.100.1/24");
    }

    @AfterEach
    void remove() throws IOException {
        network.close();
    }

    private Steering open(UnaryOperator<String> change) throws Exception {
        RelayConfig config = Configs.relay(folder, change);
        return Steering.open(
                config, network.runner("vps"), folder.resolve("state"), folder.resolve("run"));
    }

    private void start(Steering steering) throws IOException {
        steering.guard();
        network.in("vps", TUN);
        steering.apply(51820);
    }

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
    void theHostsOwnSocketsKeepTheirPorts() throws Exception {
        Process service = network.start("vps", "socat", "TCP4-LISTEN:8080,fork", "PIPE");
        Process local = network.start("vps", "socat", "TCP4-LISTEN:9090,bind=127.0.0.1", "PIPE");
        try (Steering steering = open(text -> text.replace("tcp/2222", "tcp/8080"))) {
            await("vps", "ss -Hlnt", ":8080", ":9090");
            start(steering);
            String rules = network.in("vps", "ip rule");
            assertTrue(
                    rules.contains("12:\tfrom all iif eth0 ipproto tcp dport 8080 lookup local"),
                    rules);
            assertFalse(rules.contains("9090"), rules);
            assertFalse(steering.ports().has(Protocol.TCP, 8080));
            assertTrue(steering.ports().has(Protocol.UDP, 8080));
            assertEquals(1, steering.warnings().size());
            assertTrue(
                    steering.warnings().getFirst().startsWith("tcp/8080: a socket of this host"));
            assertEquals(
                    "hello", network.in("net", "echo hello | socat -t1 - TCP4:198.51.100.1:8080"));
        } finally {
            service.destroy();
            local.destroy();
        }
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

    /** As a resolver does, which takes a random port for each question. */
    @Test
    void aSocketThatIsOpenedLaterGetsItsAnswersAtOnceThroughAFirewallToo() throws Exception {
        network.in(
                "vps",
                """
                nft add table inet firewall
                nft 'add chain inet firewall input { type filter hook input priority 0; policy drop; }'
                nft add rule inet firewall input ct state established,related accept
                """);
        Process answering = network.start("net", "socat", "UDP4-LISTEN:53,fork", "EXEC:cat");
        try (Steering steering = open(text -> text)) {
            start(steering);
            await("net", "ss -Hanu", ":53");
            for (int port : new int[] {1024, 30000, 55193}) {
                String ask = "echo answer | socat -t1 - UDP4:198.51.100.2:53,sourceport=" + port;
                assertEquals("answer", network.in("vps", ask));
            }
            String connect = "socat -t1 - TCP4:198.51.100.2:80,sourceport=40000 </dev/null";
            Process web = network.start("net", "socat", "TCP4-LISTEN:80,fork", "EXEC:echo page");
            try {
                await("net", "ss -Hlnt", ":80");
                assertEquals("page", network.in("vps", connect));
            } finally {
                stop(web);
            }
        } finally {
            stop(answering);
        }
    }

    @Test
    void aClosedForwardChainIsNamedWithItsRemedy() throws Exception {
        network.in(
                "vps",
                "nft 'add table ip filter'; nft 'add chain ip filter FORWARD"
                        + " { type filter hook forward priority 0; policy drop; }'");
        try (Steering steering = open(text -> text)) {
            start(steering);
            assertEquals(1, steering.warnings().size());
            String remedy = "nft insert rule ip filter FORWARD iifname \"jnat-wan\" accept";
            assertTrue(
                    steering.warnings().getFirst().contains(remedy), steering.warnings()::toString);
            network.in("vps", remedy.replace("\"", "\\\""));
            network.in("vps", "nft insert rule ip filter FORWARD oifname jnat-wan accept");
            steering.refresh();
            assertEquals(List.of(), steering.warnings());
        }
    }

    /** At boot, either may be first. */
    @Test
    void containersReachTheInternetAlsoWhenDockerStartsAfterJnat() throws Exception {
        network.add("container");
        network.cable("container", "eth0", "172.17.0.2/16", "vps", "docker0", "172.17.0.1/16");
        network.in("container", "ip route add default via 172.17.0.1");
        String ping = "ping -c 1 -W 1 198.51.100.2 || true";
        try (Steering steering = open(text -> text)) {
            start(steering);
            network.in("net", "ip route add 172.17.0.0/16 via 198.51.100.1");
            String before = network.in("container", ping);
            assertTrue(before.contains(" 0 received"), "nothing passes that did not: " + before);
            network.in(
                    "vps",
                    """
                    sysctl -qw net.ipv4.ip_forward=1
                    nft add table ip nat
                    nft 'add chain ip nat out { type nat hook postrouting priority 100; }'
                    nft add rule ip nat out ip saddr 172.17.0.0/16 oifname eth0 masquerade
                    """);
            steering.refresh();
            String without = network.in("container", ping);
            assertTrue(without.contains(" 0 received"), "nobody judges what passes: " + without);
            network.in(
                    "vps",
                    """
                    nft add table ip filter
                    nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
                    nft add rule ip filter FORWARD iifname docker0 oifname eth0 accept
                    nft add rule ip filter FORWARD ct state established accept
                    """);
            steering.refresh();
            String after = network.in("container", ping);
            assertTrue(after.contains(" 1 received"), after);
        }
    }

    /** A firewall whose last rule drops, as firewalld's and that of some providers' images. */
    @Test
    void whatEveryFirewallDropsIsNamedWithARemedyOfItsOwn() throws Exception {
        String hook = " { type filter hook forward priority 10; policy ";
        try (Steering steering = open(text -> text)) {
            start(steering);
            network.in("vps", "nft add table ip6 filter; nft add table bridge filter");
            network.in("vps", "nft 'add chain ip6 filter FORWARD" + hook + "drop; }'");
            network.in("vps", "nft 'add chain bridge filter FORWARD" + hook + "drop; }'");
            network.in("vps", "nft add table inet open");
            network.in("vps", "nft 'add chain inet open forward" + hook + "accept; }'");
            network.in("vps", "nft add rule inet open forward iifname eth7 drop");
            steering.refresh();
            assertEquals(List.of(), steering.warnings(), "IPv6 and bridges are none of its own");
            network.in("vps", "nft add table inet firewalld");
            network.in("vps", "nft 'add chain inet firewalld filter_FORWARD" + hook + "accept; }'");
            network.in("vps", "nft add rule inet firewalld filter_FORWARD iifname lo accept");
            String reject = "counter reject with icmpx type admin-prohibited";
            network.in("vps", "nft add rule inet firewalld filter_FORWARD " + reject);
            steering.refresh();
            assertEquals(1, steering.problems().size(), steering.problems()::toString);
            String firewalld = "firewall-cmd --permanent --zone=trusted --add-interface=jnat-wan";
            assertTrue(
                    steering.problems().getFirst().contains(firewalld),
                    steering.problems()::toString);
            network.in("vps", "nft add chain inet firewalld zones");
            network.in("vps", "nft add rule inet firewalld zones iifname jnat-wan accept");
            steering.refresh();
            assertEquals(List.of(), steering.warnings(), "a chain beside allows it");
            network.in("vps", "nft add table ip filter; nft add chain ip filter ufw-user-forward");
            network.in("vps", "nft 'add chain ip filter FORWARD" + hook + "drop; }'");
            steering.refresh();
            assertTrue(
                    steering.problems().getFirst().contains("ufw route allow out on jnat-wan"),
                    steering.problems()::toString);
        }
    }

    /** As wg-quick does it, which the kernel puts before jnat's rules. */
    @Test
    void aVpnThatLeadsEverythingAwayTakesNothingFromTheEngineAndNoAddressFromTheHost()
            throws Exception {
        network.in("vps", "ip route add default via 198.51.100.254");
        network.in("vps", "ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
        try (Steering steering = open(RelaySteeringIT::withIpv6)) {
            start(steering);
            network.in("vps", "ip tuntap add dev vpn mode tun; ip link set vpn up");
            for (String ip : List.of("ip ", "ip -6 ")) {
                network.in("vps", ip + "route add default dev vpn table 51820");
                network.in("vps", ip + "rule add not fwmark 51820 table 51820");
                network.in("vps", ip + "rule add table main suppress_prefixlength 0");
            }
            assertFalse(way("198.51.100.1 from 198.51.100.2 iif eth0").startsWith("local "));
            steering.refresh();
            assertEquals(List.of(), steering.problems());
            assertTrue(way("198.51.100.1 from 198.51.100.2 iif eth0").startsWith("local "));
            String engine = way("198.51.100.1 from 198.51.100.2 iif eth0 ipproto udp dport 4000");
            assertTrue(engine.contains("dev jnat-wan"), engine);
            String out = way("203.0.113.1 from 198.51.100.1 iif jnat-wan");
            assertTrue(out.contains("via 198.51.100.254 dev eth0"), out);
            String six = way("2001:db8:20::31 from 2001:db8::2 iif eth0");
            assertTrue(six.contains("dev jnat-wan"), six);
            assertTrue(way("203.0.113.1").contains("dev vpn"), "the host itself");
        }
    }

    private String way(String packet) throws IOException {
        String family = packet.startsWith("2001:") ? "-6" : "-4";
        return network.in("vps", "ip " + family + " route get " + packet);
    }

    @Test
    @Tag("N46")
    void ipv6NetworksOfASiteAreSteeredWholeAndNothingElseOfIpv6() throws Exception {
        network.in("vps", "ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
        network.in("net", "ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
        network.in("net", "ip -6 route add 2001:db8:20::/64 via 2001:db8::1");
        String before = network.snapshot("vps");
        try (Steering steering = open(RelaySteeringIT::withIpv6)) {
            start(steering);
            assertEquals(
                    """
                    0:	from all lookup local
                    100:	from all to 2001:db8:20::/64 iif eth0 lookup 7700
                    100:	from all to 2001:db8:0:0:20::/80 iif eth0 lookup 7700
                    101:	from all to 2001:db8:20::/64 iif eth0 blackhole
                    101:	from all to 2001:db8:0:0:20::/80 iif eth0 blackhole
                    32766:	from all lookup main\
                    """,
                    network.in("vps", "ip -6 rule"));
            assertEquals("2", network.in("vps", "cat /proc/sys/net/ipv6/conf/eth0/accept_ra"));
            network.in("net", "ping -c 1 -W 2 2001:db8::1");
            network.in("vps", "ping -c 1 -W 2 2001:db8::2");
            assertEquals(
                    "2001:db8::20:0:0:40 dev eth0 proxy",
                    network.in("vps", "ip -6 neigh show proxy").strip());
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
        }
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    @Tag("N46")
    void ipv6NetworksOfASiteGoNowhereAfterAKill() throws Exception {
        network.in("vps", "ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
        network.in("vps", "ip -6 route add default via 2001:db8::2");
        network.in("net", "ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
        network.in("net", "ip -6 route add 2001:db8:20::/64 via 2001:db8::1");
        String before = network.snapshot("vps");
        Steering killed = open(RelaySteeringIT::withIpv6);
        start(killed);
        killed.close();
        network.in("vps", "ip link del jnat-wan");
        network.in(
                "net",
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip6 daddr 2001:db8:20::31 counter'");
        network.in("net", "ping -c 2 -i 0.2 -W 1 2001:db8:20::31 || true");
        String counted = network.in("net", "nft list table inet count");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
        SteeringCleanup.cleanUp(
                "jnat", network.runner("vps"), folder.resolve("state"), folder.resolve("run"));
        assertEquals(before, network.snapshot("vps"));
    }

    /** One network that is routed to the VPS, and a part of the VPS's own. */
    private static String withIpv6(String text) {
        return text.replace(
                        "[\"192.168.20.0/24\"]",
                        "[\"192.168.20.0/24\", \"2001:db8:20::/64\", \"2001:db8:0:0:20::/80\","
                                + " \"fd20::/64\"]")
                .replace("[device]", "[device]\nflex6 = \"wa7vc:2001:db8:0:0:20::40\"");
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

    @Test
    @Tag("N32")
    void portsAndWholeFragmentTrainsReachTheTunAndNothingElseDoes() throws Exception {
        Process ssh = network.start("vps", "socat", "TCP4-LISTEN:22,fork", "EXEC:echo ssh");
        Process reader = null;
        try (Steering steering = open(text -> text)) {
            steering.guard();
            reader = readTun(folder.resolve("tun.bin"));
            steering.apply(51820);
            long before = steered();
            network.in(
                    "net",
                    "head -c 6000 /dev/zero | socat -b 8192 - UDP4-SENDTO:198.51.100.1:55193");
            assertEquals(5, awaitSteered(before, 5), "6000 bytes are five fragments of 1500");
            before = steered();
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:1024");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:60999");
            network.runner("net").run(Command.of("ping", "-c", "1", "-W", "1", "198.51.100.1"));
            assertEquals(3, awaitSteered(before, 3), "two datagrams and a ping");
            before = steered();
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:1023");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:61000");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:51820");
            assertEquals("ssh", network.in("net", "socat -t1 - TCP4:198.51.100.1:22 </dev/null"));
            assertEquals(0, steered() - before, "these are the host's own");

            stop(reader);
            await("vps", "ip -o link", "eth0");
            String connect =
                    "socat -t1 - TCP4:198.51.100.1:4994,connect-timeout=1 </dev/null 2>&1 || :";
            String silent = network.in("net", connect);
            assertTrue(silent.contains("timed out"), "engine ports are silent: " + silent);
            String own = network.in("net", connect.replace("4994", "81"));
            assertTrue(own.contains("refused"), "the host's own are answered: " + own);
            network.in("net", "ping -c 1 -W 2 198.51.100.1");
        } finally {
            stop(ssh);
            stop(reader);
        }
    }

    /** A TUN device with somebody who reads it, so that its counters move. */
    private Process readTun(Path file) throws Exception {
        Process reader =
                network.start(
                        "vps",
                        "socat",
                        "-u",
                        "TUN,tun-name=jnat-wan,tun-type=tun,iff-up",
                        "OPEN:" + file + ",creat");
        await("vps", "ip -o link", "jnat-wan");
        return reader;
    }

    private static void stop(Process process) throws InterruptedException {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.waitFor();
        }
    }

    private long steered() throws IOException {
        String counter = "cat /sys/class/net/jnat-wan/statistics/tx_packets";
        return Long.parseLong(network.in("vps", counter));
    }

    private long awaitSteered(long before, int packets) throws Exception {
        long deadline = System.nanoTime() + 3_000_000_000L;
        while (steered() - before < packets && System.nanoTime() - deadline < 0) {
            Thread.sleep(20);
        }
        return steered() - before;
    }

    private void await(String name, String command, String... parts) throws Exception {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (true) {
            String output = network.in(name, command);
            if (List.of(parts).stream().allMatch(output::contains)) {
                return;
            }
            assertTrue(System.nanoTime() - deadline < 0, () -> command + ": " + output);
            Thread.sleep(20);
        }
    }
}
