package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.tun.pcap.CapturedDatagram;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RecorderTest {
    private static final long MILLI = 1_000_000;
    private static final int RUN = 7;

    private final Timetable timetable =
            Timetable.of(List.of(new Timetable.Calls(Codec.G711, 2)), Duration.ofMillis(200));
    private final Standstills standstills = new Standstills(true, -1);
    private final Recorder recorder = new Recorder(timetable, RUN, standstills);

    private void arrives(int call, int sequence, double transitMillis) {
        long due = 20L * sequence * MILLI;
        recorder.arrived(RUN, call, 0, sequence, due, due + Math.round(transitMillis * MILLI));
    }

    private Measured toSite() {
        return recorder.results().getFirst();
    }

    /** J(1) = 0 + 4/16, J(2) = J(1) + (2 - J(1))/16, J(3) = J(2) + (0 - J(2))/16, by hand. */
    @Test
    void jitterIsThatOfRfc3550() {
        arrives(0, 0, 10);
        arrives(0, 1, 14);
        arrives(0, 2, 12);
        arrives(0, 3, 12);
        double first = 4.0 / 16;
        double second = first + (2 - first) / 16;
        double third = second - second / 16;
        assertEquals(Math.round(third * 1e6), toSite().worstJitterNanos());
        assertEquals(Math.round(third * 1e6 / 2), toSite().meanJitterNanos(), "of two calls");
    }

    /** As in a capture of two conversations, one of which is answered. */
    @Test
    void whoDoesNotSpeakHasNoPartInTheMeanJitter() {
        InetSocketAddress called = new InetSocketAddress("192.0.2.9", 5000);
        InetSocketAddress one = new InetSocketAddress("192.0.2.1", 4000);
        InetSocketAddress other = new InetSocketAddress("192.0.2.2", 4000);
        Recorder replayed =
                new Recorder(
                        Timetable.replay(
                                List.of(
                                        new CapturedDatagram(0, one, called, 172),
                                        new CapturedDatagram(1, other, called, 172),
                                        new CapturedDatagram(2, called, one, 172),
                                        new CapturedDatagram(3, called, one, 172)),
                                2,
                                Duration.ofSeconds(1)),
                        RUN,
                        standstills);
        replayed.arrived(RUN, 0, 1, 0, 0, 10 * MILLI);
        replayed.arrived(RUN, 0, 1, 1, 0, 26 * MILLI);
        Measured fromSite = replayed.results().getLast();
        assertEquals(MILLI, fromSite.worstJitterNanos());
        assertEquals(MILLI, fromSite.meanJitterNanos());
    }

    @Test
    void latencyIsFromWhenAPacketWasDue() {
        arrives(0, 0, 1);
        arrives(0, 1, 3);
        assertEquals(1e6, (double) toSite().percentileNanos(50), 1e3);
        assertEquals(3e6, (double) toSite().maxNanos(), 3e3);
    }

    /** Due at 0, 20, 40 and 60 ms; the machine stands still from 20.5 to 29 ms. */
    @Test
    void whatTheMachineHeldUpIsNotOfThePacketsOutsideOfThat() {
        arrives(0, 0, 3);
        standstills.notice(20_500_000, 29 * MILLI);
        arrives(0, 1, 9.5);
        arrives(1, 1, 9.5);
        arrives(0, 2, 4);
        arrives(1, 3, 2);
        assertEquals(9.5e6, (double) toSite().maxNanos(), 1e4);
        assertEquals(4e6, (double) toSite().calmMaxNanos(), 4e3);
        assertEquals(4e6, (double) toSite().plus(toSite()).calmMaxNanos(), 4e3);
    }

    /** The histogram knows its values to three digits, and none above a minute. */
    @Test
    void whileTheMachineNeverStoodStillTheLongestOutsideIsTheLongest() {
        arrives(0, 0, 0);
        assertEquals(0, toSite().calmMaxNanos());
        for (double millis : new double[] {0.123457, 9.500001, 84.416999, 70_000}) {
            arrives(1, (int) (millis % 10), millis);
            assertEquals(toSite().maxNanos(), toSite().calmMaxNanos());
        }
    }

    @Test
    void whereNobodyWatchesAllPacketsAreOutside() {
        Standstills unwatched = Standstills.unwatched();
        Recorder unaware = new Recorder(timetable, RUN, unwatched);
        unwatched.notice(0, 50 * MILLI);
        unaware.arrived(RUN, 0, 0, 0, 0, 9 * MILLI);
        assertEquals(9e6, (double) unaware.results().getFirst().calmMaxNanos(), 9e3);
        assertNull(unwatched.noticed());
    }

    /** A hundred rounds of two systems have two thousand of these, in a heap of 64 MB. */
    @Test
    void resultsTakeLittleMemory() {
        for (int sequence = 0; sequence < 10; sequence++) {
            arrives(0, sequence, sequence);
            arrives(1, sequence, 3 * sequence);
        }
        Measured twice = toSite().plus(toSite());
        assertEquals(40, twice.latencyNanos().getTotalCount());
        int bytes = twice.latencyNanos().getEstimatedFootprintInBytes();
        assertTrue(bytes < 16 * 1024, () -> bytes + " bytes");
    }

    @Test
    void everyPacketCountsOnce() {
        arrives(0, 0, 1);
        arrives(0, 0, 1);
        arrives(1, 0, 1);
        Measured measured = toSite();
        assertEquals(2, measured.received());
        assertEquals(1, measured.duplicates());
        assertEquals(2, measured.latencyNanos().getTotalCount());
        assertEquals(20, measured.sent(), "10 of each call");
        assertEquals(18, measured.lost());
        assertEquals(90, measured.lostPercent());
    }

    /** RFC 4737 section 3: sequence 1 comes behind 3; 2 comes behind 3; 4 and 5 are in order. */
    @Test
    void reorderedIsWhatComesBehindALaterOne() {
        for (int sequence : new int[] {0, 3, 1, 2, 4, 5}) {
            arrives(0, sequence, 1);
        }
        assertEquals(2, toSite().reordered());
        assertEquals(6, toSite().received());
    }

    @Test
    void whatIsNotOfThisRunIsIgnored() {
        recorder.arrived(RUN + 1, 0, 0, 0, 0, 0);
        recorder.arrived(RUN, 2, 0, 0, 0, 0);
        recorder.arrived(RUN, -1, 0, 0, 0, 0);
        recorder.arrived(RUN, 0, 2, 0, 0, 0);
        recorder.arrived(RUN, 0, 0, 10, 0, 0);
        recorder.arrived(RUN, 0, 0, -1, 0, 0);
        assertEquals(0, recorder.count());
        assertEquals(0, toSite().received());
    }

    @Test
    void aLatePacketIsLostToTheTelephone() {
        for (int sequence = 0; sequence < 10; sequence++) {
            arrives(0, sequence, sequence >= 5 && sequence <= 7 ? 50 : 1);
            arrives(1, sequence, 1);
        }
        CallQuality quality = CallQuality.of(toSite(), Duration.ZERO);
        assertEquals(15, quality.latePercent(), 1e-9, "three of 20, later than 1 + 40 ms");
        double delay = 20 + 1 + 40;
        assertEquals(EModel.rating(Codec.G711, delay, 15), quality.rating(), 0.01);
        assertEquals(
                EModel.rating(Codec.G711, delay + 100, 15),
                CallQuality.of(toSite(), Duration.ofMillis(100)).rating(),
                0.01);
    }

    @Test
    void roundsAddUp() {
        arrives(0, 0, 10);
        arrives(0, 1, 26);
        arrives(0, 1, 26);
        Measured one = toSite();
        arrives(0, 3, 26);
        arrives(0, 2, 106);
        Measured other = toSite();
        Measured both = one.plus(other);
        assertEquals(4, both.calls());
        assertEquals(40, both.sent());
        assertEquals(2 + 4, both.received());
        assertEquals(34, both.lost());
        assertEquals(2, both.duplicates());
        assertEquals(1, both.reordered());
        assertEquals(6, both.latencyNanos().getTotalCount());
        assertEquals((one.meanJitterNanos() + other.meanJitterNanos()) / 2, both.meanJitterNanos());
        assertEquals(other.worstJitterNanos(), both.worstJitterNanos());
        assertEquals(other.worstJitterNanos(), other.plus(one).worstJitterNanos());
    }

    @Test
    void eachKindOfCallHasItsOwnResult() {
        Timetable kinds =
                Timetable.of(
                        List.of(
                                new Timetable.Calls(Codec.G711, 1),
                                new Timetable.Calls(Codec.DMR, 2)),
                        Duration.ofMillis(600));
        Recorder mixed = new Recorder(kinds, RUN, standstills);
        mixed.arrived(RUN, 0, 0, 0, 0, MILLI);
        mixed.arrived(RUN, 2, 1, 0, 0, MILLI);
        mixed.arrived(RUN, 2, 1, 1, 0, MILLI);
        List<Measured> results = mixed.results();
        assertEquals(
                List.of(Codec.G711, Codec.G711, Codec.DMR, Codec.DMR),
                results.stream().map(Measured::codec).toList());
        assertEquals(List.of(1L, 0L, 0L, 2L), results.stream().map(Measured::received).toList());
        assertEquals(List.of(30L, 30L, 20L, 20L), results.stream().map(Measured::sent).toList());
        assertEquals(3, mixed.count());
    }

    @Test
    void whereNobodySpeaksNothingIsLostOrLate() {
        InetSocketAddress from = new InetSocketAddress("192.0.2.1", 4000);
        InetSocketAddress to = new InetSocketAddress("192.0.2.9", 5000);
        Recorder oneWay =
                new Recorder(
                        Timetable.replay(
                                List.of(new CapturedDatagram(0, from, to, 172)),
                                1,
                                Duration.ofSeconds(1)),
                        RUN,
                        standstills);
        Measured silent = oneWay.results().getLast();
        assertEquals(0, silent.sent());
        assertEquals(0, silent.lostPercent());
        assertEquals(0, silent.percentileNanos(99));
        assertEquals(0, silent.maxNanos());
        assertEquals(0, CallQuality.of(silent, Duration.ZERO).latePercent());
    }
}
