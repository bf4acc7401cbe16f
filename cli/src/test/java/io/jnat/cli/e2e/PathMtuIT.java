package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A mobile network: between the carrier's translator and the internet, packets of more than 1396
 * bytes do not pass, and neither do fragments; and nobody is told.
 */
@Tag("N31")
final class PathMtuIT extends RunningLab {
    /** 1396 less 60 for IPv4, UDP and WireGuard, in steps of 16. */
    private static final int FOUND = 1328;

    private static final int INTERNET_PORT = 7_000;
    private static final Duration MEASURED = Duration.ofSeconds(10);

    @Override
    TunnelEnd newRelay() throws IOException {
        lab.namespace("cgn").ip("link set eth0 mtu 1396\n");
        lab.namespace("cgn")
                .nft(
                        """
                        table ip secretive {
                          chain out {
                            type filter hook output priority 0
                            icmp type destination-unreachable drop
                          }
                        }
                        """);
        loseFragmentsFrom(NetworkLab.CGN, "vps");
        loseFragmentsFrom(NetworkLab.VPS, "site");
        return super.newRelay();
    }

    private void loseFragmentsFrom(String source, String end) throws IOException {
        lab.namespace(end)
                .nft(
                        """
                        table ip lossy {
                          chain in {
                            type filter hook prerouting priority -500
                            ip saddr %s ip frag-off & 0x3fff != 0 counter drop
                          }
                        }
                        """
                                .formatted(source));
    }

    private static int tunnelMtu(TunnelEnd end) throws IOException {
        return ((JnatProcess) end)
                .status().tunnel().peers().stream()
                        .mapToInt(StatusReport.PeerReport::mtu)
                        .findFirst()
                        .orElse(0);
    }

    @Test
    void bothEndsFindOutAndNothingIsLostForItsSize() throws IOException {
        Await.until(MEASURED, "the router knows", () -> tunnelMtu(router) == FOUND);
        Await.until(MEASURED, "the relay knows", () -> tunnelMtu(relay) == FOUND);
        String log = ((JnatProcess) router).log();
        assertTrue(log.contains("carries packets of up to 1328 bytes"), log);
        try (TcpEcho web = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpConnection tcp = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(1_000_000), Duration.ofSeconds(10)));
            assertEquals(tcp.local(), web.lastSource());
        }
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                UdpSocket udp = UdpSocket.open(radio, 40_120)) {
            for (int bytes : new int[] {1200, 1300, 1372, 1472, 4000}) {
                byte[] payload = pattern(bytes);
                assertTrue(
                        answer(udp, clientAt(INTERNET_PORT), payload).isPresent(),
                        () -> "a datagram of " + payload.length + " bytes");
            }
            assertEquals(relayAt(40_120), internet.lastSource());
        }
    }
}
