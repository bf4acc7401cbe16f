package io.jnat.cli.bench;

import io.jnat.bench.voice.BulkTransfer;
import io.jnat.bench.voice.Direction;
import io.jnat.bench.voice.EndCost;
import io.jnat.bench.voice.Measured;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.PhaseResult;
import io.jnat.bench.voice.Standstills;
import io.jnat.bench.voice.Timetable;
import io.jnat.bench.voice.VoiceRun;
import io.jnat.cli.control.StatusReport;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabCalls;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Requirements;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Both ends as processes in the laboratory: calls go from the internet client to forwarded ports of
 * the relay, through the tunnel and the carrier-grade NAT to the captured radio, and back.
 */
final class LabSession implements Session {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** Of the packets that are not measured: the tunnel is up, and the machine may be busy. */
    private static final double TOLERATED_PERCENT = 1;

    private static final Duration SETTLE_LIMIT = Duration.ofSeconds(40);

    /** A router's queues and, with less, no {@code Rehearsal}: its first calls would be slower. */
    private static final int FILES_OF_AN_END = 512;

    private static final int OWN_FILES = 128;

    /** Both its sockets, through the tunnel and on the bare cable. */
    private static final int FILES_A_CALL = 4;

    private final Contender contender;
    private final NetworkLab lab;
    private final List<TunnelEnd> ends;
    private final List<ProcessWatch> watches;
    private final LabCalls calls;

    /**
     * Calls cost no less than this share of what they cost before: nothing is compiled any more.
     */
    private static final double CALM_SHARE = 0.9;

    private static final int MOST_CALM_RUNS = 8;

    private @Nullable LabCalls cable;

    private LabSession(Contender contender, NetworkLab lab, List<TunnelEnd> ends, LabCalls calls) {
        this.contender = contender;
        this.lab = lab;
        this.ends = ends;
        this.calls = calls;
        watches =
                List.of(
                        new ProcessWatch("relay", contender, ends.get(0)),
                        new ProcessWatch("router", contender, ends.get(1)));
    }

    /** Builds a laboratory and starts both ends in it. */
    static LabSession open(Contender contender, int calls) throws IOException {
        Requirements.requireOpenFiles(Math.max(FILES_OF_AN_END, OWN_FILES + FILES_A_CALL * calls));
        NetworkLab lab = NetworkLab.open();
        try {
            LabFiles files = LabFiles.write(lab.directory());
            List<TunnelEnd> ends =
                    List.of(
                            lab.add(contender.relay(lab, files)),
                            lab.add(contender.router(lab, files)));
            LabCalls path = LabCalls.open(lab, calls);
            for (TunnelEnd end : ends) {
                end.start();
            }
            return new LabSession(contender, lab, ends, path);
        } catch (IOException | RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    @Override
    public void becomeSteady(Timetable trial, Progress progress) throws IOException {
        try {
            awaitSteady(trial, progress);
        } catch (IOException e) {
            checkAlive();
            throw e;
        }
    }

    private void awaitSteady(Timetable trial, Progress progress) throws IOException {
        awaitCalls(trial, progress);
        if (!isSettled()) {
            progress.tell(contender.name() + ": ciphers are compiled");
        }
        if (!Await.within(
                SETTLE_LIMIT,
                () -> {
                    checkAlive();
                    return isSettled();
                })) {
            progress.note(
                    contender.name()
                            + " has not settled on a cipher within "
                            + SETTLE_LIMIT.toSeconds()
                            + " s; measured all the same");
        }
        for (Direction direction : Direction.values()) {
            progress.tell(contender.name() + ": warm-up, not measured");
            BulkTransfer bulk = LabCalls.bulk(lab, direction);
            try {
                VoiceRun.run(trial, calls.path(), time -> {});
            } finally {
                bulk.close();
            }
        }
        awaitCompilers(trial);
    }

    /**
     * Makes calls until they cost the ends no less than they did before: what was compiled for the
     * transfers has then been compiled. The same for every contender.
     */
    private void awaitCompilers(Timetable trial) throws IOException {
        double before = Double.MAX_VALUE;
        for (int run = 0; run < MOST_CALM_RUNS; run++) {
            for (ProcessWatch watch : watches) {
                watch.begin();
            }
            VoiceRun.run(trial, calls.path(), time -> {});
            double spent = 0;
            for (ProcessWatch watch : watches) {
                spent += watch.end().cpuSeconds();
            }
            if (spent > CALM_SHARE * before) {
                return;
            }
            before = spent;
        }
    }

    private boolean isSettled() throws IOException {
        for (TunnelEnd end : ends) {
            if (!contender.isSettled(end)) {
                return false;
            }
        }
        return true;
    }

    private void awaitCalls(Timetable trial, Progress progress) throws IOException {
        progress.tell(contender.name() + ": the tunnel comes up");
        long startNanos = System.nanoTime();
        while (lostPercent(VoiceRun.run(trial, calls.path(), time -> {})) > TOLERATED_PERCENT) {
            checkAlive();
            if (System.nanoTime() - startNanos > START_LIMIT.toNanos()) {
                throw new IOException(
                        contender.name()
                                + ": calls lose packets "
                                + START_LIMIT.toSeconds()
                                + " s after the start; relay:\n"
                                + tail(ends.get(0).log())
                                + "router:\n"
                                + tail(ends.get(1).log()));
            }
        }
    }

    private void checkAlive() throws IOException {
        if (lab.isClosed()) { // Ctrl-C ends the ends, too
            throw new InterruptedIOException("interrupted");
        }
        for (TunnelEnd end : ends) {
            if (!end.alive()) {
                throw new IOException(
                        contender.name()
                                + (end.killed()
                                        ? " was killed, by the kernel if memory ran out (dmesg"
                                                + " tells):\n"
                                        : " has ended by itself:\n")
                                + tail(end.log()));
            }
        }
    }

    private static double lostPercent(VoiceRun.Outcome outcome) {
        long sent = outcome.measured().stream().mapToLong(Measured::sent).sum();
        long lost = outcome.measured().stream().mapToLong(Measured::lost).sum();
        return 100.0 * lost / sent;
    }

    private static String tail(String log) {
        List<String> lines = log.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size())) + "\n";
    }

