package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.Ipv4Prefix;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatConfig;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.RuleSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said when flows can't be written down or taken back, and that it goes on. */
@Tag("N53")
final class FlowStoreTest {
    @TempDir private Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Log log = new Log(new PrintStream(said, true, StandardCharsets.UTF_8), true);
    private NatPolicy policy;
    private long nowNanos = 1_000_000_000L;

    @BeforeEach
    void policy() {
        policy = new NatPolicy(NatCapacity.of(1024, 1));
        Link wan = new Link(0, "wan", Zone.WAN, 1500);
        NatConfig config =
                NatConfig.of(
                        List.of(new NatConfig.LinkSetup(wan, List.of(), List.of())),
                        0x0A630001,
                        Ipv4Prefix.parse("10.99.0.0/24"));
        new NatCommand.ApplyRules(policy, RuleSet.compile(config), new CompletableFuture<>())
                .apply(nowNanos);
    }

    @AfterEach
    void release() {
        policy.release();
    }

    private FlowStore store(Path path) {
        return new FlowStore(path, log, () -> nowNanos);
    }

    private void round(FlowStore store) {
        store.round(command -> command.apply(nowNanos), policy);
    }

    private String said() {
        String text = said.toString(StandardCharsets.UTF_8);
        said.reset();
        return text;
    }

    @Test
    void theFirstStartHasNothingToSay() throws IOException {
        FlowStore store = store(folder.resolve("jnat.flows"));
        store.restore(policy);
        round(store);
        store.finish(command -> command.apply(nowNanos), policy);
        assertEquals("", said());
        store.restore(policy);
        assertTrue(said().contains("0 flows go on"));
        assertEquals(List.of("jnat.flows"), List.of(folder.toFile().list()));
        assertEquals(
                "rw-------",
                java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.resolve("jnat.flows"))));
    }

    @Test
    void aDamagedFileIsSaidAndTheStartGoesOn() throws IOException {
        Path path = folder.resolve("jnat.flows");
        Files.writeString(path, "x".repeat(10_000));
        store(path).restore(policy);
        String text = said();
        assertTrue(
                text.contains("jnat.flows: damaged; starting without the flows of before"), text);
        Files.writeString(path, "");
        store(path).restore(policy);
        assertTrue(said().contains("cut off"));
    }

    @Test
    void aDiskThatRefusesIsSaidOnceHoweverOftenItIsTriedAgain() throws IOException {
        Path gone = folder.resolve("gone");
        FlowStore store = store(gone.resolve("jnat.flows"));
        round(store);
        String text = said();
        assertTrue(text.startsWith("<4>") && text.contains("flows can't be written down"), text);
        for (int second = 0; second < 60; second++) {
            assertTrue(store.trouble().contains("flows can't be written down"), store.trouble());
            nowNanos += 1_000_000_000L;
            round(store);
        }
        assertEquals("", said());
        Files.createDirectory(gone);
        nowNanos += 9_000_000_000L;
        round(store);
        assertEquals("", said());
        nowNanos += 1_000_000_000L;
        round(store);
        assertTrue(said().contains("flows are written down again"));
        assertEquals("", store.trouble());
        assertTrue(Files.exists(gone.resolve("jnat.flows")));
        Files.delete(gone.resolve("jnat.flows"));
    }
}
