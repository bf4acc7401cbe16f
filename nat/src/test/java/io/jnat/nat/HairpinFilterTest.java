package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two devices at different sites of a relay that speak to each other at its address, each through
 * the other's filter: what a game, a call's media or a radio's peer does once a server has told
 * both of each other.
 */
final class HairpinFilterTest {
    private static final String SERVER = "203.0.113.7";
    private static final String ALICE = "192.168.20.50";
    private static final String BOB = "192.168.30.60";
    private static final int ALICES_SITE = 0;
    private static final int BOBS_SITE = 1;
    private static final int ALICES_PORT = 7000;
    private static final int BOBS_PORT = 8000;
    private static final int BOBS_FORWARD = 55193;

    private final TranslatorBench bench = new TranslatorBench();

    @BeforeEach
    void bothKnownToAServer() {
        apply(List.of());
        fromAlice(Wire.udp(ALICE, ALICES_PORT, SERVER, 9, 10));
        fromBob(Wire.udp(BOB, BOBS_PORT, SERVER, 9, 10));
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private void apply(List<Forward> forwards) {
        bench.apply(
                bench.relay(
                        List.of(
                                site(ALICES_SITE, "alice", "192.168.20.0/24"),
                                site(BOBS_SITE, "bob", "192.168.30.0/24")),
                        forwards));
    }

    @Test
    @Tag("N7")
    @Tag("N54")
    void stricterFilterHoldsFromTheReloadOn() {
        Behaviour open =
                new Behaviour(Dependence.NOTHING, Dependence.NOTHING, false, Lifetime.DEVICE_ONLY);
        bench.apply(
                bench.relay(
                        List.of(
                                site(ALICES_SITE, "alice", "192.168.20.0/24"),
                                new Site(
                                        BOBS_SITE,
                                        "bob",
                                        List.of(Ipv4Prefix.parse("192.168.30.0/24")),
                                        open)),
                        List.of()));
        assertNotNull(aliceToBob());
        apply(List.of());
        assertKeptOut(aliceToBob());
        assertNotNull(bobToAlice());
        assertNotNull(aliceToBob());
        apply(List.of());
        assertNotNull(aliceToBob());
    }

    private static Site site(int peer, String name, String network) {
        return new Site(peer, name, List.of(Ipv4Prefix.parse(network)));
    }

    private Sent fromAlice(byte[] packet) {
        return bench.fromTunnel(packet, ALICES_SITE);
    }

    private Sent fromBob(byte[] packet) {
        return bench.fromTunnel(packet, BOBS_SITE);
    }

    private Sent aliceToBob() {
        return fromAlice(Wire.udp(ALICE, ALICES_PORT, PUBLIC, BOBS_PORT, 10));
    }

    private Sent bobToAlice() {
        return fromBob(Wire.udp(BOB, BOBS_PORT, PUBLIC, ALICES_PORT, 10));
    }

    private void assertKeptOut(Sent sent) {
        assertNull(sent);
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    private static void assertEnds(Sent sent, int fromPort, String to, int toPort) {
        assertNotNull(sent);
        assertEquals(
                PUBLIC + ":" + fromPort + " > " + to + ":" + toPort,
                Wire.read(sent.bytes()).getHeader().getSrcAddr().getHostAddress()
                        + ":"
                        + Wire.get16(sent.bytes(), 20)
                        + " > "
                        + Wire.read(sent.bytes()).getHeader().getDstAddr().getHostAddress()
                        + ":"
                        + Wire.get16(sent.bytes(), 22));
    }

    @Test
    @Tag("N7")
    @Tag("N2")
    void devicesThatSpeakToEachOtherOpenBothFilters() {
        assertKeptOut(aliceToBob());
        assertKeptOut(aliceToBob());
        assertEnds(bobToAlice(), BOBS_PORT, ALICE, ALICES_PORT);
        assertEnds(aliceToBob(), ALICES_PORT, BOB, BOBS_PORT);
        assertEquals(3, bench.flows().size(), "one flow for both, beside those to the server");
    }

    @Test
    @Tag("N7")
    @Tag("N2")
    void whoeverWasKeptOutHasSpokenAllTheSame() {
        assertKeptOut(aliceToBob());
        // From another port, so it is no answer: Alice's filter is by address.
        assertEnds(fromBob(Wire.udp(BOB, 8001, PUBLIC, ALICES_PORT, 10)), 8001, ALICE, ALICES_PORT);
        assertKeptOut(aliceToBob());
    }

    @Test
    @Tag("N7")
    @Tag("N2")
    void heldFlowGoesOnOnceTheOtherHasSpokenToAnybodyThere() {
        assertKeptOut(aliceToBob());
        fromBob(Wire.udp(BOB, BOBS_PORT, PUBLIC, 9999, 10)); // nobody's port: says nothing
        assertKeptOut(aliceToBob());
        fromAlice(Wire.udp(ALICE, 7001, SERVER, 9, 10));
        assertKeptOut(fromBob(Wire.udp(BOB, BOBS_PORT, PUBLIC, 7001, 10)));
        assertEnds(aliceToBob(), ALICES_PORT, BOB, BOBS_PORT);
        assertEquals("one-way", state(ALICES_PORT));
        assertEnds(bobToAlice(), BOBS_PORT, ALICE, ALICES_PORT);
        assertEquals("two-way", state(ALICES_PORT));
    }

    private String state(int port) {
        return bench.flows().stream()
                .filter(flow -> flow.inside().equals(ALICE + ":" + port))
                .filter(flow -> flow.outside().equals(PUBLIC + ":" + BOBS_PORT))
                .map(FlowView::state)
                .findFirst()
                .orElse("none");
    }

    @Test
    @Tag("N7")
    void heldFlowLivesWhileItsDeviceSpeaksAndNoLonger() {
        for (int minute = 0; minute < 10; minute++) {
            assertKeptOut(aliceToBob());
            bench.pass(60);
        }
        assertEquals("held", state(ALICES_PORT));
        bench.pass(310);
        assertEquals("none", state(ALICES_PORT));
        assertEquals(0, bench.report().mappings());
        fromAlice(Wire.udp(ALICE, ALICES_PORT, SERVER, 9, 10));
        fromBob(Wire.udp(BOB, BOBS_PORT, SERVER, 9, 10));
        assertKeptOut(bobToAlice());
    }

    @Test
    @Tag("N7")
    @Tag("N11")
    void tcpOpensFromBothSidesAtOnce() {
        fromAlice(Wire.tcp(ALICE, ALICES_PORT, SERVER, 9, SYN));
        fromBob(Wire.tcp(BOB, BOBS_PORT, SERVER, 9, SYN));
        byte[] alices = Wire.tcp(ALICE, ALICES_PORT, PUBLIC, BOBS_PORT, SYN);
        assertKeptOut(fromAlice(alices));
        byte[] bobs = Wire.tcp(BOB, BOBS_PORT, PUBLIC, ALICES_PORT, SYN);
        assertEnds(fromBob(bobs), BOBS_PORT, ALICE, ALICES_PORT);
        assertEnds(fromAlice(alices), ALICES_PORT, BOB, BOBS_PORT);
        byte[] ack = Wire.tcp(BOB, BOBS_PORT, PUBLIC, ALICES_PORT, ACK);
        assertEnds(fromBob(ack), BOBS_PORT, ALICE, ALICES_PORT);
        assertEquals(
                List.of("established"),
                bench.flows().stream()
                        .filter(flow -> flow.outside().startsWith(PUBLIC))
                        .map(FlowView::state)
                        .toList());
    }

    @Test
    @Tag("N7")
    @Tag("N4")
    void filteredForwardOpensTheSameWay() {
        apply(
                List.of(
                        new Forward(
                                "dmr",
                                new PortRange(Protocol.UDP, BOBS_FORWARD, BOBS_FORWARD),
                                0,
                                List.of(),
                                BOBS_SITE,
                                Wire.ip(BOB),
                                BOBS_PORT,
                                false,
                                Dependence.ADDRESS,
                                Lifetime.BOTH_SIDES)));
        bench.pass(1);
        fromAlice(Wire.udp(ALICE, ALICES_PORT, SERVER, 9, 10));
        byte[] asks = Wire.udp(ALICE, ALICES_PORT, PUBLIC, BOBS_FORWARD, 10);
        assertKeptOut(fromAlice(asks));
        assertEnds(bobToAlice(), BOBS_FORWARD, ALICE, ALICES_PORT);
        assertEnds(fromAlice(asks), ALICES_PORT, BOB, BOBS_PORT);
    }

    @Test
    @Tag("N54")
    @Tag("N7")
    void conversationOutlivesAReload() {
        assertKeptOut(aliceToBob());
        bobToAlice();
        apply(List.of());
        bench.pass(1);
        assertEnds(aliceToBob(), ALICES_PORT, BOB, BOBS_PORT);
        assertEnds(bobToAlice(), BOBS_PORT, ALICE, ALICES_PORT);
        assertEquals("two-way", state(ALICES_PORT));
    }

    @Test
    @Tag("N56")
    @Tag("N7")
    void whySaysThatTheFilterKeepsItOutAlsoOfAHeldFlow() {
        assertEquals(DropReason.FILTERED, explain().reason());
        assertEquals(2, bench.flows().size(), "asking makes no flow");
        assertKeptOut(aliceToBob());
        assertEquals(DropReason.FILTERED, explain().reason());
        bobToAlice();
        assertEquals(Explanation.Outcome.FORWARDED, explain().outcome());
    }

    private Explanation explain() {
        byte[] packet = Wire.udp(ALICE, ALICES_PORT, PUBLIC, BOBS_PORT, 10);
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        new NatCommand.Explain(
                        bench.policy,
                        ByteBuffer.wrap(packet),
                        TranslatorBench.TUNNEL,
                        ALICES_SITE,
                        answer)
                .apply(bench.now);
        return answer.join();
    }

    @Test
    @Tag("N7")
    void flowBetweenTwoDevicesIsFoundByEither() {
        aliceToBob();
        for (String device : List.of(ALICE, BOB)) {
            CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
            FlowFilter filter = FlowFilter.ALL.withDevice(Ipv4Prefix.parse(device));
            new NatCommand.ListFlows(bench.policy, filter, 1, answer).apply(bench.now);
            assertEquals(
                    List.of("held"),
                    answer.join().flows().stream()
                            .filter(flow -> flow.outside().startsWith(PUBLIC))
                            .map(FlowView::state)
                            .toList());
        }
    }

    @Test
    @Tag("N7")
    void scanOfThePublicPortsOpensNoFlows() {
        for (int port = 1024; port < 2024; port++) {
            fromAlice(Wire.udp(ALICE, ALICES_PORT, PUBLIC, port, 10));
        }
        assertTrue(bench.flows().size() <= 3, () -> bench.flows().toString());
    }
}
