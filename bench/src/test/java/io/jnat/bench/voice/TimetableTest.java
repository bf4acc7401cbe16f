package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.tun.pcap.CapturedDatagram;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TimetableTest {
    private static final InetSocketAddress CALLER = new InetSocketAddress("192.0.2.1", 4000);
    private static final InetSocketAddress CALLED = new InetSocketAddress("192.0.2.2", 5000);
    private static final InetSocketAddress OTHER = new InetSocketAddress("192.0.2.3", 6000);

    @Test
    void twentyCallsSendTheirFiftyPacketsASecondEachWayEvenlySpread() {
        Timetable timetable =
                Timetable.of(List.of(new Timetable.Calls(Codec.G711, 20)), Duration.ofSeconds(1));
        assertEquals(2 * 20 * 50, timetable.size());
        assertEquals(50, timetable.packets(19, Direction.FROM_SITE));
        for (int at = 1; at < timetable.size(); at++) {
            assertEquals(500_000, timetable.dueNanos(at) - timetable.dueNanos(at - 1));
            assertTrue(timetable.direction(at) != timetable.direction(at - 1));
            assertEquals(172, timetable.bytes(at));
        }
    }

    @Test
    void kindsOfCallsRunSideBySide() {
        Timetable timetable =
                Timetable.of(
                        List.of(
                                new Timetable.Calls(Codec.G711, 1),
                                new Timetable.Calls(Codec.DMR, 2)),
                        Duration.ofMillis(600));
        assertEquals(List.of(Codec.G711, Codec.DMR), timetable.codecs());
        assertEquals(30, timetable.packets(0, Direction.TO_SITE));
        assertEquals(10, timetable.packets(2, Direction.TO_SITE));
    }

    /** An hour of calls once took more memory than there was. */
    @Test
    void anHourOfCallsTakesNoMoreMemoryThanASecond() {
        Timetable timetable =
                Timetable.of(
                        List.of(
                                new Timetable.Calls(Codec.G711, 20),
                                new Timetable.Calls(Codec.DMR, 2)),
                        Duration.ofHours(1));
        assertEquals(3600 * 50, timetable.packets(7, Direction.TO_SITE));
        int[] next = new int[2 * timetable.calls()];
        long dueNanos = 0;
        for (int at = 0; at < timetable.size(); at++) {
            assertTrue(timetable.dueNanos(at) >= dueNanos);
            dueNanos = timetable.dueNanos(at);
            int stream = 2 * timetable.call(at) + timetable.direction(at).ordinal();
            assertEquals(next[stream]++, timetable.sequence(at));
        }
        assertEquals(timetable.packets(21, Direction.FROM_SITE), next[2 * 21 + 1]);
        assertEquals(3600, Math.round(timetable.length().toMillis() / 1000.0));
    }

    @Test
    void aCaptureKeepsItsTimesSizesAndDirections() {
        Timetable timetable =
                Timetable.replay(
                        List.of(
                                new CapturedDatagram(0, CALLER, CALLED, 200),
                                new CapturedDatagram(5_000, CALLED, CALLER, 100),
                                new CapturedDatagram(9_000, OTHER, CALLED, 3),
                                new CapturedDatagram(20_000, CALLER, CALLED, 200)),
                        10,
                        Duration.ofSeconds(1));
        assertEquals(2, timetable.calls());
        assertEquals(4, timetable.size());
        assertEquals(5_000, timetable.dueNanos(1));
        assertEquals(Direction.FROM_SITE, timetable.direction(1));
        assertEquals(100, timetable.bytes(1));
        assertEquals(1, timetable.call(2));
        assertEquals(Direction.TO_SITE, timetable.direction(2));
        assertEquals(VoicePacket.BYTES, timetable.bytes(2), "room for the timestamps");
        assertEquals(1, timetable.sequence(3));
    }

    @Test
    void conversationsAndTimeBeyondTheLimitsAreLeftOut() {
        List<CapturedDatagram> capture =
                List.of(
                        new CapturedDatagram(0, CALLER, CALLED, 200),
                        new CapturedDatagram(1, OTHER, CALLED, 200),
                        new CapturedDatagram(2_000_000_000L, CALLER, CALLED, 200));
        Timetable timetable = Timetable.replay(capture, 1, Duration.ofSeconds(1));
        assertEquals(1, timetable.size());
        assertEquals(1, timetable.calls());
        assertEquals(1, timetable.leftOut());
    }

    @Test
    void aCaptureWithoutUdpIsRefused() {
        assertEquals("no UDP packets in the capture", refusalOf(List.of()));
        assertEquals(
                "no UDP packets in the first 1 s of the capture",
                refusalOf(List.of(new CapturedDatagram(2_000_000_000L, CALLER, CALLED, 200))));
    }

    private static String refusalOf(List<CapturedDatagram> capture) {
        return String.valueOf(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Timetable.replay(capture, 1, Duration.ofSeconds(1)))
                        .getMessage());
    }
}
