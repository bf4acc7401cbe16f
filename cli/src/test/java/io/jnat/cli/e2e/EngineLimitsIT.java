package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the section {@code engine} asks for and the machine, or the JVM, has or has not. */
final class EngineLimitsIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private NetworkLab lab;
    private LabFiles files;

    @BeforeEach
    void open() throws IOException {
        RunningLab.assumeLaboratory();
        lab = NetworkLab.open();
        files = LabFiles.write(lab.directory());
    }

    @AfterEach
    void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    private JnatProcess relay(String engine) throws IOException {
        Files.writeString(files.relay(), "\n[engine]\n" + engine + "\n", StandardOpenOption.APPEND);
        JnatCommand launcher = JnatCommand.ofLauncher(Path.of("..", "jnat").toRealPath());
        JnatProcess relay =
                lab.add(
                        new JnatProcess(
                                lab.namespace("vps"),
                                launcher.with("JNAT_JAVA_OPTS", "-Djnat.cipher=scalar"),
                                files.relay()));
        relay.start();
        return relay;
    }

    @Test
    void aMillionFlowsNeedNoOtherOption() throws IOException {
        JnatProcess relay = relay("flows = 1_000_000\noffload = \"off\"");
        Await.until(LIMIT, "it is ready", () -> relay.log().contains(" is ready"));
        assertEquals(1_000_000, relay.status().flows().capacity());
        assertTrue(
                relay.log().contains("tunnel socket: without udp-gso-ipv4, udp-gro-ipv4"),
                relay.log());
    }

    /** More than the heap has room for, and than small machines have. */
    @Test
    void moreFlowsThanThereIsMemoryForAreRefusedInWords() throws IOException {
        JnatProcess relay = relay("flows = 16_777_216");
        Await.until(LIMIT, "it ends", () -> !relay.alive());
        assertTrue(relay.log().contains("cannot start: engine.flows: 16777216"), relay.log());
        assertFalse(relay.log().contains("at io.jnat"), relay.log());
    }
}
