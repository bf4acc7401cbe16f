package io.jnat.cli.e2e;

import static io.jnat.cli.e2e.EditedConfigs.edit;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LeakProbe;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.TwoWayCall;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rules change while packets flow: what is still allowed must not notice. */
@Tag("alone")
@Tag("N54")
final class ReloadIT extends RunningLab {
    private static final int ADDED_PORT = 50200;
    private static final int REMOVED_PORT = 4993;
    private static final String ADDED_FORWARD =
            """

            [[forward]]
            name = "added"
            listen = "udp/50200"
            to = "dmr"
            """;

    @RegisterExtension final EditedConfigs configs = new EditedConfigs(this);

    /** As people do. */
    private static void reload(TunnelEnd end) throws IOException {
        said(end, 0, "config", "reload");
    }

    @Test
    void aCallAndATransferGoOnWhileOneForwardComesAndAnotherGoes() throws Exception {
        int voice = LabFiles.VOICE_FIRST_PORT;
        try (UdpEcho _ = UdpEcho.listen(radio, ADDED_PORT);
                UdpEcho _ = UdpEcho.listen(lab.namespace("flex"), REMOVED_PORT);
                TcpEcho _ = TcpEcho.listen(radio, LabFiles.WEB_PORT);
                UdpSocket toRemoved = UdpSocket.open(client, 0);
                UdpSocket toAdded = UdpSocket.open(client, 0);
                TcpConnection transfer =
                        TcpConnection.open(client, relayAt(LabFiles.WEB_PORT), SOON);
                TwoWayCall call = TwoWayCall.begin(client, relayAt(voice), radio, voice, SOON)) {
            assertTrue(answer(toRemoved, relayAt(REMOVED_PORT), HELLO).isPresent());
            AtomicInteger echoed = new AtomicInteger();
            Thread bulk = Thread.ofPlatform().start(() -> transfer(transfer, echoed));
            Await.until(SOON, "a transfer", () -> echoed.get() > 0);
            call.mark();
            edit(files.router(), "\"udp/50000-50149\"", "\"udp/50000-50149\", \"udp/50200\"");
            reload(router);
            edit(files.relay(), "listen = [\"tcp/4994\", \"udp/4993\"]", "listen = \"tcp/4994\"");
            Files.writeString(files.relay(), Files.readString(files.relay()) + ADDED_FORWARD);
            reload(relay);
            int before = echoed.get();
            assertTrue(
                    toAdded.ask(relayAt(ADDED_PORT), HELLO, SOON).isPresent(),
                    "the new forward does not work at once");
            assertFalse(
                    toRemoved.ask(relayAt(REMOVED_PORT), HELLO, Duration.ofMillis(500)).isPresent(),
                    "the removed forward's flow goes on");
            Await.until(SOON, "the transfer to go on", () -> echoed.get() > before);
            bulk.interrupt();
            bulk.join();
            assertTrue(call.flowsSince(Duration.ofMillis(500)), "the call was interrupted");
            assertEquals(0, call.lostPackets());
        }
    }

    /** Echoes until it is interrupted; ends at once when a byte is wrong or missing. */
    private static void transfer(TcpConnection connection, AtomicInteger echoed) {
        byte[] block = pattern(200_000);
        try {
            while (!Thread.currentThread().isInterrupted() && connection.echoes(block, SOON)) {
                echoed.incrementAndGet();
            }
        } catch (IOException broken) {
            // the test waits for the next echo, which does not come
        }
    }

    @Test
    void aHangupReloadsToo() throws Exception {
        edit(files.router(), "\"udp/50000-50149\"", "\"udp/50000-50149\", \"udp/50200\"");
        hangUp(router);
        Files.writeString(files.relay(), configs.relayBefore() + ADDED_FORWARD);
        hangUp(relay);
        try (UdpEcho _ = UdpEcho.listen(radio, ADDED_PORT);
                UdpSocket toAdded = UdpSocket.open(client, 0)) {
            Await.until(
                    SOON,
                    "the new forward",
                    () ->
                            toAdded.ask(relayAt(ADDED_PORT), HELLO, Duration.ofMillis(100))
                                    .isPresent());
        }
    }

