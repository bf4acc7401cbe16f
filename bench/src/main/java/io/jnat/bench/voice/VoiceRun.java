package io.jnat.bench.voice;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One run of a timetable over a path: a thread sends each packet at its absolute time, whatever
 * became of the one before; others record what arrives.
 */
public final class VoiceRun {
    private static final AtomicInteger RUNS = new AtomicInteger();
    private static final long LEAD_NANOS = 10_000_000;
    private static final Duration DRAIN = Duration.ofMillis(500);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private final Timetable timetable;
    private final CallPath path;
    private final Standstills standstills;
    private final Recorder recorder;
    private final int run = RUNS.incrementAndGet();
    private final Histogram latenessNanos = new Histogram(HIGHEST_NANOS, 3);
    private volatile @Nullable IOException failure;
    private volatile boolean cancelled;

    private VoiceRun(Timetable timetable, CallPath path, Standstills standstills) {
        this.timetable = timetable;
        this.path = path;
        this.standstills = standstills;
        recorder = new Recorder(timetable, run, standstills);
    }

    /**
     * What a run gave.
     *
     * @param measured by codec and direction
     * @param latenessNanos how much later than due the sender sent: its own share of every latency
     * @param standstills of the machine meanwhile; null if nobody watched
     */
    public record Outcome(
            List<Measured> measured,
            Histogram latenessNanos,
            Standstills.@Nullable Noticed standstills) {

        /** This run and another with the same kinds of calls. */
        public Outcome plus(Outcome other) {
            List<Measured> both = new ArrayList<>();
            for (int at = 0; at < measured.size(); at++) {
                both.add(measured.get(at).plus(other.measured.get(at)));
            }
            Histogram lateness = latenessNanos.copy();
            lateness.add(other.latenessNanos);
            return new Outcome(
                    both,
                    lateness,
                    standstills == null || other.standstills == null
                            ? null
                            : standstills.plus(other.standstills));
        }
    }

    /**
     * Runs it all.
     *
     * @param progress is told now and then how long it has run
     */
    public static Outcome run(Timetable timetable, CallPath path, Consumer<Duration> progress)
            throws IOException {
        return run(timetable, path, Standstills.unwatched(), progress);
    }

    /** The same, with an eye on the machine. */
    public static Outcome run(
            Timetable timetable,
            CallPath path,
            Standstills standstills,
            Consumer<Duration> progress)
            throws IOException {
        return new VoiceRun(timetable, path, standstills).run(progress);
    }

    private Outcome run(Consumer<Duration> progress) throws IOException {
        path.start(recorder);
        try {
            long startNanos = System.nanoTime();
            Thread sender = Thread.ofPlatform().daemon().name("voice-sender").start(this::send);
            while (!sender.join(LOOK)) {
                progress.accept(Duration.ofNanos(System.nanoTime() - startNanos));
            }
            drain();
        } catch (InterruptedException e) {
            cancelled = true;
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            path.stop();
        }
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
        return new Outcome(
                recorder.results(), Measured.compact(latenessNanos), standstills.noticed());
    }

    /** Waits for the last packets; what takes longer counts as lost. */
    private void drain() throws InterruptedException {
        long startNanos = System.nanoTime();
        while (recorder.count() < timetable.size()
                && System.nanoTime() - startNanos < DRAIN.toNanos()) {
            Thread.sleep(5);
        }
    }

    private void send() {
        GeneratorThread.prepare();
        try {
            long startNanos = System.nanoTime() + LEAD_NANOS;
            for (int at = 0; at < timetable.size() && !cancelled; at++) {
                long dueNanos = startNanos + timetable.dueNanos(at);
                long nowNanos = waitUntil(dueNanos);
                path.send(
                        run,
                        timetable.call(at),
                        timetable.direction(at),
                        timetable.sequence(at),
                        dueNanos,
                        timetable.bytes(at));
                latenessNanos.recordValue(Math.min(nowNanos - dueNanos, HIGHEST_NANOS));
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private static long waitUntil(long dueNanos) {
        long nowNanos = System.nanoTime();
        while (nowNanos - dueNanos < 0) {
            LockSupport.parkNanos(dueNanos - nowNanos);
            nowNanos = System.nanoTime();
        }
        return nowNanos;
    }
}
