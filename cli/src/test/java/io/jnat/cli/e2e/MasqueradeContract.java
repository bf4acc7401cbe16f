package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Forwards whose devices see the relay as the source, at the relay's address in the tunnel. What
 * they answer goes to a private address, and must find the tunnel all the same, whoever looks after
 * the devices that are not captured.
 */
abstract class MasqueradeContract extends RunningLab {
    static final String RELAY_IN_TUNNEL = "10.99.0.1";

    private static final int RADIO_PORT = 7_100;
    private static final int HOST_PORT = 7_101;

    private static final String FORWARDS =
            """

            [[forward]]
            name = "masked-radio"
            listen = ["udp/7100", "tcp/7100"]
            to = "dmr"
            masquerade = true

            [[forward]]
            name = "masked-host"
            listen = ["udp/7101", "tcp/7101"]
            to = "hilltop:192.168.20.50"
            masquerade = true
            """;

    private static final String ALLOWS =
            """

            [[allow]]
            name = "masked-radio"
            to = "dmr"
            ports = ["udp/7100", "tcp/7100"]

            [[allow]]
            name = "masked-host"
            to = "192.168.20.50"
            ports = ["udp/7101", "tcp/7101"]
            sources = ["10.99.0.1"]
            """;

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", append(files.relay(), FORWARDS));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", append(files.router(), ALLOWS));
    }

    /** What comes out of the site's WAN for the tunnel's network, on the carrier's side. */
    @BeforeAll
    void tapTheTunnelsNetwork() throws IOException {
        lab.namespace("cgn")
                .nft(
                        """
                        table netdev tunnel-network {
                          chain wan {
                            type filter hook ingress device "eth1" priority 0
                            ip daddr 10.99.0.0/24 counter
                          }
                        }
                        """);
    }

    final void assertNothingForTheTunnelLeft() throws IOException {
        String counted =
                lab.namespace("cgn").run("nft", "list", "table", "netdev", "tunnel-network");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
    }

    private static void assertMasked(InetSocketAddress seen) {
        assertNotNull(seen);
        assertEquals(RELAY_IN_TUNNEL, seen.getAddress().getHostAddress());
    }

    private void udpIsAnswered(Namespace device, int port) throws IOException {
        try (UdpEcho echo = UdpEcho.listen(device, port);
                UdpSocket udp = UdpSocket.open(client, 0)) {
            UdpSocket.Received answer = answer(udp, relayAt(port), HELLO).orElseThrow();
            assertEquals(relayAt(port), answer.from());
            assertMasked(echo.lastSource());
        }
        assertNothingForTheTunnelLeft();
    }

    private void tcpIsAnswered(Namespace device, int port) throws IOException {
        try (TcpEcho echo = TcpEcho.listen(device, port);
                TcpConnection tcp = TcpConnection.open(client, relayAt(port), SOON)) {
            assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
            assertMasked(echo.lastSource());
        }
        assertNothingForTheTunnelLeft();
    }

    @Test
    @Tag("N46")
    @Tag("N47")
    void capturedDeviceAnswersTheRelayByUdp() throws IOException {
        udpIsAnswered(radio, RADIO_PORT);
    }

    @Test
    @Tag("N46")
    @Tag("N47")
    void capturedDeviceAnswersTheRelayByTcp() throws IOException {
        tcpIsAnswered(radio, RADIO_PORT);
    }

    @Test
    @Tag("N46")
    @Tag("N47")
    void deviceThatIsOnlyAllowedAnswersTheRelayByUdp() throws IOException {
        udpIsAnswered(host, HOST_PORT);
    }

    @Test
    @Tag("N46")
    @Tag("N47")
    void deviceThatIsOnlyAllowedAnswersTheRelayByTcp() throws IOException {
        tcpIsAnswered(host, HOST_PORT);
    }

    @Test
    @Tag("N30")
    void closedPortOfADeviceIsToldToTheClient() throws IOException {
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            udp.connect(relayAt(RADIO_PORT));
            udp.send(relayAt(RADIO_PORT), HELLO);
            boolean refused = false;
            try {
                udp.receive(SOON);
            } catch (PortUnreachableException told) {
                refused = true;
            }
            assertTrue(refused, "no ICMP error came");
        }
    }

    @Test
    @Tag("N44")
    void whatNobodyAskedForGoesToNoTunnelAddressByTheWan() throws IOException {
        try (UdpSocket udp = UdpSocket.open(host, 0)) {
            for (String address : new String[] {RELAY_IN_TUNNEL, "10.99.0.2", "10.99.0.77"}) {
                for (int packet = 0; packet < 5; packet++) {
                    udp.trySend(NetworkLab.at(address, 9), HELLO);
                }
            }
        }
        radio.run("ping", "-q", "-c", "1", "-W", "2", RELAY_IN_TUNNEL);
        assertNothingForTheTunnelLeft();
    }
}
