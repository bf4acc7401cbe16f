package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class VoiceRunTest {
    private static final Timetable TIMETABLE =
            Timetable.of(List.of(new Timetable.Calls(Codec.G711, 2)), Duration.ofMillis(500));

    @Test
    void everyPacketArrivesOverLoopBack() throws IOException {
        List<SocketPath.Call> calls = new ArrayList<>();
        for (int at = 0; at < TIMETABLE.calls(); at++) {
            DatagramChannel one = bound();
            DatagramChannel other = bound();
            calls.add(
                    new SocketPath.Call(
                            one.connect(other.getLocalAddress()),
                            other.connect(one.getLocalAddress())));
        }
        try (SocketPath path = new SocketPath(calls)) {
            for (int round = 0; round < 2; round++) {
                VoiceRun.Outcome outcome = VoiceRun.run(TIMETABLE, path, time -> {});
                assertEquals(2, outcome.measured().size(), "one a direction");
                for (Measured measured : outcome.measured()) {
                    assertEquals(50, measured.sent());
                    assertEquals(50, measured.received());
                    assertEquals(0, measured.reordered());
                }
                assertEquals(TIMETABLE.size(), outcome.latenessNanos().getTotalCount());
            }
        }
    }

    private static DatagramChannel bound() throws IOException {
        return DatagramChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /**
     * A path that holds its sender up for 100 ms once: the packets that were due meanwhile are late
     * by what is left of it, though each took no time once it was sent.
     */
    @Test
    void aSenderThatIsHeldUpCountsAsDelayOfEveryPacketThatWasDue() throws IOException {
        HeldUp path = new HeldUp();
        VoiceRun.Outcome outcome = VoiceRun.run(TIMETABLE, path, time -> {});
        Measured both = outcome.measured().get(0).plus(outcome.measured().get(1));
        assertEquals(0, both.lost());
        assertTrue(both.maxNanos() >= 95_000_000, () -> "max " + both.maxNanos());
        // 200 packets a second: about 20 of the 100 were due while nothing could be sent.
        long late =
                both.latencyNanos()
                        .getCountBetweenValues(5_000_000, both.latencyNanos().getMaxValue());
        assertTrue(late >= 18, () -> late + " packets were late by 5 ms and more");
    }

    /** Delivers at once, but for the fifth packet. */
    private static final class HeldUp implements CallPath {
        private Recorder recorder;
        private int sent;

        @Override
        public void start(Recorder next) {
            recorder = next;
        }

        @Override
        public void send(
                int run, int call, Direction direction, int sequence, long dueNanos, int bytes) {
            if (++sent == 5) {
                long until = System.nanoTime() + 100_000_000;
                while (System.nanoTime() - until < 0) {
                    LockSupport.parkNanos(until - System.nanoTime());
                }
            }
            recorder.arrived(run, call, direction.ordinal(), sequence, dueNanos, System.nanoTime());
        }

        @Override
        public void stop() {}

        @Override
        public void close() {}
    }

    @Test
    void strangersOnTheSocketAreIgnored() throws IOException {
        DatagramChannel one = bound();
        DatagramChannel other = bound();
        InetSocketAddress to = (InetSocketAddress) one.getLocalAddress();
        other.connect(to);
        one.connect(other.getLocalAddress());
        try (SocketPath path = new SocketPath(List.of(new SocketPath.Call(one, other)))) {
            Recorder recorder = new Recorder(TIMETABLE, 1, Standstills.unwatched());
            path.start(recorder);
            other.write(ByteBuffer.wrap(new byte[3]));
            other.write(ByteBuffer.wrap(new byte[172]));
            path.send(1, 0, Direction.FROM_SITE, 0, System.nanoTime(), 172);
            long startNanos = System.nanoTime();
            while (recorder.count() == 0 && System.nanoTime() - startNanos < 2_000_000_000L) {
                Thread.onSpinWait();
            }
            path.stop();
            assertEquals(1, recorder.count());
        }
    }

    @Test
    void callsCrossRelayAndRouterInThisProcess() throws IOException {
        try (SimulatedPath path = new SimulatedPath(CipherChoice.SCALAR)) {
            path.awaitSteady(TIMETABLE, Duration.ofSeconds(60));
            VoiceRun.Outcome alone = VoiceRun.run(TIMETABLE, path, time -> {});
            for (Measured measured : alone.measured()) {
                assertEquals(0, measured.lost(), measured::toString);
            }
            try (BulkTransfer bulk = path.bulk(Direction.TO_SITE)) {
                VoiceRun.run(TIMETABLE, path, time -> {});
                double bitsPerSecond = bulk.bitsPerSecond();
                assertTrue(bitsPerSecond > 1e6, () -> "bit/s " + bitsPerSecond);
            }
            assertEquals(List.of(), path.faults());
        }
    }
}
