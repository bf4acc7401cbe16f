package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.PortRange.Protocol;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the steering of a router makes, follows and takes back. */
final class RouterSteeringIT extends SteeredRouter {
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
            network.in("router", "ip route add 192.168.2.0/24 dev eth1");
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
        try (Steering steering = open(SteeredRouter::kernel)) {
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
}
