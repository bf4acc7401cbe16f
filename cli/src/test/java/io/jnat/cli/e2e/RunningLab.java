package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Requirements;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/** One laboratory for all tests of a class, with both ends of the tunnel running in it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RunningLab {

    static final Duration SOON = Duration.ofSeconds(2);

    /** Two JVMs, from nothing to the first packet, beside whatever else a machine has to do. */
    static final Duration START_LIMIT = Duration.ofSeconds(60);

    static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    NetworkLab lab;
    LabFiles files;
    WanTap tap;
    TunnelEnd relay;
    TunnelEnd router;
    Namespace client;
    Namespace radio;
    Namespace host;
    private UdpEcho dmr;

    /** Both logs, and what both ends count, beside each failure. */
    @RegisterExtension
    final TestWatcher logs =
            new TestWatcher() {
                @Override
                public void testFailed(ExtensionContext context, Throwable cause) {
                    System.err.println(
                            "--- " + context.getDisplayName() + ": relay\n" + logOf(relay));
                    System.err.println(
                            "--- " + context.getDisplayName() + ": router\n" + logOf(router));
                }
            };

    /**
     * Whether jnat chooses its cipher as it does for users. It trains the vector kernels for that,
     * which keeps the compiler busy for seconds after each start; where neither speed nor the
     * cipher is what a test looks at, plain arithmetic will do.
     */
    boolean choosesCipher() {
        return false;
    }

    /** jnat, as it stands in the demo; others override it. */
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", files.relay());
    }

    /** See {@link #newRelay}. */
    TunnelEnd newRouter() throws IOException {
        return jnat("site", files.router());
    }

    @BeforeAll
    void open() throws IOException {
        assumeLaboratory();
        lab = NetworkLab.open();
        files = LabFiles.write(lab.directory());
        tap = WanTap.open(lab);
        client = lab.namespace("client");
        radio = lab.namespace("radio");
        host = lab.namespace("host");
        dmr = UdpEcho.listen(radio, LabFiles.DMR_PORT);
        relay = lab.add(newRelay());
        router = lab.add(newRouter());
        beforeStart();
        relay.start();
        router.start();
        assertTrue(
                forwardWorksWithin(START_LIMIT),
                () -> "no packet crosses; relay:\n" + logOf(relay) + "\nrouter:\n" + logOf(router));
    }

    /** Where network namespaces can't be had, tests of them are left out. */
    static void assumeLaboratory() {
        assumeTrue(Requirements.isRoot(), "network namespaces need root");
        assumeTrue(
                Requirements.missingPackages().isEmpty(),
                () -> "missing: " + Requirements.missingPackages());
    }

    /** What a test wants to see before the ends are there. */
    void beforeStart() throws IOException {}

    @AfterAll
    void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
        if (dmr != null) {
            dmr.close();
        }
    }

    /** A configuration file with more at its end. */
    static Path append(Path config, String text) throws IOException {
        return Files.writeString(config, text, StandardOpenOption.APPEND);
    }

    /** The launcher, started the way a user does. */
    final JnatProcess jnat(String namespace, Path config) throws IOException {
        JnatCommand launcher = JnatCommand.ofLauncher(Path.of("..", "jnat").toRealPath());
        return new JnatProcess(
                lab.namespace(namespace),
                choosesCipher()
                        ? launcher
                        : launcher.with("JNAT_JAVA_OPTS", "-Djnat.cipher=scalar"),
                config);
    }

    /** What a command prints that is asked at an end, and must end with this code. */
    static String said(TunnelEnd end, int exitCode, String... words) throws IOException {
        Shell.Result result = ((JnatProcess) end).command(words);
        assertEquals(exitCode, result.exitCode(), result::toString);
        return result.output();
    }

    /** How many packets an end has dropped for a reason. */
    static long dropped(TunnelEnd end, String reason) throws IOException {
        return ((JnatProcess) end)
                .status().drops().stream()
                        .filter(drop -> drop.reason().equals(reason))
                        .mapToLong(StatusReport.DropReport::packets)
                        .sum();
    }

    /** True as soon as the radio's echo answers through the UDP forward. */
    final boolean forwardWorksWithin(Duration limit) throws IOException {
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            return Await.within(
                    limit,
                    () -> {
                        assertTrue(relay.alive(), "the relay has ended by itself");
                        assertTrue(router.alive(), "the router has ended by itself");
                        return udp.ask(relayAt(LabFiles.DMR_PORT), HELLO, Duration.ofMillis(100))
                                .isPresent();
                    });
        }
    }

    /** Asks until there is an answer with the very payload: a single packet may always be lost. */
    static Optional<UdpSocket.Received> answer(
            UdpSocket socket, InetSocketAddress to, byte[] payload) throws IOException {
        for (int i = 0; i < 5; i++) {
            Optional<UdpSocket.Received> answer = socket.ask(to, payload, Duration.ofMillis(400));
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    static InetSocketAddress relayAt(int port) {
        return NetworkLab.at(NetworkLab.VPS, port);
    }

    static InetSocketAddress clientAt(int port) {
        return NetworkLab.at(NetworkLab.CLIENT, port);
    }

    static byte[] pattern(int bytes) {
        byte[] pattern = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            pattern[i] = (byte) (i * 31 + (i >> 8));
        }
        return pattern;
    }

    private static String logOf(TunnelEnd end) {
        try {
            if (end instanceof JnatProcess jnat && jnat.alive()) {
                return end.log() + jnat.command("status").output();
            }
            return end == null ? "(not started)" : end.log();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
