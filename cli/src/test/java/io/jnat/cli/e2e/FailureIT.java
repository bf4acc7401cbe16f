package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LeakProbe;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.TwoWayCall;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Either end dies, or the carrier forgets: what must go on, and what must never leave by the WAN.
 */
@Tag("alone")
final class FailureIT extends RunningLab {

    private static final Duration BACK_WITHIN = Duration.ofSeconds(10);
    private static final Duration CALL_BACK_WITHIN = Duration.ofSeconds(5);

    private TcpEcho sshOnVps;
    private TcpConnection admin;

    /** So that connections go on by what is on disk, not by being taken for new ones. */
    private static final String WITHOUT_PICK_UP = "\n[engine]\ntcp-pick-up = \"off\"\n";

    /** What a crash may lose: flows that are younger. */
    private static final Duration WRITTEN_WITHIN = Duration.ofSeconds(1);

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", append(files.relay(), WITHOUT_PICK_UP));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", append(files.router(), WITHOUT_PICK_UP));
    }

    /** SSH from before the start, and the proof that the tap counts what would be a leak. */
    @Override
    void beforeStart() throws IOException {
        sshOnVps = TcpEcho.listen(lab.namespace("vps"), 22);
        admin = TcpConnection.open(client, relayAt(22), SOON);
        WanTap.Counts before = tap.read();
        LeakProbe.fromRadio(lab);
        WanTap.Counts leaked = tap.read().since(before);
        assertTrue(leaked.device6() > 0 && leaked.toClient6() > 0, "the tap is blind for IPv6");
    }

    @BeforeEach
    void bothRun() throws IOException {
        if (!relay.alive()) {
            relay.start();
        }
        if (!router.alive()) {
            router.start();
        }
        assertTrue(forwardWorksWithin(Duration.ofSeconds(20)), "no packet crosses");
    }

    @AfterAll
    void closeSsh() throws IOException {
        if (sshOnVps != null) {
            sshOnVps.close();
            admin.close();
        }
    }

    @Test
    @Tag("N43")
    void nothingLeaksWhileTheRelayIsDeadAndAllIsBackTenSecondsAfterItsStart() throws IOException {
        assertTrue(LeakProbe.tapSeesTheHost(lab, tap), "the tap is blind");
        WanTap.Counts before = tap.read();
        relay.kill();
        LeakProbe.fromRadio(lab);
        relay.start();
        LeakProbe.fromRadio(lab);
        assertTrue(forwardWorksWithin(BACK_WITHIN), "not back");
        assertEquals(0, tap.read().since(before).leaked());
        assertTrue(admin.echoes(HELLO, SOON), "SSH on the VPS was touched");
    }

    @Test
    @Tag("N43")
    void nothingLeaksWhileTheRouterIsDeadOrStartsAndAllIsBackTenSecondsAfterItsStart()
            throws IOException {
        assertTrue(LeakProbe.tapSeesTheHost(lab, tap), "the tap is blind");
        WanTap.Counts before = tap.read();
        try (LeakProbe.Stream stream = LeakProbe.keepSending(lab)) {
            router.kill();
            LeakProbe.fromRadio(lab);
            router.start();
            assertTrue(forwardWorksWithin(BACK_WITHIN), "not back");
            assertTrue(stream.sentPackets() > 0);
        }
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    @Tag("N43")
    void nothingLeaksWhileTheRouterStartsAfterACleanStop() throws IOException {
        router.stop();
        // IPv6 forwarding was the host's own before, and is again: only what jnat guards counts.
        WanTap.Counts before = tap.read();
        try (LeakProbe.Stream stream = LeakProbe.keepSending4(lab)) {
            router.start();
            assertTrue(forwardWorksWithin(BACK_WITHIN), "not back");
            assertTrue(stream.sentPackets() > 0);
        }
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    void callGoesOnWithinFiveSecondsAfterTheCarrierForgets() throws IOException {
        int port = LabFiles.VOICE_FIRST_PORT;
        try (TwoWayCall call = TwoWayCall.begin(client, relayAt(port), radio, port, SOON)) {
            int endpoints = tap.tunnelEndpoints().size();
            call.mark();
            lab.forgetTranslations();
            Await.until(
                    CALL_BACK_WITHIN.multipliedBy(2),
                    "the call both ways, from another endpoint",
                    () ->
                            call.flowsSince(Duration.ofMillis(500))
                                    && tap.tunnelEndpoints().size() > endpoints);
            assertTrue(
                    call.longestGap().compareTo(CALL_BACK_WITHIN) <= 0,
                    () -> "silent for " + call.longestGap().toMillis() + " ms");
        }
    }

    /** Only the flow table knows where the port leads: no forward does. */
    @Test
    @Tag("N53")
    void aPortThatADeviceWasGivenLeadsToItStillWhenTheRelayHasDied() throws IOException {
        try (UdpSocket device = UdpSocket.open(radio, 0);
                UdpSocket server = UdpSocket.open(client, 0)) {
            device.trySend(clientAt(server.port()), HELLO);
            InetSocketAddress external = server.receive(SOON).orElseThrow().from();
            Path written = files.relay().resolveSibling("relay-state").resolve("jnat.flows");
            Await.until(
                    Duration.ofSeconds(1),
                    "the flow on disk",
                    () -> holdsFlow(written, device.port(), server.port()));
            relay.kill();
            relay.start();
            assertTrue(forwardWorksWithin(BACK_WITHIN), "not back");
            Await.until(
                    Duration.ofSeconds(1),
                    "a packet of the outside",
                    () -> {
                        server.trySend(external, HELLO);
                        return device.receive(Duration.ofMillis(100)).isPresent();
                    });
        }
    }

    private static boolean holdsFlow(Path file, int devicePort, int serverPort) throws IOException {
        ByteBuffer key = ByteBuffer.allocate(12);
        key.put(InetAddress.getByName("192.168.20.31").getAddress());
        key.put(clientAt(serverPort).getAddress().getAddress());
        key.putShort((short) devicePort).putShort((short) serverPort);
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                .contains(new String(key.array(), StandardCharsets.ISO_8859_1));
    }

    @Test
    @Tag("N53")
    void aDamagedFlowFileIsNoReasonNotToStart() throws IOException {
        relay.kill();
        Path written = files.relay().resolveSibling("relay-state").resolve("jnat.flows");
        Files.write(written, pattern(100_000));
        relay.start();
        assertTrue(forwardWorksWithin(BACK_WITHIN), "not back");
        assertTrue(relay.log().contains("jnat.flows: damaged; starting without"), relay.log());
    }

    @Test
    @Tag("N20")
    @Tag("N53")
    void tcpConnectionOutlivesTheDeathOfEitherEnd() throws IOException, InterruptedException {
        try (TcpEcho web = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                TcpConnection call = TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON)) {
            assertTrue(call.echoes(HELLO, SOON));
            TimeUnit.MILLISECONDS.sleep(WRITTEN_WITHIN.toMillis());
            router.kill();
            router.start();
            assertTrue(forwardWorksWithin(BACK_WITHIN), "not back after the router's death");
            assertTrue(call.echoes(HELLO, BACK_WITHIN), "dead after the router's death");
            relay.kill();
            relay.start();
            assertTrue(forwardWorksWithin(BACK_WITHIN), "not back after the relay's death");
            assertTrue(call.echoes(HELLO, BACK_WITHIN), "dead after the relay's death");
            assertEquals(call.local(), web.lastSource());
        }
    }

    @Test
    void localTrafficGoesOnWhileTheRouterIsDead() throws IOException {
        router.kill();
        radio.run("ping", "-q", "-c", "1", "-W", "1", NetworkLab.HOST);
        radio.run("ping", "-q", "-c", "1", "-W", "1", NetworkLab.SITE_LAN);
    }
}
