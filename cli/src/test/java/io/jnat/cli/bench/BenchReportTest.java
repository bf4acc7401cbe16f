package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Direction;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Standstills;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.tun.pcap.CapturedDatagram;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BenchReportTest {
    private static final InetSocketAddress HERE = new InetSocketAddress("192.0.2.1", 4000);
    private static final InetSocketAddress THERE = new InetSocketAddress("192.0.2.2", 4000);

    private static BenchReport report(boolean lab) {
        return report(lab, null);
    }

    private static BenchReport report(boolean lab, Standstills.@Nullable Noticed standstills) {
        return report(lab, standstills, 3_600_000);
    }

    private static BenchReport report(
            boolean lab, Standstills.@Nullable Noticed standstills, long calmMaxNanos) {
        Timetable timetable =
                Timetable.replay(
                        List.of(
                                new CapturedDatagram(0, HERE, THERE, 1372),
                                new CapturedDatagram(1_000_000, HERE, THERE, 1373),
                                new CapturedDatagram(2_000_000, THERE, HERE, 1472)),
                        1,
                        Duration.ofSeconds(1));
        Measured none =
                new Measured(
                        Codec.REPLAY,
                        Direction.TO_SITE,
                        1,
                        new Histogram(3),
                        2,
                        0,
                        0,
                        0,
                        0,
                        0,
                        calmMaxNanos);
        PhaseResult alone =
                new PhaseResult(
                        Phase.ALONE,
                        Duration.ofSeconds(1),
                        new VoiceRun.Outcome(List.of(none), new Histogram(3), standstills),
                        0,
                        List.of());
        return new BenchReport(
                new Machine("processor", 2, "kernel", "java", "jnat"),
                lab,
                timetable,
                Duration.ZERO,
                0,
                List.of(new SystemResult("jnat", "", List.of(List.of(alone)))),
                List.of());
    }

    private static String text(BenchReport report) {
        StringWriter text = new StringWriter();
        new BenchText(report, true).print(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void whatTheMachineHeldUpIsToldApart() throws IOException {
        BenchReport held = report(true, new Standstills.Noticed(3, 8_600_000));
        String json = "standstills={count=3, longestNanos=8600000}";
        String line =
                "jnat, alone: 3 times, 8600 µs at most; longest latency outside of that: 3600 µs";
        assertTrue(text(held).contains(line), text(held));
        assertTrue(JSON.std.mapFrom(BenchJson.text(held)).toString().contains(json), text(held));
        assertTrue(
                text(report(true, new Standstills.Noticed(0, 0))).contains("jnat, alone: never"));
        assertFalse(text(report(true)).contains("stood still"), text(report(true)));
    }

    /** Nothing that did not arrive was fast. */
    @Test
    void whereNoPacketCameOutsideNoneIsSaidToTakeNoTime() {
        String text = text(report(true, new Standstills.Noticed(1, 8_600_000), 0));
        String line = "jnat, alone: once, 8600 µs at most; no packet came outside of that";
        assertTrue(text.contains(line), text);
    }

    /** Each join goes through as many histograms as there are rounds, and many lines ask for it. */
    @Test
    void roundsAreJoinedOnce() {
        SystemResult system = report(true).systems().getFirst();
        assertSame(system.phases(), system.phases());
    }

    /** A few calls for a short time would seem to allocate some bytes a packet. */
    @Test
    void whatIsAllocatedWithoutPacketsIsSaid() {
        assertTrue(text(report(true)).contains("1 KB a second, packets cost none"));
    }

    /** Figures of short packets are not those of the capture. */
    @Test
    void packetsThatSimulatedLinksCutAreCounted() throws IOException {
        BenchReport cut = report(false);
        assertEquals(2, JSON.std.mapFrom(BenchJson.text(cut)).get("cutPackets"));
        assertTrue(text(cut).contains("more than 1372 bytes: 2. They were cut"), text(cut));
        BenchReport whole = report(true);
        assertEquals(0, JSON.std.mapFrom(BenchJson.text(whole)).get("cutPackets"));
        assertFalse(text(whole).contains("cut"), text(whole));
    }
}
