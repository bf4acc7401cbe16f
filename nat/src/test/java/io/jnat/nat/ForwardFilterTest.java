package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
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
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Site;
import io.jnat.nat.rule.PortRange;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A forward whose port is the device's alone, but open only to whom the device has spoken to. */
@Tag("N2")
final class ForwardFilterTest {
    private static final String DEVICE = "192.168.20.31";
    private static final String MASTER = "203.0.113.7";
    private static final String STRANGER = "203.0.113.8";
    private static final int PUBLIC_PORT = 62_031;
    private static final int DEVICE_PORT = 50_000;

    private final TranslatorBench bench = new TranslatorBench();

    @AfterEach
    void release() {
        bench.close();
    }

    private void forward(Dependence filtering) {
        bench.apply(config(List.of(forward(filtering, PUBLIC_PORT)), Behaviour.DEFAULT));
    }

    private static Forward forward(Dependence filtering, int publicPort) {
        return TranslatorBench.forward(
                "dmr",
                new PortRange(Protocol.UDP, publicPort, publicPort),
                DEVICE,
                DEVICE_PORT,
                filtering,
                Lifetime.BOTH_SIDES);
    }

    private NatConfig config(List<Forward> forwards, Behaviour site) {
        List<Ipv4Prefix> networks = List.of(Ipv4Prefix.parse("192.168.20.0/24"));
        return bench.relay(List.of(new Site(0, "one", networks, site)), forwards);
    }

    private Sent out(String to, int port) {
        return bench.fromTunnel(Wire.udp(DEVICE, DEVICE_PORT, to, port, 10), 0);
    }

    private Sent in(String from, int port) {
        return bench.fromWan(Wire.udp(from, port, PUBLIC, PUBLIC_PORT, 10));
    }

