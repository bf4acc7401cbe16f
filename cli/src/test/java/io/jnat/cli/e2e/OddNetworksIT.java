package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Networks as people have them: a VPS whose public address is its provider's 1:1 translation, a
 * second LAN, a WAN whose MTU is small.
 */
@Tag("alone")
final class OddNetworksIT extends RunningLab {

    private static final int INTERNET_PORT = 7_000;
    private static final int ROUTER_PORT = 8_090;

    private static final Duration VOICE_IS_BACK = Duration.ofSeconds(5);

    /** The host is looked at every ten seconds at most. */
    private static final Duration FOLLOWED = Duration.ofSeconds(15);

    private static final Duration ASK = Duration.ofMillis(200);

    private Namespace phone;

    /** The provider's 1:1 translation. */
    @Override
    boolean choosesCipher() {
        return true;
    }

    @Override
    TunnelEnd newRelay() throws IOException {
        lab.namespace("vps")
                .ip(
                        """
                        addr flush dev eth0
                        addr add 10.50.0.5/24 dev eth0
                        route add default via 10.50.0.1
                        """);
        Namespace internet = lab.namespace("internet");
        internet.ip("addr add 10.50.0.1/24 dev br0\naddr add 198.51.100.1/32 dev br0\n");
        internet.nft(
                """
                table ip cloud {
                  chain in {
                    type nat hook prerouting priority dstnat
                    ip daddr 198.51.100.1 dnat to 10.50.0.5
                  }
                  chain out {
                    type nat hook postrouting priority srcnat
                    ip saddr 10.50.0.5 snat to 198.51.100.1
                  }
                }
                """);
        return jnat("vps", files.relay());
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        phone = lab.addNamespace("phone");
        lab.connect("site", "eth2", "phone", "eth0");
        lab.namespace("site").ip("addr add 192.168.30.1/24 dev eth2\nlink set eth2 up\n");
        phone.ip(
                """
                addr add 192.168.30.31/24 dev eth0
                link set eth0 up
                route add default via 192.168.30.1
                """);
        Path config = files.router();
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("lan = [\"eth1\"]", "lan = [\"eth1\", \"eth2\"]")
                        .replace("[device]", "[device]\nphone = \"192.168.30.31\"")
                        .replace("\"dmr\", \"flex\"]", "\"dmr\", \"flex\", \"phone\"]"));
        append(
                config,
                """

                [[allow]]
                name = "itself"
                to = "192.168.20.1"
                ports = "tcp/8090"
                """);
        Path relayConfig = files.relay();
        Files.writeString(
                relayConfig,
                Files.readString(relayConfig)
                        .replace(
                                "networks = [\"192.168.20.0/24\"]",
                                "networks = [\"192.168.20.0/24\", \"192.168.30.0/24\"]"));
        append(
                relayConfig,
                """

                [[forward]]
                name = "itself"
                listen = "tcp/8090"
                to = "hilltop:192.168.20.1"
                """);
        return jnat("site", config);
    }

    @Test
    @Tag("N47")
    void relayBehindItsProvidersTranslationForwardsAndCaptures() throws IOException {
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                TcpEcho web = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                UdpSocket udp = UdpSocket.open(radio, 40_110);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(answer(udp, clientAt(INTERNET_PORT), HELLO).isPresent());
            assertEquals(relayAt(40_110), internet.lastSource());
            assertTrue(tcp.echoes(pattern(500_000), Duration.ofSeconds(5)));
            assertEquals(tcp.local(), web.lastSource());
        }
    }

    @Test
    @Tag("N44")
    void routersOwnServiceAnswersThroughTheTunnelAndTheLan() throws IOException {
        Namespace site = lab.namespace("site");
        try (TcpEcho service = TcpEcho.listen(site, ROUTER_PORT)) {
            // Another test may just have given the router its address back.
            Await.until(
                    Duration.ofSeconds(10),
                    "the router's own service answers",
                    () -> connects(relayAt(ROUTER_PORT)));
            WanTap.Counts before = tap.read();
            try (TcpConnection tcp = TcpConnection.open(client, relayAt(ROUTER_PORT), SOON)) {
                assertTrue(tcp.echoes(pattern(500_000), Duration.ofSeconds(5)));
                assertEquals(tcp.local(), service.lastSource());
            }
            InetSocketAddress lan = NetworkLab.at(NetworkLab.SITE_LAN, ROUTER_PORT);
            for (Namespace near : List.of(radio, host, site)) {
                try (TcpConnection direct = TcpConnection.open(near, lan, SOON)) {
                    assertTrue(direct.echoes(HELLO, SOON));
                }
            }
            assertEquals(0, tap.read().since(before).leaked());
        }
    }

    private boolean connects(InetSocketAddress service) throws IOException {
        try (TcpConnection tcp = TcpConnection.open(client, service, SOON)) {
            return tcp.echoes(HELLO, SOON);
        } catch (SocketTimeoutException silent) {
            return false;
        }
    }

    @Test
    @Tag("N42")
    void capturedDeviceInASecondLanLeavesByTheRelay() throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                UdpSocket udp = UdpSocket.open(phone, 40_111)) {
            assertTrue(answer(udp, clientAt(INTERNET_PORT), HELLO).isPresent());
            assertEquals(relayAt(40_111), internet.lastSource());
        }
        // Between the two LANs it goes as it always did.
        phone.run("ping", "-q", "-c", "1", "-W", "2", NetworkLab.HOST);
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    @Tag("N31")
    void smallMtuOfTheWanHarmsNothing() throws IOException {
        lab.namespace("site").ip("link set eth0 mtu 1400\n");
        lab.namespace("cgn").ip("link set eth1 mtu 1400\n");
        try (TcpEcho web = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
            assertEquals(tcp.local(), web.lastSource());
        } finally {
            lab.namespace("cgn").ip("link set eth1 mtu 1500\n");
            lab.namespace("site").ip("link set eth0 mtu 1500\n");
        }
    }

    /** As with PPPoE: the kernel behind the engine would tell itself that packets are too large. */
    @Test
    @Tag("N22")
    @Tag("N31")
    void otherDevicesLearnTheSmallMtuOfTheWan() throws IOException {
        lab.namespace("site").ip("link set eth0 mtu 1400\n");
        lab.namespace("cgn").ip("link set eth1 mtu 1400\n");
        String learned = "From 192.168.20.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)";
        try (TcpEcho web = TcpEcho.listen(client, INTERNET_PORT)) {
            Await.until(
                    Duration.ofSeconds(5),
                    "a device that is not captured is told the MTU",
                    () -> tooBig(host).contains(learned));
            host.run("ip", "route", "flush", "cache");
            try (TcpConnection tcp = TcpConnection.open(host, clientAt(INTERNET_PORT), SOON)) {
                assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
                assertEquals(NetworkLab.CGN, web.lastSource().getAddress().getHostAddress());
            }
        } finally {
            lab.namespace("cgn").ip("link set eth1 mtu 1500\n");
            lab.namespace("site").ip("link set eth0 mtu 1500\n");
        }
    }

    @Test
    @Tag("N42")
    void otherDevicesGoOutBySourceOfAWanWhoseAddressChanges() throws IOException {
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                UdpSocket talking = UdpSocket.open(host, 40_112);
                UdpSocket captured = UdpSocket.open(radio, 40_113)) {
            assertTrue(answer(talking, clientAt(INTERNET_PORT), HELLO).isPresent());
            assertEquals(NetworkLab.CGN, internet.lastSource().getAddress().getHostAddress());
            moveWan("100.64.0.7/10");
            try {
                Await.until(
                        VOICE_IS_BACK,
                        "a device that was talking goes on from the new address",
                        () -> talking.ask(clientAt(INTERNET_PORT), HELLO, ASK).isPresent());
                try (UdpSocket fresh = UdpSocket.open(host, 40_114)) {
                    assertTrue(answer(fresh, clientAt(INTERNET_PORT), HELLO).isPresent());
                }
                Await.until(
                        VOICE_IS_BACK,
                        "a captured device goes on",
                        () -> captured.ask(clientAt(INTERNET_PORT), HELLO, ASK).isPresent());
                assertEquals(relayAt(40_113), internet.lastSource());
            } finally {
                moveWan(NetworkLab.SITE_WAN + "/10");
            }
        }
    }

    /** As wg-quick does it, started after jnat; the way to the relay is not led there. */
    @Test
    @Tag("N42")
    @Tag("N48")
    void allDevicesGoOnBesideAVpnThatLeadsEverythingAway() throws IOException {
        Namespace site = lab.namespace("site");
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                UdpSocket talking = UdpSocket.open(host, 40_115);
                UdpSocket captured = UdpSocket.open(radio, 40_116)) {
            site.run("sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=1");
            site.run("ip", "tuntap", "add", "dev", "vpn", "mode", "tun");
            site.ip(
                    """
                    link set vpn up
                    route add 198.51.100.1 via 100.64.0.1
                    route add default dev vpn table 51820
                    rule add not fwmark 51820 table 51820
                    rule add table main suppress_prefixlength 0
                    """);
            Await.until(
                    FOLLOWED,
                    "a device that is not captured goes on",
                    () -> talking.ask(clientAt(INTERNET_PORT), HELLO, ASK).isPresent());
            assertEquals(NetworkLab.CGN, internet.lastSource().getAddress().getHostAddress());
            Await.until(
                    FOLLOWED,
                    "a captured device goes on",
                    () -> captured.ask(clientAt(INTERNET_PORT), HELLO, ASK).isPresent());
            assertEquals(relayAt(40_116), internet.lastSource());
            host.run("ping", "-q", "-c", "1", "-W", "2", NetworkLab.SITE_LAN);
        } finally {
            site.ip(
                    """
                    rule del table main suppress_prefixlength 0
                    rule del table 51820
                    route del 198.51.100.1 via 100.64.0.1
                    link del vpn
                    """);
            site.run("sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=0");
        }
    }

    /** ICMP errors come from the address that the device knows as its router's. */
    @Test
    @Tag("N31")
    void errorsComeFromTheRoutersAddressOfNowWhenThatHasChanged() throws IOException {
        assertTrue(tooBig(radio).contains("From 192.168.20.1 "));
        moveLan("192.168.20.1", "192.168.20.2");
        try {
            Await.until(
                    Duration.ofSeconds(5),
                    "errors come from the new address",
                    () -> tooBig(radio).contains("From 192.168.20.2 "));
        } finally {
            moveLan("192.168.20.2", "192.168.20.1");
        }
    }

    private void moveLan(String from, String to) throws IOException {
        lab.namespace("site")
                .ip(
                        """
                        addr del %s/24 dev eth1
                        addr add %s/24 dev eth1
                        route add 10.20.30.0/24 via 192.168.20.50
                        """
                                .formatted(from, to));
        radio.ip("route replace default via " + to + "\n");
    }

    /** What a packet of 1428 bytes is answered with, which fits neither tunnel nor small WAN. */
    private static String tooBig(Namespace device) throws IOException {
        device.run("ip", "route", "flush", "cache");
        List<String> ping =
                device.inside(
                        "ping",
                        "-n",
                        "-M",
                        "do",
                        "-s",
                        "1400",
                        "-c",
                        "1",
                        "-W",
                        "1",
                        NetworkLab.CLIENT);
        return Shell.attempt(ping, "").output();
    }

    /** A dish's page has a private address that only the WAN's side knows. */
    @Test
    @Tag("N42")
    void privateAddressBehindTheWanIsReachedByAllDevicesOfTheLan() throws IOException {
        Namespace dish = lab.namespace("cgn");
        dish.ip("addr add 192.168.100.1/32 dev eth1\n");
        InetSocketAddress page = new InetSocketAddress("192.168.100.1", 80);
        try (TcpEcho server = TcpEcho.listen(dish, 80)) {
            for (Namespace device : List.of(host, radio)) {
                try (TcpConnection tcp = TcpConnection.open(device, page, SOON)) {
                    assertTrue(tcp.echoes(HELLO, SOON));
                    InetAddress seen = server.lastSource().getAddress();
                    assertEquals(NetworkLab.SITE_WAN, seen.getHostAddress());
                }
            }
        } finally {
            dish.ip("addr del 192.168.100.1/32 dev eth1\n");
        }
    }

    /** As a DHCP client does when it gets another lease. */
    private void moveWan(String address) throws IOException {
        lab.namespace("site")
                .ip(
                        """
                        addr flush dev eth0
                        addr add %s dev eth0
                        route add default via 100.64.0.1
                        """
                                .formatted(address));
        // The carrier asks who has the old address, and nobody answers.
        lab.namespace("cgn").ip("neigh flush dev eth1\n");
    }
}
