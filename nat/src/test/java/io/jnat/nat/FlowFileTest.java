package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.flow.SavedFlow;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flows written down by one relay and taken back by the next. */
@Tag("N53")
final class FlowFileTest {
    private static final String CLIENT = "203.0.113.7";
    private static final String RADIO = "192.168.20.31";
    private static final String OTHER = "192.168.20.32";
    private static final int HEAD_CHECKSUM = 72;
    private static final int BOOT = 32;
    private static final int WALL_AHEAD = 16;
    private static final int FIRST_FLOW = 4096;
    private static final long WALL_MILLIS = 1_800_000_000_000L;

    @TempDir private Path folder;

    private final FlowChanges changes = new FlowChanges();
    private TranslatorBench before;
    private TranslatorBench after;
    private Path path;

    @BeforeEach
    void relays() {
        path = folder.resolve("jnat.flows");
        before = new TranslatorBench();
        before.apply(config(before, 0, 2));
        after = new TranslatorBench(new NatCapacity(1024, 1024, 64, 2048, 99));
        after.now = before.now;
    }

    @AfterEach
    void release() {
        before.close();
        after.close();
    }

    /** Two sites, of which the second has another number after the restart, and forwards. */
    private static NatConfig config(TranslatorBench bench, int firstPeer, int forwards) {
        List<Ipv4Prefix> networks = List.of(Ipv4Prefix.parse("192.168.20.0/24"));
        List<Forward> all =
                List.of(
                        forward("dmr", Protocol.UDP, 55193, firstPeer),
                        forward("web", Protocol.TCP, 8080, firstPeer),
                        forward("takes a dynamic port", Protocol.UDP, 5004, firstPeer));
        return bench.relay(
                List.of(
                        new Site(firstPeer, "one", networks),
                        new Site(1 - firstPeer, "two", networks)),
                all.subList(0, forwards));
    }

    private static Forward forward(String name, int protocol, int port, int peer) {
        return TranslatorBench.forward(
                name, new PortRange(protocol, port, port), peer, RADIO, port);
    }

    private void write() throws IOException {
        try (FlowFile file = FlowFile.create(path)) {
            boolean all = true;
            do {
                collect(all);
                all = false;
                file.write(changes, before.now, WALL_MILLIS);
            } while (changes.count() == FlowChanges.MOST);
            file.publish();
        }
    }

    private int collect(boolean all) {
        new NatCommand.CollectFlows(before.policy, changes, all, true, new CompletableFuture<>())
                .apply(before.now);
        return changes.count();
    }

    private FlowRestore.Result restore(NatConfig config) throws IOException {
        after.apply(config);
        return FlowFile.restore(path, after.policy, after.now, WALL_MILLIS);
    }

    private static List<String> conversations(TranslatorBench bench) {
        return bench.flows().stream()
                .map(flow ->
                        String.join(
                                " ",
                                flow.protocol(),
                                flow.inside(),
                                flow.outside(),
                                flow.external(),
                                flow.state(),
                                flow.rule(),
                                "" + flow.idleMillis(),
                                "" + flow.packetsIn(),
                                "" + flow.bytesIn(),
                                "" + flow.packetsOut(),
                                "" + flow.bytesOut()))
                .sorted()
                .toList();
    }