    private void assertFiltered(String from, int port) {
        assertNull(in(from, port));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N4")
    void addressDependentLetsInWhomTheDeviceHasSpokenTo() {
        forward(Dependence.ADDRESS);
        assertFiltered(MASTER, 4000);
        assertEquals(PUBLIC_PORT, Wire.get16(out(MASTER, 4000).bytes(), 20));
        Sent in = in(MASTER, 4001);
        assertNotNull(in, () -> "dropped: " + bench.dropped);
        assertEquals(DEVICE_PORT, Wire.get16(in.bytes(), 22));
        assertFiltered(STRANGER, 4000);
    }

    @Test
    void addressAndPortDependentLetsAnswersInOnly() {
        forward(Dependence.ADDRESS_AND_PORT);
        out(MASTER, 4000);
        assertNotNull(in(MASTER, 4000));
        assertFiltered(MASTER, 4001);
    }

    @Test
    void whomTheDeviceSpokeToIsForgottenWithTheFlow() {
        forward(Dependence.ADDRESS);
        out(MASTER, 4000);
        bench.pass(310);
        assertFiltered(MASTER, 4000);
        assertEquals(0, bench.report().mappings());
    }

    @Test
    void anAnswerToWhoWasLetInIsSpeakingToo() {
        forward(Dependence.ADDRESS);
        out(MASTER, 4000);
        in(MASTER, 4001);
        for (int minute = 0; minute < 10; minute++) {
            bench.pass(60);
            assertNotNull(out(MASTER, 4001));
        }
        assertEquals(1, bench.flows().size(), "the flow that the device opened has ended");
        assertNotNull(in(MASTER, 4002));
    }

    @Test
    void anUnansweredFlowOpensNothing() {
        forward(Dependence.ADDRESS);
        out(MASTER, 4000);
        for (int minute = 0; minute < 6; minute++) {
            assertNotNull(in(MASTER, 4001));
            bench.pass(60);
        }
        assertEquals(1, bench.flows().size());
        assertFiltered(MASTER, 4002);
    }

    @Test
    @Tag("N54")
    void stricterFilterHoldsFromTheReloadOn() {
        forward(Dependence.NOTHING);
        in(STRANGER, 4000);
        out(STRANGER, 4000);
        out(MASTER, 4000);
        in(MASTER, 4001);
        forward(Dependence.ADDRESS);
        bench.pass(1);
        assertFiltered(STRANGER, 4000);
        assertEquals(2, bench.flows().size());
        assertNotNull(in(MASTER, 4001));
        assertNotNull(in(MASTER, 4002));
        forward(Dependence.ADDRESS_AND_PORT);
        bench.pass(1);
        assertFiltered(MASTER, 4001);
        assertNotNull(in(MASTER, 4000));
        forward(Dependence.NOTHING);
        assertNotNull(in(STRANGER, 4000));
    }

    @Test
    @Tag("N54")
    void flowFromBeforeTheForwardCountsForItsFilter() {
        bench.apply(config(List.of(), Behaviour.DEFAULT));
        assertEquals(DEVICE_PORT, Wire.get16(out(MASTER, 4000).bytes(), 20));
        bench.apply(config(List.of(forward(Dependence.ADDRESS, DEVICE_PORT)), Behaviour.DEFAULT));
        bench.pass(1);
        assertEquals(1, bench.flows().size());
        assertNotNull(bench.fromWan(Wire.udp(MASTER, 4001, PUBLIC, DEVICE_PORT, 10)));
        assertNull(bench.fromWan(Wire.udp(STRANGER, 4000, PUBLIC, DEVICE_PORT, 10)));
        assertEquals(DropReason.FILTERED, bench.dropped);
    }

    @Test
    @Tag("N54")
    void changedFilterOfASiteHoldsForMappingsThatAreThere() {
        bench.apply(config(List.of(), behaviour(Dependence.NOTHING)));
        bench.fromTunnel(Wire.udp(DEVICE, 5000, MASTER, 4000, 10), 0);
        assertNotNull(bench.fromWan(Wire.udp(STRANGER, 1, PUBLIC, 5000, 10)));
        bench.apply(config(List.of(), behaviour(Dependence.ADDRESS)));
        bench.pass(1);
        assertEquals(1, bench.flows().size(), "the stranger's flow");
        assertNull(bench.fromWan(Wire.udp(STRANGER, 1, PUBLIC, 5000, 10)));
        assertEquals(DropReason.FILTERED, bench.dropped);
        assertNotNull(bench.fromWan(Wire.udp(MASTER, 4001, PUBLIC, 5000, 10)));
        bench.apply(config(List.of(), behaviour(Dependence.NOTHING)));
        assertNotNull(bench.fromWan(Wire.udp(STRANGER, 1, PUBLIC, 5000, 10)));
    }

    private static Behaviour behaviour(Dependence filtering) {
        return new Behaviour(Dependence.NOTHING, filtering, false, Lifetime.DEVICE_ONLY);
    }

    @Test
    @Tag("N5")
    void portOfAForwardThatIsGoneIsNotItsFlowsAnyMore() {
        bench.apply(config(List.of(forward(Dependence.ADDRESS, 5000)), Behaviour.DEFAULT));
        assertEquals(5000, Wire.get16(out(MASTER, 4000).bytes(), 20));
        bench.apply(config(List.of(), Behaviour.DEFAULT));
        bench.pass(1);
        assertTrue(bench.flows().isEmpty());
        Sent other = bench.fromTunnel(Wire.udp("192.168.20.32", 5000, MASTER, 4000, 10), 0);
        assertEquals(5000, Wire.get16(other.bytes(), 20));
    }

    @Test
    @Tag("N7")
    void filterOfAForwardIsAskedOfDevicesBehindTheRelayToo() {
        forward(Dependence.ADDRESS);
        byte[] packet = Wire.udp("192.168.20.50", 7000, PUBLIC, PUBLIC_PORT, 10);
        assertNull(bench.fromTunnel(packet, 0));
        assertEquals(DropReason.FILTERED, bench.dropped);
        byte[] self = Wire.udp(DEVICE, DEVICE_PORT, PUBLIC, PUBLIC_PORT, 10);
        assertNotNull(bench.fromTunnel(self, 0));
    }

    @Test
    @Tag("N56")
    void whyNamesTheForwardAndItsFilter() {
        forward(Dependence.ADDRESS);
        Explanation kept = explain();
        assertEquals(DropReason.FILTERED, kept.reason());
        assertEquals("forward dmr", kept.rule());
        assertTrue(answer(kept).startsWith("keeps it out"), kept::toString);
        out(MASTER, 1);
        assertEquals(Explanation.Outcome.FORWARDED, explain().outcome());
        assertEquals("lets it in", answer(explain()));
        assertEquals(1, bench.flows().size(), "asking makes no flow");
    }

    private Explanation explain() {
        byte[] packet = Wire.udp(MASTER, 4000, PUBLIC, PUBLIC_PORT, 10);
        CompletableFuture<Explanation> answer = new CompletableFuture<>();
        new NatCommand.Explain(
                        bench.policy, ByteBuffer.wrap(packet), TranslatorBench.WAN, -1, answer)
                .apply(bench.now);
        return answer.join();
    }

    private static String answer(Explanation explained) {
        return explained.steps().stream()
                .filter(step -> step.asked() == Asked.FILTER)
                .findFirst()
                .orElseThrow(() -> new AssertionError(explained.toString()))
                .answer();
    }
}
