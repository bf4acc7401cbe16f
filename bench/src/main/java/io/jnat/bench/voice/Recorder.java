package io.jnat.bench.voice;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Counts and times what arrives in one run. A packet's time starts when it was due, not when it was
 * sent: a sender that is held up, by whatever, counts as delay (coordinated omission).
 *
 * <p>Owner: one receiving thread a direction; results are read after it has ended. Allocates
 * nothing while it records.
 */
public final class Recorder {
    /** Later than this is as good as lost. */
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private static final int DIGITS = 3;

    private final Timetable timetable;
    private final int run;
    private final Standstills standstills;
    private final Stream[][] streams;
    private final Histogram[][] latencyNanos;
    private final AtomicLong[] arrived = {new AtomicLong(), new AtomicLong()};

    /**
     * Nothing has arrived yet.
     *
     * @param run its packets carry this number
     * @param standstills of the machine, while it runs
     */
    Recorder(Timetable timetable, int run, Standstills standstills) {
        this.timetable = timetable;
        this.run = run;
        this.standstills = standstills;
        List<Codec> codecs = timetable.codecs();
        latencyNanos = new Histogram[codecs.size()][2];
        for (Histogram[] ways : latencyNanos) {
            ways[0] = new Histogram(HIGHEST_NANOS, DIGITS);
            ways[1] = new Histogram(HIGHEST_NANOS, DIGITS);
        }
        streams = new Stream[timetable.calls()][2];
        for (int call = 0; call < streams.length; call++) {
            for (Direction direction : Direction.values()) {
                int way = direction.ordinal();
                streams[call][way] =
                        new Stream(
                                timetable.packets(call, direction),
                                latencyNanos[codecs.indexOf(timetable.codec(call))][way]);
            }
        }
    }

    /** A packet is here; what is not of this run or not of this timetable is ignored. */
    void arrived(int ofRun, int call, int direction, int sequence, long dueNanos, long nowNanos) {
        if (ofRun != run
                || call < 0
                || call >= streams.length
                || direction < 0
                || direction > 1
                || sequence < 0) {
            return;
        }
        Stream stream = streams[call][direction];
        long transitNanos = nowNanos - dueNanos;
        if (sequence < stream.packets && stream.arrived(sequence, transitNanos)) {
            arrived[direction].lazySet(arrived[direction].get() + 1);
            if (transitNanos > stream.calmMaxNanos && !standstills.touched(dueNanos)) {
                stream.calmMaxNanos = Math.min(transitNanos, HIGHEST_NANOS);
            }
        }
    }

    /** How many packets are here, each counted once. */
    long count() {
        return arrived[0].get() + arrived[1].get();
    }

    /** What was measured, by codec and direction. */
    List<Measured> results() {
        List<Measured> results = new ArrayList<>();
        List<Codec> codecs = timetable.codecs();
        for (int kind = 0; kind < codecs.size(); kind++) {
            for (Direction direction : Direction.values()) {
                results.add(result(codecs.get(kind), direction, latencyNanos[kind]));
            }
        }
        return results;
    }

    private Measured result(Codec codec, Direction direction, Histogram[] latencies) {
        long sent = 0;
        long received = 0;
        long duplicates = 0;
        long reordered = 0;
        double jitterSum = 0;
        double worstJitter = 0;
        long calmMaxNanos = 0;
        int calls = 0;
        int speaking = 0;
        for (int call = 0; call < streams.length; call++) {
            if (timetable.codec(call).equals(codec)) {
                Stream stream = streams[call][direction.ordinal()];
                calls++;
                speaking += stream.packets > 0 ? 1 : 0;
                sent += stream.packets;
                received += stream.seen.cardinality();
                duplicates += stream.duplicates;
                reordered += stream.reordered;
                jitterSum += stream.jitterNanos;
                worstJitter = Math.max(worstJitter, stream.jitterNanos);
                calmMaxNanos = Math.max(calmMaxNanos, stream.calmMaxNanos);
            }
        }
        Histogram latency = latencies[direction.ordinal()];
        return new Measured(
                codec,
                direction,
                calls,
                Measured.compact(latency),
                sent,
                received,
                duplicates,
                reordered,
                Math.round(jitterSum / Math.max(1, speaking)),
                Math.round(worstJitter),
                // As exact as the histogram's own: of the same packet it is the same.
                calmMaxNanos == 0 ? 0 : latency.highestEquivalentValue(calmMaxNanos));
    }

    /** One direction of one call. */
    private static final class Stream {
        private final int packets;
        private final Histogram latencyNanos;
        private final BitSet seen;
        private boolean begun;
        private int nextExpected;
        private long lastTransitNanos;
        private double jitterNanos;
        private long duplicates;
        private long reordered;
        private long calmMaxNanos;

        Stream(int packets, Histogram latencyNanos) {
            this.packets = packets;
            this.latencyNanos = latencyNanos;
            seen = new BitSet(packets);
        }

        /** False for a packet that was here before. */
        boolean arrived(int sequence, long transitNanos) {
            if (seen.get(sequence)) {
                duplicates++;
                return false;
            }
            seen.set(sequence);
            // RFC 4737 section 3: reordered is what comes behind one that was sent after it.
            if (sequence < nextExpected) {
                reordered++;
            } else {
                nextExpected = sequence + 1;
            }
            // RFC 3550 section 6.4.1: J += (|D| - J) / 16, D the change of the transit time.
            if (begun) {
                jitterNanos += (Math.abs(transitNanos - lastTransitNanos) - jitterNanos) / 16.0;
            }
            begun = true;
            lastTransitNanos = transitNanos;
            latencyNanos.recordValue(Math.clamp(transitNanos, 0, HIGHEST_NANOS));
            return true;
        }
    }
}