    /** A call and a connection from outside, and both sites' devices on the same inside port. */
    private void converse() {
        before.fromWan(Wire.udp(CLIENT, 4000, PUBLIC, 55193, 100));
        before.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 60), 0);
        before.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 8080, SYN));
        before.fromTunnel(Wire.tcp(RADIO, 8080, CLIENT, 4001, SYN | ACK), 0);
        before.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 8080, ACK));
        before.now += 2_000_000_000L;
        assertNotNull(before.fromTunnel(Wire.udp(OTHER, 5004, CLIENT, 7000, 50), 0));
        assertNotNull(before.fromTunnel(Wire.udp(OTHER, 5004, CLIENT, 7000, 50), 1));
        before.fromTunnel(Wire.echo(OTHER, CLIENT, 77, true, 20), 1);
    }

    @Test
    void callsAndConnectionsGoOnUnderTheSameAddressesPortsAndCounters() throws IOException {
        converse();
        Sent dynamic = before.fromTunnel(Wire.udp(OTHER, 5004, CLIENT, 7000, 50), 1);
        int external = Wire.get16(dynamic.bytes(), 20);
        write();
        after.now = before.now + 300_000_000L;
        before.now = after.now;
        assertEquals(new FlowRestore.Result(5, 0, 0, 0), restore(config(after, 1, 2)));
        assertEquals(conversations(before), conversations(after));
        assertNotNull(after.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 8080, ACK)));
        assertNotNull(after.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 60), 1));
        Sent again = after.fromTunnel(Wire.udp(OTHER, 5004, CLIENT, 7000, 50), 0);
        assertEquals(external, Wire.get16(again.bytes(), 20));
        assertNotNull(after.fromWan(Wire.udp(CLIENT, 7000, PUBLIC, external, 10)));
        assertEquals(5, after.flows().size(), "a packet made another flow");
        Sent third = after.fromTunnel(Wire.udp("192.168.20.33", external, CLIENT, 7000, 50), 0);
        assertFalse(external == Wire.get16(third.bytes(), 20), "a restored port was given away");
    }

    @Test
    void idleTimeGoesOnWhileNobodyRuns() throws IOException {
        converse();
        write();
        after.now = before.now + 290_000_000_000L;
        assertEquals(new FlowRestore.Result(4, 1, 0, 0), restore(config(after, 0, 2)));
        after.pass(12);
        assertEquals(List.of("tcp"), after.flows().stream().map(FlowView::protocol).toList());
    }

    @Test
    void afterARebootTheWallClockTellsHowLongItWas() throws IOException {
        converse();
        write();
        // Another boot, whose clock began anew, four minutes and some later by the wall.
        byte[] head = Files.readAllBytes(path);
        ByteBuffer fields = ByteBuffer.wrap(head);
        head[BOOT] ^= 1;
        after.now = 1_000_000_000L;
        long wasNow = before.now / 1_000_000;
        long later = 250_000;
        fields.putLong(WALL_AHEAD, WALL_MILLIS - later - wasNow);
        seal(head, fields);
        Files.write(path, head);
        assertEquals(new FlowRestore.Result(4, 1, 0, 0), restore(config(after, 0, 2)));
        long idle = after.flows().stream().mapToLong(FlowView::idleMillis).max().orElse(0);
        assertTrue(idle > 250_000 && idle < 256_000, "idle " + idle);
    }

    private static void seal(byte[] head, ByteBuffer fields) {
        CRC32C crc = new CRC32C();
        crc.update(head, 0, HEAD_CHECKSUM);
        fields.putInt(HEAD_CHECKSUM, (int) crc.getValue());
    }

    @Test
    void whatTheRulesNoLongerAllowStaysAway() throws IOException {
        converse();
        write();
        assertEquals(new FlowRestore.Result(4, 0, 1, 0), restore(config(after, 0, 1)));
        assertNull(after.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 8080, ACK)));
    }

    @Test
    @Tag("N5")
    void aDynamicPortThatAForwardHasNowIsNotTakenBack() throws IOException {
        converse();
        write();
        assertEquals(new FlowRestore.Result(4, 0, 1, 0), restore(config(after, 0, 3)));
        Sent onItsPort = after.fromWan(Wire.udp(CLIENT, 7000, PUBLIC, 5004, 10));
        assertEquals(RADIO, Ipv4Prefix.format(int32(onItsPort.bytes(), 16)));
    }

    private static int int32(byte[] bytes, int at) {
        return Wire.get16(bytes, at) << 16 | Wire.get16(bytes, at + 2);
    }

    @Test
    void onlyWhatHasChangedIsWrittenAgain() throws IOException {
        converse();
        assertEquals(5, collect(true));
        assertEquals(0, collect(false));
        before.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 60), 0);
        assertEquals(0, collect(false), "a packet alone is no change");
        before.fromWan(Wire.tcp(CLIENT, 4001, PUBLIC, 8080, ACK | Wire.FIN));
        assertEquals(1, collect(false), "a new state is one");
        before.now += 11_000_000_000L;
        before.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 4000, 60), 0);
        assertEquals(1, collect(false), "a deadline that has moved by ten seconds is one");
        before.pass(400);
        int ended = 4;
        assertEquals(ended, collect(false), "ended flows leave their places");
        write();
        assertEquals(new FlowRestore.Result(1, 0, 0, 0), restore(config(after, 0, 2)));
    }

    @Test
    void halfOpenFlowsDoNotKeepOthersWaiting() {
        for (int flow = 0; flow < 900; flow++) {
            before.fromWan(Wire.udp(CLIENT, 1024 + flow, PUBLIC, 55193, 10));
        }
        before.fromTunnel(Wire.udp(RADIO, 55193, CLIENT, 1024 + 899, 10), 0);
        new NatCommand.CollectFlows(before.policy, changes, false, false, new CompletableFuture<>())
                .apply(before.now);
        assertEquals(1, changes.count());
        assertEquals(FlowChanges.MOST, collect(false));
        assertEquals(899 - FlowChanges.MOST, collect(false));
    }

    @Test
    void aMissingFileIsAnIoExceptionAndNothingElse() {
        assertThrows(IOException.class, () -> restore(config(after, 0, 2)));
    }

    @Test
    void aFileThatIsCutOffGivesTheFlowsInFrontOfTheCut() throws IOException {
        converse();
        write();
        byte[] whole = Files.readAllBytes(path);
        after.apply(config(after, 0, 2));
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(path, Arrays.copyOf(whole, length));
            try (TranslatorBench next = new TranslatorBench()) {
                next.now = before.now;
                next.apply(config(next, 0, 2));
                int whole80 = Math.max(0, (length - FIRST_FLOW) / SavedFlow.BYTES);
                FlowRestore.Result result =
                        FlowFile.restore(path, next.policy, next.now, WALL_MILLIS);
                assertEquals(whole80, result.restored());
            } catch (IOException cut) {
                assertEquals("cut off", cut.getMessage());
                assertTrue(length < HEAD_CHECKSUM + 4);
            }
        }
    }

    @Test
    void aDamagedByteCostsOneFlowOrTheWholeFileAndIsSaid() throws IOException {
        converse();
        write();
        byte[] whole = Files.readAllBytes(path);
        for (int at = 0; at < whole.length; at++) {
            boolean inHead = at < HEAD_CHECKSUM + 4;
            if (!inHead && at < FIRST_FLOW) {
                continue;
            }
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x10;
            Files.write(path, damaged);
            try (TranslatorBench next = new TranslatorBench()) {
                next.now = before.now;
                next.apply(config(next, 0, 2));
                FlowRestore.Result result =
                        FlowFile.restore(path, next.policy, next.now, WALL_MILLIS);
                assertFalse(inHead, "byte " + at);
                assertEquals(new FlowRestore.Result(4, 0, 0, 1), result, "byte " + at);
            } catch (IOException refused) {
                assertTrue(inHead, "byte " + at);
                assertEquals("damaged", refused.getMessage());
            }
        }
    }

    /** Someone who can write the file gains nothing that packets could not. */
    @Test
    void aForgedFileNeverSharesAPortOrTakesAReservedOne() throws IOException {
        converse();
        write();
        byte[] whole = Files.readAllBytes(path);
        SplittableRandom random = new SplittableRandom(53);
        ByteBuffer forged = ByteBuffer.allocate(FIRST_FLOW + 600 * SavedFlow.BYTES);
        forged.put(0, whole, 0, FIRST_FLOW);
        for (int place = 0; place < 600; place++) {
            int at = FIRST_FLOW + place * SavedFlow.BYTES;
            forged.put(at, whole, FIRST_FLOW + place % 5 * SavedFlow.BYTES, SavedFlow.BYTES);
            for (int change = random.nextInt(4); change > 0; change--) {
                int field = random.nextInt(4, SavedFlow.BYTES);
                forged.put(at + field, (byte) random.nextInt());
            }
            SavedFlow.seal(forged, at);
        }
        Files.write(path, forged.array());
        FlowRestore.Result result = restore(config(after, 0, 2));
        assertTrue(result.restored() >= 5 && result.refused() > 0, result::toString);
        Map<String, String> insideOf = new HashMap<>();
        for (FlowView flow : after.flows()) {
            boolean dynamic = !flow.rule().startsWith("forward");
            if (flow.rule().startsWith("site")) {
                String inside = flow.rule() + " " + flow.inside();
                String other = insideOf.put(flow.protocol() + flow.external(), inside);
                assertTrue(other == null || other.equals(inside), flow::toString);
            }
            assertFalse(flow.external().endsWith(":55193") && dynamic, flow::toString);
            assertTrue(flow.remainingMillis() <= 7_440_000, flow::toString);
        }
        after.pass(8000);
        assertEquals(0, after.flows().size(), "a forged flow lives for ever");
    }
}
