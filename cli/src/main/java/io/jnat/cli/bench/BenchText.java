package io.jnat.cli.bench;

import io.jnat.bench.voice.CallQuality;
import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.EndCost;
import io.jnat.bench.voice.LatencyBars;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.SimulatedPath;
import io.jnat.bench.voice.Standstills;
import io.jnat.bench.voice.Timetable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** The benchmark's report for people. */
final class BenchText {
    private static final int BAR_WIDTH = 16;

    /** Choice of our own: a calm machine of two cores stays far below. */
    private static final long BUSY_NANOS = 1_000_000;

    /** From here on it shows in one packet of a hundred. */
    private static final double STOLEN_PERCENT = 1;

    private static final String LABEL = "%-20s";
    private static final String TITLE =
            "%8s%8s%8s%8s%9s%8s%6s%7s%7s%6s%n"
                    .formatted(
                            "p50", "p90", "p99", "p99.9", "max", "jitter", "lost", "reord.", "R",
                            "MOS");

    private final BenchReport report;
    private final LatencyBars bars;

    /**
     * A text of the report.
     *
     * @param unicode whether block characters can be printed
     */
    BenchText(BenchReport report, boolean unicode) {
        this.report = report;
        bars = new LatencyBars(unicode ? "█" : "#", BAR_WIDTH);
    }

    void print(PrintWriter out) {
        header(out);
        for (SystemResult system : report.systems()) {
            for (Codec codec : report.timetable().codecs()) {
                calls(system, codec, out);
            }
        }
        histogram(report.systems().getFirst(), out);
        if (report.systems().size() > 1) {
            Comparison.print(report.systems().get(0), report.systems().get(1), out);
        }
        if (report.lab()) {
            costs(out);
        }
        standstills(out);
        notes(out);
        budgets(out);
    }

    private void header(PrintWriter out) {
        Machine machine = report.machine();
        out.println(
                report.lab()
                        ? "Voice through relay, carrier-grade NAT and router: processes in network"
                                + " namespaces, as they are run"
                        : "Voice through relay and router: in one process, on simulated links,"
                                + " without TUN devices and sockets");
        out.printf(
                Locale.ROOT,
                "jnat %s, JDK %s, Linux %s, %s, %d cores for everything%n",
                machine.jnat(),
                machine.java(),
                machine.kernel(),
                machine.processor(),
                machine.cores());
        out.println("cipher: " + report.systems().getFirst().cipher());
        for (PhaseResult phase : report.systems().getFirst().phases()) {
            if (!phase.phase().isMeasured()) {
                warnIfBusy(Measured.latency(phase.outcome().measured()), out);
            }
        }
        if (report.stolenPercent() >= STOLEN_PERCENT) {
            out.printf(
                    Locale.ROOT,
                    "The host of this virtual machine gave %.1f %% of the processor's time to others"
                            + " meanwhile: packets are late for as long, whatever carries them. Part of"
                            + " it is waking up cores that sleep, which --awake keeps from it.%n",
                    report.stolenPercent());
        }
    }

    private static void warnIfBusy(Histogram cable, PrintWriter out) {
        long p99Nanos = cable.getValueAtPercentile(99);
        if (p99Nanos > BUSY_NANOS) {
            out.println(
                    "This machine is busy with something else: even over a bare cable 1 % of the"
                            + " packets took "
                            + micros(p99Nanos)
                            + " µs and more. The figures say little; repeat it when it is calm.");
        }
    }

    private String title(Codec codec) {
        Timetable timetable = report.timetable();
        long calls =
                IntStream.range(0, timetable.calls())
                        .filter(call -> timetable.codec(call).equals(codec))
                        .count();
        if (codec.equals(Codec.REPLAY)) {
            return "conversations of the capture: %d".formatted(calls);
        }
        return String.format(
                Locale.ROOT,
                "%d calls with %s (%d bytes every %d ms each way)",
                calls,
                codec.name(),
                codec.payloadBytes(),
                codec.interval().toMillis());
    }

    private void calls(SystemResult system, Codec codec, PrintWriter out) {
        out.printf("%n%s: %s; one way, µs%n", system.name(), title(codec));
        out.printf(LABEL, "");
        out.print(TITLE);
        for (PhaseResult result : system.phases()) {
            out.println(heading(result));
            for (Measured measured : result.outcome().measured()) {
                if (measured.codec().equals(codec)) {
                    row(measured, result.phase(), out);
                }
            }
        }
    }

