package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange.Protocol;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A relay on a host with services, firewalls, containers and VPNs of its own. */
final class RelayBesideOthersIT extends SteeredRelay {
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
        try (Steering steering = open(SteeredRelay::withIpv6)) {
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
}
