package io.jnat.nat;

import static io.jnat.nat.TranslatorBench.PUBLIC;
import static io.jnat.nat.Wire.ACK;
import static io.jnat.nat.Wire.FIN;
import static io.jnat.nat.Wire.RST;
import static io.jnat.nat.Wire.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.TranslatorBench.Sent;
import io.jnat.nat.rule.NatConfig;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A device's TCP connection through a relay: states, timeouts, resets. */
final class TcpStateTest {
    private static final String DEVICE = "192.168.20.31";
    private static final String SERVER = "203.0.113.7";

    private TranslatorBench bench;

    @BeforeEach
    void relay() {
        bench = new TranslatorBench();
        bench.apply(config());
    }

    @AfterEach
    void release() {
        bench.close();
    }

    private NatConfig config() {
        return bench.relay(List.of(TranslatorBench.site(0, "site")), List.of());
    }

    private Sent out(int flags, int sequence, int ack) {
        return bench.fromTunnel(Wire.tcp(DEVICE, 5000, SERVER, 443, flags, sequence, ack, 0, 0), 0);
    }

    private Sent in(int flags, int sequence, int ack) {
        return bench.fromWan(Wire.tcp(SERVER, 443, PUBLIC, 5000, flags, sequence, ack, 0, 0));
    }

    private void establish() {
        assertNotNull(out(SYN, 100, 0));
        assertNotNull(in(SYN | ACK, 900, 101));
        assertNotNull(out(ACK, 101, 901));
        assertEquals("established", state());
    }

    private String state() {
        List<FlowView> flows = bench.flows();
        return flows.isEmpty() ? "gone" : flows.get(0).state();
    }

