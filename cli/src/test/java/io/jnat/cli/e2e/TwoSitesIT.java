package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LabKey;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two sites behind one relay that use the very same network, down to the radios' addresses: what
 * most people's LAN looks like.
 */
final class TwoSitesIT extends RunningLab {

    private static final int VALLEY_PORT = 55_194;
    private static final int VALLEY_WEB = 8_081;
    private static final int INTERNET_PORT = 7_000;
    private static final byte[] HILL = "hill".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DALE = "dale".getBytes(StandardCharsets.US_ASCII);

    private static final String VALLEY =
            """

            [[site]]
            name = "valley"
            public-key = "@KEY@"
            address = "10.99.0.3"
            networks = ["192.168.20.0/24"]

            [[forward]]
            name = "valley-dmr"
            listen = "udp/55194"
            to = "valley:192.168.20.31"
            to-port = 55193

            [[forward]]
            name = "valley-web"
            listen = "tcp/8081"
            to = "valley:192.168.20.31"
            to-port = 8080
            """;

    private final LabKey valleyKey = LabKey.generate();
    private Namespace valley;
    private Namespace valleyRadio;
    private JnatProcess valleyRouter;
    private UdpEcho valleyDmr;

    @Override
    TunnelEnd newRelay() throws IOException {
        Files.writeString(
                files.relay(),
                VALLEY.replace("@KEY@", valleyKey.publicText()),
                StandardOpenOption.APPEND);
        return jnat("vps", files.relay());
    }

    @BeforeAll
    void startValley() throws IOException {
        valley = lab.addNamespace("valley");
        valleyRadio = lab.addNamespace("valleyradio");
        lab.connect("valley", "eth0", "cgn", "eth2");
        lab.connect("valley", "eth1", "valleyradio", "eth0");
        lab.namespace("cgn").ip("addr add 100.72.0.1/30 dev eth2\nlink set eth2 up\n");
        valley.ip(
                """
                addr add 100.72.0.2/30 dev eth0
                link set eth0 up
                route add default via 100.72.0.1
                addr add 192.168.20.1/24 dev eth1
                link set eth1 up
                """);
        valleyRadio.ip(
                """
                addr add 192.168.20.31/24 dev eth0
                link set eth0 up
                route add default via 192.168.20.1
                """);
        Path key =
                Files.writeString(lab.directory().resolve("valley.key"), valleyKey.privateText());
        String config =
                Files.readString(files.router())
                        .replace(lab.directory().resolve("router.key").toString(), key.toString())
                        .replace("10.99.0.2/24", "10.99.0.3/24");
        Path file = Files.writeString(lab.directory().resolve("valley.toml"), config);
        valleyRouter = lab.add(jnat("valley", file));
        valleyRouter.start();
        valleyDmr = UdpEcho.listen(valleyRadio, LabFiles.DMR_PORT);
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            Await.until(
                    START_LIMIT,
                    "the second site's forward",
                    () -> udp.ask(relayAt(VALLEY_PORT), HELLO, Duration.ofMillis(100)).isPresent());
        }
    }

    @AfterAll
    void stopListening() throws IOException {
        if (valleyDmr != null) {
            valleyDmr.close();
        }
    }

    @Test
    @Tag("N49")
    void eachForwardReachesTheRadioOfItsOwnSite() throws IOException {
        try (TcpEcho hilltopWeb = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpEcho valleyWeb = TcpEcho.listen(valleyRadio, LabFiles.WEB_PORT);
                // From one port to both, so that only the site tells the flows apart inside.
                UdpSocket udp = UdpSocket.open(client, 40_100);
                TcpConnection first = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON);
                TcpConnection second = TcpConnection.open(client, relayAt(VALLEY_WEB), SOON)) {
            int before = valleyDmr.packetsBySource().size();
            assertEquals(
                    relayAt(LabFiles.DMR_PORT),
                    answer(udp, relayAt(LabFiles.DMR_PORT), HELLO).orElseThrow().from());
            assertEquals(before, valleyDmr.packetsBySource().size());
            assertEquals(
                    relayAt(VALLEY_PORT),
                    answer(udp, relayAt(VALLEY_PORT), HELLO).orElseThrow().from());
            assertEquals(clientAt(40_100), valleyDmr.lastSource());
            assertTrue(first.echoes(pattern(200_000), SOON));
            assertTrue(second.echoes(pattern(200_000), SOON));
            assertEquals(first.local(), hilltopWeb.lastSource());
            assertEquals(second.local(), valleyWeb.lastSource());
        }
    }

    @Test
    @Tag("N49")
    void capturedTwinsWithTheSameAddressAndPortHaveTheirOwnAnswers() throws IOException {
        try (UdpEcho internet = UdpEcho.listen(client, INTERNET_PORT);
                UdpSocket hilltopTwin = UdpSocket.open(radio, 40_101);
                UdpSocket valleyTwin = UdpSocket.open(valleyRadio, 40_101)) {
            assertTrue(answer(hilltopTwin, clientAt(INTERNET_PORT), HILL).isPresent());
            InetSocketAddress hill = internet.lastSource();
            assertTrue(answer(valleyTwin, clientAt(INTERNET_PORT), DALE).isPresent());
            InetSocketAddress dale = internet.lastSource();
            assertEquals(hill.getAddress(), dale.getAddress());
            assertNotEquals(hill.getPort(), dale.getPort());
            assertTrue(answer(hilltopTwin, clientAt(INTERNET_PORT), HILL).isPresent());
            assertEquals(hill, internet.lastSource());
        }
    }

    @Test
    @Tag("N49")
    @Tag("N7")
    void twinsReachEachOtherThroughTheRelaysAddress() throws IOException {
        try (UdpSocket hilltopTwin = UdpSocket.open(radio, 40_102)) {
            assertEquals(
                    relayAt(VALLEY_PORT),
                    answer(hilltopTwin, relayAt(VALLEY_PORT), HELLO).orElseThrow().from());
            assertEquals(NetworkLab.VPS, valleyDmr.lastSource().getAddress().getHostAddress());
        }
        try (UdpSocket valleyTwin = UdpSocket.open(valleyRadio, 40_102)) {
            assertEquals(
                    relayAt(LabFiles.DMR_PORT),
                    answer(valleyTwin, relayAt(LabFiles.DMR_PORT), HELLO).orElseThrow().from());
        }
    }

    @Test
    @Tag("N49")
    void oneSiteDoesNotReachTheOthersNetwork() throws IOException {
        try (UdpSocket udp = UdpSocket.open(radio, 0)) {
            int before = valleyDmr.packetsBySource().size();
            assertTrue(
                    udp.ask(
                                    NetworkLab.at("10.99.0.3", LabFiles.DMR_PORT),
                                    HELLO,
                                    Duration.ofMillis(300))
                            .isEmpty());
            assertEquals(before, valleyDmr.packetsBySource().size());
        }
    }

    @Test
    @Tag("N49")
    void callOfOneSiteGoesOnWhileTheOtherIsGone() throws IOException {
        valleyRouter.kill();
        assertTrue(forwardWorksWithin(SOON));
        valleyRouter.start();
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            Await.until(
                    START_LIMIT,
                    "the second site's forward after its restart",
                    () -> udp.ask(relayAt(VALLEY_PORT), HELLO, Duration.ofMillis(100)).isPresent());
        }
        assertTrue(forwardWorksWithin(SOON));
    }
}