    @Override
    public PhaseResult run(Phase phase, Timetable timetable, Progress progress) throws IOException {
        try {
            return measure(phase, timetable, progress);
        } catch (IOException e) {
            checkAlive();
            throw e;
        }
    }

    private PhaseResult measure(Phase phase, Timetable timetable, Progress progress)
            throws IOException {
        // The load generator's own collections would be taken for the network's delay.
        System.gc();
        LabCalls path = phase == Phase.BASELINE ? cable(timetable.calls()) : calls;
        Direction direction = phase.bulk();
        try (BulkTransfer bulk = direction == null ? null : LabCalls.bulk(lab, direction);
                Standstills standstills =
                        bulk == null ? Standstills.unwatched() : Standstills.watch()) {
            for (ProcessWatch watch : watches) {
                watch.begin();
            }
            long startNanos = System.nanoTime();
            VoiceRun.Outcome outcome =
                    VoiceRun.run(
                            timetable,
                            path.path(),
                            standstills,
                            time -> progress.tell(contender.name(), phase, time, timetable));
            // With the wait for the last packets, in which the ends cost something too.
            Duration length = Duration.ofNanos(System.nanoTime() - startNanos);
            double bitsPerSecond = bulk == null ? 0 : bulk.bitsPerSecond();
            List<EndCost> costs = new ArrayList<>();
            if (phase.isMeasured()) {
                for (ProcessWatch watch : watches) {
                    costs.add(watch.end());
                }
            }
            return new PhaseResult(phase, length, outcome, bitsPerSecond, costs);
        }
    }

    private LabCalls cable(int count) throws IOException {
        LabCalls path = cable;
        if (path == null) {
            path = LabCalls.openOnCable(lab, count);
            cable = path;
        }
        return path;
    }

    @Override
    public String cipher() throws IOException {
        StatusReport status = contender.status(ends.getFirst());
        return status == null
                ? ""
                : status.engine().cipher() + " (" + status.engine().cipherReason() + ")";
    }

    @Override
    public void close() throws IOException {
        calls.close();
        LabCalls path = cable;
        if (path != null) {
            path.close();
        }
        lab.close();
    }
}