    @Test
    @Tag("N11")
    void establishedLivesTwoHoursAndFourMinutes() {
        establish();
        bench.pass(7435);
        assertEquals("established", state());
        bench.pass(10);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N11")
    void openingLivesFourMinutes() {
        out(SYN, 100, 0);
        bench.pass(238);
        assertEquals("opening", state());
        bench.pass(5);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N11")
    @Tag("N20")
    void connectionIsEstablishedOnceItsOpenerHasAnsweredToo() {
        out(SYN, 100, 0);
        assertNotNull(in(SYN | ACK, 900, 101));
        assertNotNull(out(SYN, 100, 0));
        assertNotNull(in(SYN | ACK, 900, 101));
        assertNotNull(in(ACK, 901, 101));
        assertEquals("opening", state());
        bench.pass(238);
        assertNotNull(out(ACK, 101, 901));
        assertEquals("established", state());
        bench.pass(7435);
        assertEquals("established", state());
        bench.pass(10);
        out(SYN, 100, 0);
        assertNotNull(in(SYN | ACK, 900, 101));
        bench.pass(245);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N20")
    void forgedAnswersDoNotEstablish() {
        out(SYN, 100, 0);
        assertNotNull(out(ACK, 101, 5_000_000));
        assertNotNull(in(SYN | ACK, 900, 101));
        assertNotNull(out(SYN, 100, 0));
        for (int forged = 0; forged < 3; forged++) {
            assertNotNull(out(ACK, 101, 5_000_000));
            assertNotNull(out(FIN | ACK, 101, 900));
            assertNotNull(out(0, 101, 901));
            assertEquals("opening", state());
        }
        assertNotNull(out(ACK, 101, 901));
        assertEquals("established", state());
    }

    @Test
    @Tag("N20")
    void resetOfWhatIsNotEstablishedLeadsNotToAConnection() {
        out(SYN, 100, 0);
        assertNotNull(out(RST, 101, 0));
        assertEquals("reset", state());
        assertNotNull(out(ACK, 101, 901));
        assertEquals("picked-up", state());
        bench.pass(245);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N20")
    void simultaneousOpenEstablishes() {
        out(SYN, 100, 0);
        assertNotNull(in(SYN, 900, 0));
        assertEquals("opening", state());
        assertNotNull(out(SYN | ACK, 100, 901));
        assertEquals("established", state());
        assertNotNull(in(ACK, 901, 101));
        assertEquals("established", state());
    }

    @Test
    @Tag("N20")
    void halfClosedStaysOpenForTheOtherSide() {
        establish();
        assertNotNull(out(FIN | ACK, 101, 901));
        assertEquals("half-closed", state());
        bench.pass(3600);
        assertNotNull(in(ACK, 901, 102));
        assertEquals("half-closed", state());
        assertNotNull(in(FIN | ACK, 901, 102));
        assertEquals("closed", state());
        bench.pass(245);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N5")
    @Tag("N20")
    void portOfAConnectionTrackedToItsEndNeedNotRest() {
        establish();
        out(FIN | ACK, 101, 901);
        in(FIN | ACK, 901, 102);
        bench.pass(245);
        assertEquals(0, bench.report().mappings());
        Sent other = bench.fromTunnel(Wire.tcp("192.168.20.32", 5000, SERVER, 443, SYN), 0);
        assertEquals(5000, Wire.get16(other.bytes(), 20));
    }

    @Test
    @Tag("N5")
    void portOfAnUnfinishedConnectionRests() {
        out(SYN, 100, 0);
        bench.pass(250);
        assertEquals(0, bench.report().mappings());
        Sent other = bench.fromTunnel(Wire.tcp("192.168.20.32", 5000, SERVER, 443, SYN), 0);
        assertNotEquals(5000, Wire.get16(other.bytes(), 20));
    }

    @Test
    @Tag("N5")
    void portRestsWhenAnotherConnectionFromItEndedUnfinishedJustBefore() {
        establish();
        assertNotNull(bench.fromTunnel(Wire.tcp(DEVICE, 5000, "203.0.113.8", 443, SYN), 0));
        bench.pass(1);
        out(FIN | ACK, 101, 901);
        in(FIN | ACK, 901, 102);
        bench.pass(245);
        assertEquals(0, bench.report().mappings());
        Sent other = bench.fromTunnel(Wire.tcp("192.168.20.32", 5000, SERVER, 443, SYN), 0);
        assertNotEquals(5000, Wire.get16(other.bytes(), 20));
    }

    @Test
    @Tag("N11")
    @Tag("N20")
    void resetInWindowIsTranslatedAndTheFlowKeptForTheTransitoryTime() {
        establish();
        assertNotNull(in(RST, 901, 0));
        assertEquals("reset", state());
        bench.pass(238);
        assertEquals("reset", state());
        bench.pass(5);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N11")
    @Tag("N20")
    void resetOutOfWindowIsDroppedAndChangesNothing() {
        establish();
        for (int sequence : new int[] {900, 0, 901 + 8193, 901 + 1_000_000}) {
            assertNull(in(RST, sequence, 0));
            assertEquals(DropReason.TCP_RESET_OUT_OF_WINDOW, bench.dropped);
            assertEquals("established", state());
        }
        assertNotNull(in(RST, 901 + 8192, 0));
        assertEquals("reset", state());
    }

    /** Establishes with these window scales (RFC 7323); -1: the option is missing. */
    private void establish(int scale, int serversScale) {
        byte[] syn = Wire.tcp(DEVICE, 5000, SERVER, 443, SYN, 100, 0, 0, 0);
        assertNotNull(bench.fromTunnel(scaled(DEVICE, SERVER, syn, scale), 0));
        byte[] answer = Wire.tcp(SERVER, 443, PUBLIC, 5000, SYN | ACK, 900, 101, 0, 0);
        assertNotNull(bench.fromWan(scaled(SERVER, PUBLIC, answer, serversScale)));
        assertNull(out(RST, 101 + 8193, 0), "the window of a SYN is never scaled");
        assertNotNull(out(ACK, 101, 901));
        assertNotNull(in(ACK, 901, 101));
        assertEquals("established", state());
    }

    private static byte[] scaled(String from, String to, byte[] syn, int scale) {
        if (scale < 0) {
            return syn;
        }
        byte[] tcp = Arrays.copyOf(Arrays.copyOfRange(syn, 20, 40), 28);
        tcp[12] = 7 << 4;
        byte[] options = {4, 2, 1, 3, 3, (byte) scale, 0, 0}; // SACK permitted, NOP, scale, end
        System.arraycopy(options, 0, tcp, 20, options.length);
        return Wire.raw(from, to, 6, tcp);
    }

    private void assertWindows(int ofDevice, int ofServer) {
        assertNull(out(RST, 101 + ofServer + 1, 0));
        assertNull(in(RST, 901 + ofDevice + 1, 0));
        assertEquals("established", state());
        assertNotNull(in(RST, 901 + ofDevice, 0));
        assertNotNull(out(ACK, 101, 901));
        assertNotNull(out(RST, 101 + ofServer, 0));
        bench.pass(245);
    }

    @Test
    @Tag("N20")
    void windowOfEachSideIsAsWideAsItHasScaledIt() {
        establish(2, 3);
        assertWindows(8192 << 2, 8192 << 3);
        establish(0, 7);
        assertWindows(8192, 8192 << 7);
        establish(255, 15); // RFC 7323 section 2.3: taken for 14
        assertWindows(8192 << 14, 8192 << 14);
    }

    @Test
    @Tag("N20")
    void windowsAreScaledOnlyIfBothSidesHaveSaidSo() {
        establish(2, -1);
        assertWindows(8192, 8192);
        establish(-1, 3);
        assertWindows(8192, 8192);
    }

    @Test
    @Tag("N20")
    void lateAcknowledgmentsDoNotMoveTheWindowBack() {
        establish();
        assertNotNull(in(ACK, 901, 5101));
        assertNotNull(in(ACK, 901, 101));
        assertNull(out(RST, 5100, 0));
        assertNotNull(out(RST, 5101 + 8192, 0));
    }

    @Test
    @Tag("N20")
    void acknowledgmentsOfSomewhatMoreThanWasAllowedMoveTheWindow() {
        establish();
        assertNotNull(in(ACK, 901, 101 + 60_000));
        assertNull(out(RST, 101 + 8192, 0));
        assertNotNull(out(RST, 101 + 60_000, 0));
    }

    @Test
    @Tag("N20")
    void dataAfterAResetEstablishesAgain() {
        establish();
        in(RST, 901, 0);
        assertNotNull(out(ACK, 101, 901));
        assertEquals("established", state());
    }

    @Test
    @Tag("N20")
    void synInAnEstablishedFlowPassesForTheChallengeAck() {
        establish();
        assertNotNull(out(SYN, 77_000, 0));
        assertEquals("established", state());
        assertNotNull(in(ACK, 901, 101));
        assertNotNull(out(RST, 101, 0));
        assertEquals("reset", state());
    }

    @Test
    @Tag("N20")
    void retriedSynMakesANewFlow() {
        establish();
        out(FIN | ACK, 101, 901);
        in(FIN | ACK, 901, 102);
        assertNotNull(out(SYN, 5_000_000, 0));
        assertEquals("opening", state());
        assertNotNull(in(SYN | ACK, 9_000_000, 5_000_001));
        assertNotNull(out(ACK, 5_000_001, 9_000_001));
        assertEquals("established", state());
        assertNull(in(RST, 901, 0));
        assertEquals(1, bench.flows().size());
    }

    @Test
    @Tag("N11")
    @Tag("N20")
    void connectionThatTheOtherSideOpensAnewIsEstablishedAgain() {
        establish();
        out(FIN | ACK, 101, 901);
        in(FIN | ACK, 901, 102);
        assertEquals("closed", state());
        assertNotNull(in(SYN, 9_000_000, 0));
        assertNotNull(out(SYN | ACK, 5_000_000, 9_000_001));
        assertNotNull(in(ACK, 9_000_001, 5_000_001));
        assertEquals("established", state());
        bench.pass(3600);
        assertEquals("established", state());
        assertNull(in(RST, 901, 0));
        assertNotNull(in(RST, 9_000_001, 0));
        assertEquals("reset", state());
        assertNotNull(in(SYN, 12_000_000, 0));
        assertNotNull(out(RST | ACK, 0, 12_000_001));
        assertEquals("reset", state());
    }

    @Test
    @Tag("N20")
    void resetThatAnswersAChallengePassesAlsoWhenTheOldConnectionIsForgottenHere() {
        for (int forgotten : new int[] {2_000_000, -50_000, -2_000_000}) {
            int initial = 5_000_000;
            assertNotNull(out(SYN, initial, 0));
            assertNotNull(in(ACK, 901, initial + forgotten));
            assertNotNull(out(RST, initial + forgotten, 0), "dropped: " + bench.dropped);
            assertEquals("reset", state());
            assertNotNull(out(SYN, initial, 0));
            assertNotNull(in(SYN | ACK, 900, initial + 1));
            assertNull(in(RST, 1_000_000, 0));
            assertNotNull(out(RST, initial + 1, 0));
        }
    }

    @Test
    @Tag("N20")
    void connectionAnewOverOneThatBothHaveForgottenMayBeReset() {
        for (int away : new int[] {1_000_000_000, -1_000_000_000}) {
            establish();
            assertNotNull(out(SYN, 101 + away, 0));
            assertNotNull(in(SYN | ACK, 901 - away, 102 + away));
            assertNotNull(out(ACK, 102 + away, 902 - away));
            assertEquals("established", state());
            assertNull(in(RST, 901, 0));
            assertNull(out(RST, 101, 0));
            assertNotNull(in(RST, 902 - away, 0), "dropped: " + bench.dropped);
            assertNotNull(in(ACK, 902 - away, 102 + away));
            assertNotNull(out(RST, 102 + away, 0), "dropped: " + bench.dropped);
            bench.pass(245);
            assertEquals("gone", state());
        }
    }

    @Test
    @Tag("N20")
    void synOfAnotherInAnEstablishedFlowOpensNoWindowForAForgedReset() {
        establish();
        assertNotNull(in(SYN, 70_000_000, 0));
        assertNotNull(in(SYN | ACK, 70_000_000, 101));
        assertNull(in(RST, 70_000_001, 0));
        assertEquals("established", state());
    }

    @Test
    @Tag("N20")
    void forgedAcknowledgmentsDoNotMoveTheWindowForLong() {
        for (int away : new int[] {1_000_000_000, -1_000_000_000, Integer.MIN_VALUE}) {
            for (int forged : new int[] {1, 2}) {
                establish();
                for (int at = 0; at < forged; at++) {
                    assertNotNull(in(ACK, 901, 101 + away));
                }
                assertNotNull(in(ACK, 901, 101));
                assertNotNull(in(ACK, 901, 101));
                assertNull(out(RST, 101 + away, 0));
                assertEquals(DropReason.TCP_RESET_OUT_OF_WINDOW, bench.dropped);
                assertNotNull(out(RST, 101, 0), "dropped: " + bench.dropped);
                bench.pass(245);
                assertEquals("gone", state());
            }
        }
    }

    @Test
    @Tag("N10")
    @Tag("N11")
    void resetsDoNotRefresh() {
        establish();
        assertNotNull(out(RST, 101, 0));
        bench.pass(200);
        assertNotNull(out(RST, 101, 0));
        bench.pass(45);
        assertEquals("gone", state());
    }

    @Test
    @Tag("N20")
    void refusedConnectionEndsEarly() {
        out(SYN, 100, 0);
        assertNotNull(in(RST | ACK, 0, 101));
        assertEquals("reset", state());
        assertNotNull(out(SYN, 200, 0));
        assertEquals("opening", state());
    }

    @Test
    @Tag("N21")
    void unsolicitedSynIsAnsweredOnlyAfterSixSeconds() {
        establish();
        byte[] syn = Wire.tcp("203.0.113.99", 80, PUBLIC, 5000, SYN, 1, 0, 0, 1460);
        assertNull(bench.fromWan(syn));
        assertEquals(DropReason.FILTERED, bench.dropped);
        assertTrue(bench.emitted.isEmpty());
        bench.now += 5_900_000_000L;
        bench.onTimer();
        assertTrue(bench.emitted.isEmpty());
        bench.now = bench.policy.nextDeadlineNanos(bench.now);
        bench.onTimer();
        assertEquals(1, bench.emitted.size());
        byte[] error = bench.emitted.get(0).bytes();
        Wire.read(error);
        assertEquals(3 << 8 | 3, Wire.get16(error, 20));
        assertEquals(Wire.get16(syn, 12), Wire.get16(error, 28 + 12));
        assertEquals(80, Wire.get16(error, 48));
        assertEquals(5000, Wire.get16(error, 50));
    }

    @Test
    @Tag("N21")
    void onlyWholeSynsAreHeldAndAnswered() {
        establish();
        String stranger = "203.0.113.99";
        for (int flags : new int[] {ACK, SYN | ACK, RST, FIN}) {
            assertNull(bench.fromWan(Wire.tcp(stranger, 80, PUBLIC, 5000, flags)));
            assertEquals(DropReason.FILTERED, bench.dropped);
        }
        byte[] part = Wire.tcp(stranger, 80, PUBLIC, 5000, SYN, 1, 0, 24, 0);
        assertNull(bench.fromWan(Wire.fragments(part, 60, 9)[0]));
        assertEquals(DropReason.FILTERED, bench.dropped);
        bench.now += 7_000_000_000L;
        bench.onTimer();
        assertTrue(bench.emitted.isEmpty());
    }

    @Test
    @Tag("N21")
    void ofManySynsTheNewestAreHeld() {
        establish();
        for (int port = 1000; port <= 1064; port++) {
            assertNull(bench.fromWan(Wire.tcp("203.0.113.99", port, PUBLIC, 5000, SYN)));
        }
        bench.now += 6_000_000_000L;
        bench.onTimer();
        Sent first = bench.emitted.getFirst();
        assertEquals(1001, Wire.get16(first.bytes(), 48), "the oldest one made room");
    }

    @Test
    @Tag("N21")
    void heldSynIsForgottenWhenTheDeviceOpensMeanwhile() {
        establish();
        String peer = "203.0.113.99";
        assertNull(bench.fromWan(Wire.tcp(peer, 80, PUBLIC, 5000, SYN, 1, 0, 0, 0)));
        assertNotNull(bench.fromTunnel(Wire.tcp(DEVICE, 5000, peer, 80, SYN), 0));
        assertNotNull(bench.fromWan(Wire.tcp(peer, 80, PUBLIC, 5000, SYN, 1, 0, 0, 0)));
        bench.now += 7_000_000_000L;
        bench.onTimer();
        assertTrue(bench.emitted.isEmpty());
    }

    @Test
    @Tag("N20")
    void midStreamIsTakenUpOnlyByOption() {
        assertNull(out(ACK, 101, 901));
        assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
        takeUpMidStream();
        assertNotNull(out(ACK, 101, 901));
        assertEquals("picked-up", state());
        assertNotNull(in(ACK, 901, 101));
        assertEquals("established", state());
        assertNotNull(in(ACK, 901 + 5_000_000, 101));
        assertNotNull(in(RST, 901 + 5_000_000, 0));
        assertEquals("reset", state());
        assertNull(bench.fromTunnel(Wire.tcp(DEVICE, 6000, SERVER, 443, RST), 0));
        assertTrue(bench.flows().size() == 1);
    }

    @Test
    @Tag("N20")
    void flagsThatNoConnectionHasOpenNone() {
        takeUpMidStream();
        for (int flags : new int[] {0, FIN, SYN | FIN}) {
            assertNull(out(flags, 101, 901));
            assertEquals(DropReason.TCP_OUT_OF_STATE, bench.dropped);
        }
        assertTrue(bench.flows().isEmpty());
        assertNotNull(out(FIN | ACK, 101, 901));
    }

    @Test
    void flagsThatOpenNoConnectionOpenNoneAnew() {
        establish();
        in(RST, 901, 0);
        assertNotNull(out(SYN | FIN, 101, 0));
        assertEquals("reset", state());
        assertNotNull(in(SYN | FIN, 901, 0));
        assertEquals("reset", state());
    }

    private void takeUpMidStream() {
        NatConfig old = config();
        bench.apply(
                old.withLimits(
                        old.timeouts(),
                        old.enginePorts(),
                        old.keptPorts(),
                        old.flowsPerDevice(),
                        true));
    }
}