    private static String heading(PhaseResult result) {
        return result.bulkBitsPerSecond() == 0
                ? result.phase().label()
                : String.format(
                        Locale.ROOT,
                        "%s, %.2f Gb/s",
                        result.phase().label(),
                        result.bulkBitsPerSecond() / 1e9);
    }

    private void row(Measured measured, Phase phase, PrintWriter out) {
        boolean rated = measured.codec().isRated() && phase.isMeasured();
        CallQuality quality = rated ? CallQuality.of(measured, report.networkDelay()) : null;
        out.printf(LABEL, "  " + measured.direction().label());
        out.printf(
                Locale.ROOT,
                "%8s%8s%8s%8s%9s%8s%6d%7d%7s%6s%n",
                arrived(measured, measured.percentileNanos(50)),
                arrived(measured, measured.percentileNanos(90)),
                arrived(measured, measured.percentileNanos(99)),
                arrived(measured, measured.percentileNanos(99.9)),
                arrived(measured, measured.maxNanos()),
                arrived(measured, measured.meanJitterNanos()),
                measured.lost(),
                measured.reordered(),
                quality == null ? "-" : String.format(Locale.ROOT, "%.1f", quality.rating()),
                quality == null
                        ? "-"
                        : String.format(Locale.ROOT, "%.2f", quality.meanOpinionScore()));
    }

    /** Nothing that did not arrive was fast. */
    private static String arrived(Measured measured, long nanos) {
        return measured.received() == 0 ? "-" : micros(nanos);
    }

    private static String micros(long nanos) {
        return micros((double) nanos);
    }

    static String micros(double nanos) {
        return Double.isNaN(nanos)
                ? "-"
                : String.format(Locale.ROOT, nanos < 10_000 ? "%.1f" : "%.0f", nanos / 1e3);
    }

    /** All calls of a phase together, a column for each phase. */
    private void histogram(SystemResult system, PrintWriter out) {
        List<Histogram> columns = new ArrayList<>();
        StringBuilder title = new StringBuilder(" ".repeat(9));
        for (PhaseResult phase : system.phases()) {
            if (phase.phase().isMeasured()) {
                columns.add(Measured.latency(phase.outcome().measured()));
                title.append(
                        String.format(
                                "  %-" + (BAR_WIDTH + 7) + "s",
                                phase.phase().label().replace("a transfer", "bulk")));
            }
        }
        out.printf("%n%s: share of all packets by latency%n", system.name());
        out.println(title.toString().stripTrailing());
        bars.lines(columns).forEach(out::println);
    }

    private void costs(PrintWriter out) {
        out.printf(
                "%n%-48s%12s%12s%10s%14s%10s%n",
                "what the ends cost",
                "% of a core",
                "% a call",
                "resident",
                "collections",
                "B/packet");
        for (SystemResult system : report.systems()) {
            for (PhaseResult result : system.phases()) {
                for (EndCost end : result.ends()) {
                    cost(system.name(), result, end, out);
                }
            }
        }
    }

    private void cost(String system, PhaseResult result, EndCost end, PrintWriter out) {
        double seconds = result.length().toNanos() / 1e9;
        double percent = 100 * end.cpuSeconds() / seconds;
        double garbage = end.allocatedBytesPerPacket();
        out.printf(
                Locale.ROOT,
                "%-48s%12.1f%12s%10s%14s%10s%n",
                system
                        + " "
                        + end.name()
                        + ", "
                        + result.phase().label().replace("a transfer", "bulk"),
                percent,
                result.phase().isBesideBulk()
                        ? "-"
                        : String.format(Locale.ROOT, "%.2f", percent / report.timetable().calls()),
                end.residentBytes() < 0 ? "-" : end.residentBytes() / 1_000_000 + " MB",
                end.collections() < 0
                        ? "-"
                        : end.collections() + " in " + end.collectionMillis() + " ms",
                Double.isNaN(garbage) ? "-" : String.format(Locale.ROOT, "%.2f", garbage));
    }

    /** How much of the longest latencies is the machine's. */
    private void standstills(PrintWriter out) {
        boolean begun = false;
        for (SystemResult system : report.systems()) {
            for (PhaseResult result : system.phases()) {
                Standstills.Noticed noticed = result.outcome().standstills();
                if (noticed != null) {
                    if (!begun) {
                        out.printf(
                                "%nwhen the machine itself stood still: a thread that goes before all others"
                                        + " woke up 1 ms late or more%n");
                        begun = true;
                    }
                    out.println(standstills(system, result, noticed));
                }
            }
        }
    }

