package io.jnat.bench.voice;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.PackedHistogram;

/**
 * What became of all calls with one codec, in one direction.
 *
 * @param codec of the calls
 * @param direction the way
 * @param calls how many
 * @param latencyNanos one value for each packet that arrived: from when it was due to when the
 *     receiving application had it
 * @param sent packets
 * @param received packets, each counted once
 * @param duplicates packets that arrived again
 * @param reordered packets that arrived behind one that was sent after them (RFC 4737)
 * @param meanJitterNanos RFC 3550 interarrival jitter at the end, mean of the calls that send this
 *     way
 * @param worstJitterNanos the same, the worst call's
 * @param calmMaxNanos the greatest latency of packets on whose way the machine did not stand still
 *     ({@link Standstills}); where nobody watched, of all
 */
public record Measured(
        Codec codec,
        Direction direction,
        int calls,
        Histogram latencyNanos,
        long sent,
        long received,
        long duplicates,
        long reordered,
        long meanJitterNanos,
        long worstJitterNanos,
        long calmMaxNanos) {

    /** Packets that did not arrive. */
    public long lost() {
        return sent - received;
    }

    /** The share of them, in percent. */
    public double lostPercent() {
        return sent == 0 ? 0 : 100.0 * lost() / sent;
    }

    /** Latency that this share of the packets did not exceed. */
    public long percentileNanos(double percentile) {
        return latencyNanos.getTotalCount() == 0
                ? 0
                : latencyNanos.getValueAtPercentile(percentile);
    }

    /** The greatest latency. */
    public long maxNanos() {
        return latencyNanos.getTotalCount() == 0 ? 0 : latencyNanos.getMaxValue();
    }

    /**
     * The same values in little memory: what is recorded into has room for all values there could
     * be, and of many rounds that would be more than there is.
     */
    static Histogram compact(Histogram recorded) {
        Histogram compact = new PackedHistogram(recorded);
        compact.add(recorded);
        return compact;
    }

    /** The latencies of several kinds of calls, all together. */
    public static Histogram latency(List<Measured> measured) {
        Histogram all = measured.getFirst().latencyNanos.copy();
        measured.subList(1, measured.size()).forEach(one -> all.add(one.latencyNanos));
        return all;
    }

    /** These calls and others of the same kind. */
    public Measured plus(Measured other) {
        int allCalls = calls + other.calls;
        return new Measured(
                codec,
                direction,
                allCalls,
                latency(List.of(this, other)),
                sent + other.sent,
                received + other.received,
                duplicates + other.duplicates,
                reordered + other.reordered,
                (meanJitterNanos * calls + other.meanJitterNanos * other.calls) / allCalls,
                Math.max(worstJitterNanos, other.worstJitterNanos),
                Math.max(calmMaxNanos, other.calmMaxNanos));
    }
}