    private static void hangUp(TunnelEnd end) throws IOException {
        Shell.run("kill", "-HUP", "" + ((JnatProcess) end).pid());
    }

    @Test
    void aWrongFileChangesNothingAndSaysAllThatIsWrong() throws Exception {
        edit(files.relay(), "udp/55193", "udp/551930");
        edit(files.relay(), "to = \"flex\"", "to = \"flx\"");
        String result = said(relay, 3, "config", "reload");
        assertTrue(result.contains("551930"), result);
        assertTrue(result.contains("\"flx\""), result);
        assertTrue(result.contains("nothing was changed"), result);
        assertTrue(forwardWorksWithin(SOON), "the old rules must hold");
    }

    @Test
    void aReloadThatTheHostRefusesHalfwaySaysWhatHolds() throws Exception {
        lab.namespace("vps").run("ip", "link", "del", "jnat-wan");
        try {
            Files.writeString(files.relay(), configs.relayBefore() + ADDED_FORWARD);
            String result = said(relay, 0, "config", "reload");
            assertTrue(result.contains("not all of it holds yet"), result);
            assertTrue(result.contains("taken over"), result);
        } finally {
            relay.stop();
            relay.start();
        }
        assertTrue(forwardWorksWithin(START_LIMIT), "after a restart");
    }

    @Test
    void whatNeedsARestartIsRefusedAndNothingElseIsTakenOver() throws Exception {
        Files.writeString(
                files.relay(),
                configs.relayBefore().replace("listen = 51820", "listen = 51821") + ADDED_FORWARD);
        String diff = said(relay, 3, "config", "diff");
        String result = said(relay, 3, "config", "reload");
        assertTrue(
                result.contains("~ tunnel.listen: 51820 -> 51821 (can't be changed while"), result);
        assertTrue(diff.contains("+ forward \"added\""), diff);
        assertTrue(forwardWorksWithin(SOON), "the old rules must hold");
        Files.writeString(files.relay(), configs.relayBefore());
        assertTrue(
                said(relay, 0, "config", "diff").contains("nothing differs"),
                "the forward was taken over");
    }

    @Test
    void anotherKeyInTheSameFileNeedsARestartAndIsNamed() throws Exception {
        Path file = lab.directory().resolve("relay.key");
        String own = Files.readString(file);
        byte[] other = new byte[32];
        new SecureRandom().nextBytes(other);
        Files.writeString(file, Base64.getEncoder().encodeToString(other));
        try {
            for (String verb : List.of("diff", "reload")) {
                String result = said(relay, 3, "config", verb);
                assertTrue(
                        result.contains("private-key-file: holds another key (can't be"), result);
            }
        } finally {
            Files.writeString(file, own);
        }
        assertTrue(said(relay, 0, "config", "diff").contains("nothing differs"));
        assertTrue(forwardWorksWithin(SOON), "the old key must hold");
    }

    @Test
    @Tag("N43")
    void aDeviceThatIsCapturedByAReloadLeavesByTheRelayOnlyFromThenOn() throws Exception {
        edit(files.router(), "devices = [\"dmr\", \"flex\"]", "devices = [\"flex\"]");
        reload(router);
        edit(files.router(), "devices = [\"flex\"]", "devices = [\"dmr\", \"flex\"]");
        assertTrue(LeakProbe.tapSeesTheHost(lab, tap), "the tap is blind");
        try (LeakProbe.Stream stream = LeakProbe.keepSending4(lab)) {
            Await.until(SOON, "packets", () -> stream.sentPackets() > 0);
            reload(router);
            WanTap.Counts before = tap.read();
            long sent = stream.sentPackets();
            Await.until(SOON, "packets", () -> stream.sentPackets() > sent + 50);
            assertEquals(0, tap.read().since(before).leaked());
        }
        assertTrue(forwardWorksWithin(SOON), NetworkLab.VPS);
    }
}