    private static String standstills(
            SystemResult system, PhaseResult result, Standstills.Noticed noticed) {
        StringBuilder line =
                new StringBuilder(
                        system.name()
                                + ", "
                                + result.phase().label().replace("a transfer", "bulk"));
        if (noticed.count() == 0) {
            return line.append(": never").toString();
        }
        long calmMaxNanos =
                result.outcome().measured().stream()
                        .mapToLong(Measured::calmMaxNanos)
                        .max()
                        .orElse(0);
        return line.append(noticed.count() == 1 ? ": once, " : ": " + noticed.count() + " times, ")
                .append(micros(noticed.longestNanos()))
                .append(
                        calmMaxNanos == 0
                                ? " µs at most; no packet came outside of that"
                                : " µs at most; longest latency outside of that: "
                                        + micros(calmMaxNanos)
                                        + " µs")
                .toString();
    }

    private void notes(PrintWriter out) {
        out.println();
        out.println(
                "Latency is from when a packet was due to when the receiving application had it. In"
                        + " it is what the load");
        Histogram lateness =
                report.systems().getFirst().phases().stream()
                        .filter(phase -> phase.phase() == Phase.ALONE)
                        .findFirst()
                        .orElseThrow()
                        .outcome()
                        .latenessNanos();
        out.printf(
                "generator itself took to send: p50 %s, p99 %s, max %s µs while alone. %s%n",
                micros(lateness.getValueAtPercentile(50)),
                micros(lateness.getValueAtPercentile(99)),
                micros(lateness.getMaxValue()),
                report.lab()
                        ? "The bare cable is the floor: the same calls"
                        : "Arrival is when the engine writes");
        out.println(
                report.lab()
                        ? "between the same sockets' kernel, over one virtual cable. Jitter is RFC"
                                + " 3550's, mean of the calls."
                        : "a packet to its device. Jitter is RFC 3550's, mean of the calls.");
        if (report.timetable().codecs().contains(Codec.G711)) {
            out.printf(
                    Locale.ROOT,
                    "R and MOS: ITU-T G.107 with its defaults; G.711 with loss concealment (Ie 0,"
                            + " Bpl 25.1), 20 ms packets,%n%d ms play-out buffer (later is lost), %d ms"
                            + " added for the network. At best R is 93.2.%n",
                    CallQuality.PLAY_OUT_BUFFER.toMillis(),
                    report.networkDelay().toMillis());
        }
        if (report.timetable().codecs().contains(Codec.DMR)) {
            out.println("DMR gets no R: nothing is published for its codec.");
        }
        if (report.cutPackets() > 0) {
            out.printf(
                    "Packets of the capture with more than %d bytes: %d. They were cut to that:"
                            + " simulated links carry no fragments.%n",
                    SimulatedPath.MOST_VOICE_BYTES, report.cutPackets());
        }
        if (report.lab()) {
            out.println(
                    "B/packet: all that engine threads allocate, divided by packets. Being asked for"
                            + " counters and flows costs them some\n1 KB a second, packets cost none.");
            out.println(
                    "Calls, transfer and both ends share the cores; what a machine of its own has"
                            + " for each is better.");
        }
    }

    private void budgets(PrintWriter out) {
        if (report.checks().isEmpty()) {
            return;
        }
        out.println();
        for (LimitCheck check : report.checks()) {
            out.printf(
                    "budget %-20s %-9s %s%n",
                    check.limit().text(),
                    check.kept() ? "kept" : "EXCEEDED",
                    check.where().isEmpty()
                            ? "(concerns nothing that was measured)"
                            : "worst: " + value(check) + ", " + check.where());
        }
    }

    private static String value(LimitCheck check) {
        if (Double.isNaN(check.value())) {
            return "no R";
        }
        return switch (check.limit().kind()) {
            case LATENCY, JITTER ->
                    Double.isInfinite(check.value())
                            ? "nothing arrived"
                            : micros(check.value()) + " µs";
            case LOSS -> String.format(Locale.ROOT, "%.3f%%", check.value());
            case RATING -> String.format(Locale.ROOT, "R %.1f", check.value());
        };
    }
}
