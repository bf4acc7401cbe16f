package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The relay's state lies on a disk of 256 KiB, a tmpfs that only its process sees (a mount
 * namespace of its own), and that is full at times.
 */
@Tag("N53")
final class FullDiskIT extends RunningLab {
    private static final int DISK_BYTES = 256 * 1024;

    /** More than the blocks of the file that are there already have room for. */
    private static final int FLOWS = 100;

    private static final Duration TRIED_AGAIN_WITHIN = Duration.ofSeconds(15);
    private static final String REFUSED = "flows can't be written down";
    private static final String AGAIN = "flows are written down again";

    /** While it is there, the disk is full from the start. */
    private Path fullAtStart;

    private Path state;

    @Override
    TunnelEnd newRelay() throws IOException {
        Path launcher = Path.of("..", "jnat").toRealPath();
        state = Files.createDirectories(files.relay().resolveSibling("relay-state"));
        fullAtStart = files.relay().resolveSibling("full-at-start");
        String script =
                "mount -t tmpfs -o size=$SIZE tmpfs $STATE && { [ ! -e $FULL ] ||"
                        + " cat /dev/zero >$STATE/ballast 2>/dev/null; }; exec $LAUNCHER \"$@\"";
        script =
                script.replace("$SIZE", "" + DISK_BYTES)
                        .replace("$STATE", state.toString())
                        .replace("$FULL", fullAtStart.toString())
                        .replace("$LAUNCHER", launcher.toString());
        List<String> words = List.of("unshare", "-m", "sh", "-c", script, "jnat");
        JnatCommand command = new JnatCommand(words).with("JNAT_JAVA_OPTS", "-Djnat.cipher=scalar");
        return new JnatProcess(lab.namespace("vps"), command, files.relay());
    }

    /** A file on the relay's disk, as its process sees it. */
    private Path onDisk(String name) {
        return Path.of("/proc/" + relay.pid() + "/root" + state.resolve(name));
    }

    private void fillDisk() throws IOException {
        try (OutputStream ballast = Files.newOutputStream(onDisk("ballast"))) {
            while (true) {
                ballast.write(new byte[1024]);
            }
        } catch (IOException full) {
            assertTrue(full.getMessage().contains("No space left"), full.getMessage());
        }
    }

    private StatusReport status() throws IOException {
        return ((JnatProcess) relay).status();
    }

    private long said(String what) throws IOException {
        return relay.log().lines().filter(line -> line.contains(what)).count();
    }

    private void echoes(UdpSocket device, int port) throws IOException {
        assertTrue(answer(device, clientAt(port), HELLO).isPresent(), "no answer");
    }

    @Test
    void jnatGoesOnWithAFullDiskSaysSoOnceAndWritesAgainWhenThereIsRoom() throws IOException {
        Await.until(START_LIMIT, "the flow file", () -> Files.exists(onDisk("jnat.flows")));
        long refusedBefore = said(REFUSED);
        long againBefore = said(AGAIN);
        List<UdpSocket> devices = new ArrayList<>();
        try (UdpEcho internet = UdpEcho.listen(client, 7_000)) {
            fillDisk();
            for (int at = 0; at < FLOWS; at++) {
                devices.add(UdpSocket.open(radio, 0));
                echoes(devices.get(at), 7_000);
            }
            Await.until(SOON, "it is said", () -> said(REFUSED) == refusedBefore + 1);
            StatusReport full = status();
            assertFalse(full.healthy());
            assertTrue(
                    full.problems().stream().anyMatch(problem -> problem.contains(REFUSED)),
                    () -> full.problems().toString());
            for (UdpSocket device : devices) {
                echoes(device, 7_000);
            }
            Files.delete(onDisk("ballast"));
            Await.until(
                    TRIED_AGAIN_WITHIN,
                    "it is written again",
                    () -> said(AGAIN) == againBefore + 1);
            assertEquals(refusedBefore + 1, said(REFUSED));
            assertTrue(Files.size(onDisk("jnat.flows")) >= 4096 + FLOWS * 96);
            assertEquals(List.of(), status().problems());
            assertEquals(NetworkLab.VPS, internet.lastSource().getAddress().getHostAddress());
        } finally {
            for (UdpSocket device : devices) {
                device.close();
            }
        }
    }

    @Test
    void jnatStartsOnAFullDisk() throws IOException {
        Files.createFile(fullAtStart);
        try {
            restartBoth();
            assertTrue(forwardWorksWithin(START_LIMIT), "no packet crosses");
            // Packets cross before the start has ended.
            for (String said :
                    List.of(
                            REFUSED,
                            "jnat.steering: can't be written (No space left",
                            "where peers are can't be written down")) {
                Await.until(START_LIMIT, said, () -> relay.log().contains(said));
            }
            Files.delete(onDisk("ballast"));
            Await.until(
                    TRIED_AGAIN_WITHIN,
                    "both are written down",
                    () -> Files.exists(onDisk("jnat.flows")) && Files.exists(onDisk("jnat.peers")));
            relay.stop();
            String rules = lab.namespace("vps").run("ip", "rule");
            assertFalse(rules.contains("iif eth0"), "not taken back: " + rules);
        } finally {
            Files.delete(fullAtStart);
            restartBoth();
        }
        assertTrue(forwardWorksWithin(START_LIMIT), "no packet crosses");
    }

    /**
     * The disk of before is gone with the process, and where the site was: the site has to call.
     */
    private void restartBoth() throws IOException {
        relay.stop();
        router.stop();
        relay.start();
        router.start();
    }
}
