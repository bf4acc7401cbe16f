package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.demo.Await;
import io.jnat.cli.demo.LabFiles;
import io.jnat.cli.demo.Namespace;
import io.jnat.cli.demo.NetworkLab;
import io.jnat.cli.demo.TcpConnection;
import io.jnat.cli.demo.TcpEcho;
import io.jnat.cli.demo.TunnelEnd;
import io.jnat.cli.demo.TwoWayCall;
import io.jnat.cli.demo.UdpEcho;
import io.jnat.cli.demo.UdpSocket;
import io.jnat.cli.demo.WanTap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Networks as people have them: a VPS whose public address is its provider's 1:1 translation, a
 * modem with a page of its own on the WAN's side, a second LAN, a device with a second address, a
 * WAN whose address changes and whose MTU is small.
 */
final class OddNetworksIT extends RunningLab {

    private static final String MODEM = "192.168.100.1";
    private static final int INTERNET_PORT = 7_000;
    private static final Duration CALL_BACK_WITHIN = Duration.ofSeconds(5);

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
        lab.namespace("cgn").ip("addr add 192.168.100.1/32 dev lo\n");
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
    @Tag("N48")
    void modemsPageOnTheWansSideAnswersEveryDevice() throws IOException {
        InetSocketAddress page = NetworkLab.at(MODEM, 80);
        WanTap.Counts before = tap.read();
        try (TcpEcho modem = TcpEcho.listen(lab.namespace("cgn"), 80);
                TcpConnection fromHost = TcpConnection.open(host, page, SOON);
                TcpConnection fromRadio = TcpConnection.open(radio, page, SOON)) {
            assertTrue(fromHost.echoes(pattern(100_000), SOON));
            assertTrue(fromRadio.echoes(pattern(100_000), SOON));
            assertEquals(NetworkLab.SITE_WAN, modem.lastSource().getAddress().getHostAddress());
        }
        assertEquals(0, tap.read().since(before).device(), "untranslated on the WAN");
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
    @Tag("N48")
    void secondAddressOfADeviceLeavesByTheWan() throws IOException {
        host.run(
                "ping",
                "-q",
                "-c",
                "1",
                "-W",
                "2",
                "-I",
                NetworkLab.HOST_OFFICE,
                NetworkLab.CLIENT);
    }

    @Test
    void callGoesOnAndOthersLeaveByTheNewAddressAfterTheWansChanged() throws IOException {
        int port = LabFiles.VOICE_FIRST_PORT;
        Namespace site = lab.namespace("site");
        try (TwoWayCall call = TwoWayCall.begin(client, relayAt(port), radio, port, SOON)) {
            call.mark();
            site.ip(
                    """
                    addr flush dev eth0 scope global
                    addr add 100.64.0.9/10 dev eth0
                    route add default via 100.64.0.1
                    """);
            Await.until(
                    CALL_BACK_WITHIN.multipliedBy(2),
                    "the call both ways",
                    () -> call.flowsSince(Duration.ofSeconds(1)));
            assertTrue(
                    call.longestGap().compareTo(CALL_BACK_WITHIN) <= 0,
                    () -> "silent for " + call.longestGap().toMillis() + " ms");
            Await.until(
                    CALL_BACK_WITHIN,
                    "a host by the new address",
                    () -> {
                        try (TcpEcho modem = TcpEcho.listen(lab.namespace("cgn"), 81);
                                TcpConnection page =
                                        TcpConnection.open(host, NetworkLab.at(MODEM, 81), SOON)) {
                            return page.echoes(HELLO, SOON)
                                    && modem.lastSource()
                                            .getAddress()
                                            .getHostAddress()
                                            .equals("100.64.0.9");
                        } catch (IOException notYet) {
                            return false;
                        }
                    });
        }
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
