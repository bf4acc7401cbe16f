package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.demo.LabFiles;
import io.jnat.cli.demo.Namespace;
import io.jnat.cli.demo.NetworkLab;
import io.jnat.cli.demo.TcpConnection;
import io.jnat.cli.demo.TcpEcho;
import io.jnat.cli.demo.TunnelEnd;
import io.jnat.cli.demo.UdpEcho;
import io.jnat.cli.demo.UdpSocket;
import io.jnat.cli.demo.WanTap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Networks as people have them: a VPS whose public address is its provider's 1:1 translation, a
 * second LAN, a WAN whose MTU is small.
 */
final class OddNetworksIT extends RunningLab {

    private static final int INTERNET_PORT = 7_000;

    private Namespace phone;

    /** The provider's 1:1 translation. */
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
        Path relayConfig = files.relay();
        Files.writeString(
                relayConfig,
                Files.readString(relayConfig)
                        .replace(
                                "networks = [\"192.168.20.0/24\"]",
                                "networks = [\"192.168.20.0/24\", \"192.168.30.0/24\"]"));
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
}
