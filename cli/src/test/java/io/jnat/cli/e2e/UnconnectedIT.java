package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LabKey;
import io.jnat.cli.lab.NetworkLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps most people's tunnel from coming up is said by {@code jnat status}, at either end. */
final class UnconnectedIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SILENT =
            "site hilltop is not connected: it has not called since this relay started";

    private NetworkLab lab;
    private LabFiles files;
    private JnatProcess relay;
    private JnatProcess router;

    @BeforeEach
    void open() throws IOException {
        RunningLab.assumeLaboratory();
        lab = NetworkLab.open();
        files = LabFiles.write(lab.directory());
        relay = lab.add(jnat("vps", files.relay()));
        router = lab.add(jnat("site", files.router()));
    }

    @AfterEach
    void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    private JnatProcess jnat(String namespace, Path config) throws IOException {
        JnatCommand launcher = JnatCommand.ofLauncher(Path.of("..", "jnat").toRealPath());
        return new JnatProcess(
                lab.namespace(namespace),
                launcher.with("JNAT_JAVA_OPTS", "-Djnat.cipher=scalar"),
                config);
    }

    /** Starts both ends, and waits until each names what it can know. */
    private void assertSaid(String byRelay, String byRouter) throws IOException {
        relay.start();
        router.start();
        awaitProblem(relay, byRelay);
        awaitProblem(router, byRouter);
    }

    private static void awaitProblem(JnatProcess end, String wanted) throws IOException {
        Await.until(LIMIT, "it is ready", () -> end.log().contains(" is ready"));
        Await.within(LIMIT, () -> problems(end).contains(wanted));
        String said = problems(end);
        assertTrue(said.contains(wanted), said);
    }

    private static String problems(JnatProcess end) throws IOException {
        return String.join("\n", end.status().problems());
    }

    @Test
    void theRelayHasAnotherKeyForTheSite() throws IOException {
        EditedConfigs.edit(
                files.relay(), files.routerKey().publicText(), LabKey.generate().publicText());
        assertSaid(
                SILENT + ", but calls come under a key that no site has", "nobody answers there");
    }

    @Test
    void theRouterHasAnotherKeyForTheRelay() throws IOException {
        EditedConfigs.edit(
                files.router(), files.relayKey().publicText(), LabKey.generate().publicText());
        assertSaid(SILENT + ", but calls come that are meant for another key", "nobody answers");
    }

    @Test
    void onlyOneEndHasAPresharedKey() throws IOException {
        Files.writeString(lab.directory().resolve("one.psk"), LabKey.generate().privateText());
        EditedConfigs.edit(
                files.router(), "[relay]\n", "[relay]\npreshared-key-file = \"one.psk\"\n");
        assertSaid("it calls, and goes no further", "its answers do not authenticate");
        assertFalse(relay.log().contains("is up"), relay.log());
    }

    @Test
    void theRelaysFirewallIsClosed() throws IOException {
        lab.namespace("vps")
                .nft(
                        """
                        table ip closed {
                          chain in { type filter hook input priority 0; udp dport 51820 drop; }
                        }
                        """);
        assertSaid(SILENT + ": if it runs, is UDP port 51820 open", "is that UDP port open");
    }
}
