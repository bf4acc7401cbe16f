package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the internet, the radio and the other hosts see, whoever stands at the two ends. The kernel
 * with wireguard-go passes it too: that is how the assertions themselves are known to be right.
 */
abstract class ForwardingContract extends RunningLab {

    private static final int INTERNET_PORT = 7_000;
    private static final int LARGE_DATAGRAM_BYTES = 6_000;

    private UdpEcho internet;
    private TcpEcho internetTcp;
    private TcpEcho sshOnVps;
    private TcpConnection admin;

    @Override
    void beforeStart() throws IOException {
        sshOnVps = TcpEcho.listen(lab.namespace("vps"), 22);
        admin = TcpConnection.open(client, relayAt(22), SOON);
    }

    @BeforeAll
    void listen() throws IOException {
        internet = UdpEcho.listen(client, INTERNET_PORT);
        internetTcp = TcpEcho.listen(client, INTERNET_PORT);
    }

    @AfterAll
    void stopListening() throws IOException {
        if (internet != null) {
            internet.close();
            internetTcp.close();
            sshOnVps.close();
            admin.close();
        }
    }

    @Test
    @Tag("N47")
    void udpForwardShowsTheRealSourceAndAnswersFromItsOwnPort() throws IOException {
        try (UdpEcho echo = UdpEcho.listen(radio, LabFiles.VOICE_FIRST_PORT);
                UdpSocket udp = UdpSocket.open(client, 40_001)) {
            UdpSocket.Received answer =
                    answer(udp, relayAt(LabFiles.VOICE_FIRST_PORT), HELLO).orElseThrow();
            assertEquals(clientAt(40_001), echo.lastSource());
            assertEquals(relayAt(LabFiles.VOICE_FIRST_PORT), answer.from());
        }
    }

    @Test
    @Tag("N47")
    void tcpForwardShowsTheRealSource() throws IOException {
        try (TcpEcho echo = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(tcp.echoes(HELLO, SOON));
            assertEquals(tcp.local(), echo.lastSource());
        }
    }

