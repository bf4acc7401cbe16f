package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.engine.Log;
import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import io.jnat.nat.FlowFilter;
import io.jnat.nat.NatCapacity;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import io.jnat.nat.rule.RuleSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said when flows can't be written down or taken back, and that it goes on. */
@Tag("N53")
final class FlowStoreTest {
    private static final int PUBLIC = 0xC6336401;
    private static final int DEVICE = 0xC0A8141F;
    private static final int CLIENTS = 0xCB000000;
    private static final int PORT = 4000;

    private static final Emitter NOTHING_MADE =
            new Emitter() {
                @Override
                public @Nullable Packet make(int bytes) {
                    return null;
                }

                @Override
                public void emit(Packet packet) {}
            };

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

    /** Half-open flows must not keep an answered one out of a file that counts as whole. */
    @Test
    void theFirstFileHasTheAnsweredFlowAlsoWhenItStandsBehindAFlood() {
        NatPolicy flooded = forwarding();
        for (int client = 1; client <= 20_001; client++) {
            arrive(flooded, 0, CLIENTS + client, PUBLIC);
        }
        arrive(flooded, 1, DEVICE, CLIENTS + 20_001);
        Path path = folder.resolve("jnat.flows");
        FlowStore store = store(path);
        for (int round = 0; round < 100 && !Files.exists(path); round++) {
            store.round(command -> command.apply(nowNanos), flooded);
        }
        NatPolicy killed = forwarding();
        store(path).restore(killed);
        FlowFilter answered = FlowFilter.ALL.withState("two-way");
        int found = 0;
        int from = 1;
        while (from != 0) {
            CompletableFuture<NatCommand.FlowPage> page = new CompletableFuture<>();
            new NatCommand.ListFlows(killed, answered, from, page).apply(nowNanos);
            from = page.join().next();
            found += page.join().flows().size();
        }
        assertEquals(1, found);
        flooded.release();
        killed.release();
    }

    /** A relay that forwards UDP port 4000 to a device. */
    private NatPolicy forwarding() {
        NatPolicy relay = new NatPolicy(NatCapacity.of(32_768, 1));
        Link wan = new Link(0, "wan", Zone.WAN, 1500);
        Link tunnel = new Link(1, "tunnel", Zone.TUNNEL, 1420);
        NatConfig config =
                NatConfig.of(
                                List.of(
                                        new NatConfig.LinkSetup(wan, List.of(PUBLIC), List.of()),
                                        new NatConfig.LinkSetup(tunnel, List.of(), List.of())),
                                0x0A630001,
                                Ipv4Prefix.parse("10.99.0.0/24"))
                        .withRules(
                                List.of(
                                        new NatConfig.Site(
                                                0, "site", List.of(Ipv4Prefix.host(DEVICE)))),
                                List.of(
                                        new NatConfig.Forward(
                                                "dmr",
                                                new PortRange(Protocol.UDP, PORT, PORT),
                                                0,
                                                List.of(),
                                                0,
                                                DEVICE,
                                                PORT,
                                                false)),
                                List.of(),
                                List.of(),
                                NatConfig.Others.KERNEL);
        new NatCommand.ApplyRules(relay, RuleSet.compile(config), new CompletableFuture<>())
                .apply(nowNanos);
        return relay;
    }

    private void arrive(NatPolicy relay, int link, int from, int to) {
        int bytes = Ipv4.MIN_HEADER_BYTES + Udp.HEADER_BYTES;
        try (Slab memory = Slab.allocate(Packet.HEADROOM_BYTES + bytes)) {
            Packet packet = new Packet();
            packet.reset(memory.address() + Packet.HEADROOM_BYTES, bytes);
            packet.inLink = link;
            packet.inPeer = link == 0 ? -1 : 0;
            Ipv4.write(packet.address, 0, bytes, 64, Protocol.UDP, from, to);
            long udp = packet.address + Ipv4.MIN_HEADER_BYTES;
            Udp.write(udp, PORT, PORT, Udp.HEADER_BYTES);
            assertNull(PacketParser.parse(packet));
            relay.track(packet, NOTHING_MADE, nowNanos);
            assertEquals(Packet.FORWARD, packet.verdict);
        }
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