    @Test
    void tcpCarriesMegabytesUnharmedBothWays() throws IOException {
        try (TcpEcho echo = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(8_000_000), Duration.ofSeconds(20)));
            assertEquals(tcp.local(), echo.lastSource());
        }
    }

    @Test
    void rangeForwardsItsLastPortAndNotTheOneAfter() throws IOException {
        int last = LabFiles.VOICE_LAST_PORT;
        try (UdpEcho inside = UdpEcho.listen(radio, last);
                UdpEcho outside = UdpEcho.listen(radio, last + 1);
                UdpSocket udp = UdpSocket.open(client, 0)) {
            assertTrue(answer(udp, relayAt(last), HELLO).isPresent());
            assertEquals(clientAt(udp.port()), inside.lastSource());
            assertTrue(udp.ask(relayAt(last + 1), HELLO, Duration.ofMillis(300)).isEmpty());
            assertNull(outside.lastSource());
        }
    }

    @Test
    void twoDevicesHaveTheirForwards() throws IOException {
        try (TcpEcho echo = TcpEcho.listen(lab.namespace("flex"), LabFiles.SMARTLINK_PORT);
                TcpConnection tcp =
                        TcpConnection.open(client, relayAt(LabFiles.SMARTLINK_PORT), SOON)) {
            assertTrue(tcp.echoes(HELLO, SOON));
            assertEquals(tcp.local(), echo.lastSource());
        }
    }

    @Test
    @Tag("N46")
    void forwardToAnotherPortOfADeviceThatIsNotCapturedIsAnsweredThroughTheTunnel()
            throws IOException {
        try (TcpEcho echo = TcpEcho.listen(host, 22);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.SSH_PORT), SOON)) {
            assertTrue(tcp.echoes(HELLO, SOON));
            assertEquals(tcp.local(), echo.lastSource());
        }
    }

    @Test
    @Tag("N3")
    @Tag("N42")
    void capturedUdpLeavesByTheRelayWithItsOwnSourcePort() throws IOException {
        try (UdpSocket udp = UdpSocket.open(radio, 40_010)) {
            assertTrue(answer(udp, clientAt(INTERNET_PORT), HELLO).isPresent());
            assertEquals(relayAt(40_010), internet.lastSource());
        }
    }

    @Test
    @Tag("N4")
    void trafficFromAForwardedPortLeavesAsThatPort() throws IOException {
        int port = LabFiles.VOICE_FIRST_PORT + 7;
        try (UdpSocket udp = UdpSocket.open(radio, port)) {
            assertTrue(answer(udp, clientAt(INTERNET_PORT), HELLO).isPresent());
            assertEquals(relayAt(port), internet.lastSource());
        }
    }

    @Test
    @Tag("N42")
    void capturedTcpLeavesByTheRelayWithItsOwnSourcePort() throws IOException {
        try (TcpConnection tcp = TcpConnection.open(radio, clientAt(INTERNET_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
            assertEquals(relayAt(tcp.local().getPort()), internetTcp.lastSource());
        }
    }

    @Test
    @Tag("N42")
    void capturedPingIsAnswered() throws IOException {
        WanTap.Counts before = tap.read();
        radio.run("ping", "-q", "-c", "2", "-i", "0.1", "-W", "1", NetworkLab.CLIENT);
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    @Tag("N32")
    void largeDatagramReachesTheRadioAndComesBackInFragments() throws IOException {
        try (UdpEcho echo = UdpEcho.listen(radio, LabFiles.VOICE_FIRST_PORT + 1);
                UdpSocket udp = UdpSocket.open(client, 0)) {
            byte[] large = pattern(LARGE_DATAGRAM_BYTES);
            UdpSocket.Received answer =
                    answer(udp, relayAt(LabFiles.VOICE_FIRST_PORT + 1), large).orElseThrow();
            assertArrayEquals(large, answer.payload());
            assertEquals(clientAt(udp.port()), echo.lastSource());
        }
    }

    @Test
    @Tag("N32")
    void largeDatagramOfACapturedDeviceLeavesByTheRelayAndIsAnswered() throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpSocket udp = UdpSocket.open(radio, 40_040)) {
            byte[] large = pattern(LARGE_DATAGRAM_BYTES);
            UdpSocket.Received answer = answer(udp, clientAt(INTERNET_PORT), large).orElseThrow();
            assertArrayEquals(large, answer.payload());
            assertEquals(relayAt(40_040), internet.lastSource());
        }
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    @Tag("N42")
    void trafficBetweenLocalNetworksStaysLocal() throws IOException {
        try (UdpEcho echo = UdpEcho.listen(host, INTERNET_PORT);
                UdpSocket udp = UdpSocket.open(radio, 40_030)) {
            InetSocketAddress radioItself = NetworkLab.at(NetworkLab.RADIO, 40_030);
            assertTrue(
                    answer(udp, NetworkLab.at(NetworkLab.HOST, INTERNET_PORT), HELLO).isPresent());
            assertEquals(radioItself, echo.lastSource());
            assertTrue(
                    answer(udp, NetworkLab.at(NetworkLab.HOST_OFFICE, INTERNET_PORT), HELLO)
                            .isPresent());
            assertEquals(radioItself, echo.lastSource());
            assertEquals(1, echo.packetsBySource().size());
        }
    }

    @Test
    @Tag("N40")
    void closedPortsAreSilent() throws IOException {
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            udp.connect(relayAt(33_333));
            udp.send(relayAt(33_333), HELLO);
            // An ICMP unreachable would be an exception here.
            assertTrue(udp.receive(Duration.ofMillis(300)).isEmpty());
        }
        assertThrows(
                SocketTimeoutException.class,
                () -> TcpConnection.open(client, relayAt(33_334), Duration.ofMillis(300)));
    }

    @Test
    @Tag("N48")
    void otherHostsLeaveByTheWan() throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpSocket udp = UdpSocket.open(host, 40_020)) {
            assertTrue(answer(udp, clientAt(INTERNET_PORT), HELLO).isPresent());
        }
        InetSocketAddress seen = internet.lastSource();
        assertEquals(NetworkLab.at(NetworkLab.CGN, seen.getPort()), seen);
        try (TcpConnection tcp = TcpConnection.open(host, clientAt(INTERNET_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
            InetSocketAddress source = internetTcp.lastSource();
            assertEquals(NetworkLab.at(NetworkLab.CGN, source.getPort()), source);
        }
        assertNotEquals(0, tap.read().since(before).toClient());
    }

    @Test
    void sshOnTheVpsIsNeverTouched() throws IOException {
        assertTrue(admin.echoes(HELLO, SOON), "the connection from before the start");
        try (TcpConnection tcp = TcpConnection.open(client, relayAt(22), SOON)) {
            assertTrue(tcp.echoes(pattern(100_000), SOON));
            assertEquals(tcp.local(), sshOnVps.lastSource());
        }
    }
}
