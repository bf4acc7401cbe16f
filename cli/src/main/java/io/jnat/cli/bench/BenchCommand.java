package io.jnat.cli.bench;

import io.jnat.bench.voice.Codec;
import io.jnat.bench.voice.Limit;
import io.jnat.bench.voice.Phase;
import io.jnat.bench.voice.Timetable;
import io.jnat.cli.ExitCode;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.LabCalls;
import io.jnat.cli.lab.Requirements;
import io.jnat.tun.pcap.CaptureFile;
import io.jnat.tun.pcap.CapturedDatagram;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jnat bench}: how voice fares on this machine. */
@Command(
        name = "bench",
        description = {
            "Measure how voice fares on this machine: latency, jitter, loss, R-factor and MOS.",
            "",
            "As root: a relay and a router run as processes in network namespaces, with TUN devices,"
                    + " NAT, WireGuard and a carrier-grade NAT between them, as users run them. Calls"
                    + " go through them both ways, first alone, then beside a TCP transfer that takes"
                    + " all it can get. Without root: both ends in this process on simulated links,"
                    + " which leaves out what the kernel costs. Touches nothing outside.",
            "",
            "A packet's latency is from when it was due to when the receiving application had it, so"
                    + " that nothing which holds up the sender hides a delay."
        },
        mixinStandardHelpOptions = true,
        subcommands = {CipherCommand.class, JmhCommand.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  sudo jnat bench                                      about 40 seconds",
            "  sudo jnat bench --streams 100 --seconds 30           more calls, for longer",
            "  sudo jnat bench --budget alone:p99=500us --budget loss=0%%",
            "  sudo jnat bench --against wireguard-go               in turn with it",
            "  sudo jnat bench --replay calls.pcap --hgrm calls.hgrm",
            "  jnat bench jmh                                       single steps",
            "Exit code 1 when a budget is exceeded."
        })
public final class BenchCommand implements Callable<Integer> {
    /** As many as there is memory for: the heap has 64 MB. */
    private static final int MOST_REPLAYED = 400_000;

    private static final Duration BASELINE = Duration.ofSeconds(3);
    private static final int AGAINST_SECONDS = 4;

    @Spec private CommandSpec spec;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "20",
            description = "Calls with G.711: 172 bytes, 50 packets/s each way (default: 20).")
    private int streams;

    @Option(
            names = "--dmr",
            paramLabel = "N",
            defaultValue = "2",
            description = "Calls of DMR repeaters: 53 bytes every 60 ms each way (default: 2).")
    private int dmr;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Length of each phase (default: 8; with --against 4).")
    private @Nullable Integer seconds;

    @Option(names = "--no-bulk", description = "Only alone, without a transfer beside the calls.")
    private boolean noBulk;

    @Option(
            names = "--replay",
            paramLabel = "FILE",
            description = {
                "Instead of calls made up: the UDP conversations of a capture (pcap or pcapng), with"
                        + " its times and sizes; its first --seconds (default: 30)."
            })
    private @Nullable Path replay;

    @Option(
            names = "--network-delay",
            paramLabel = "MS",
            defaultValue = "0",
            description =
                    "One-way delay in ms that the real network would add, for R and MOS (default: 0).")
    private int networkDelayMillis;

    @Option(
            names = "--budget",
            paramLabel = "BOUND",
            description = {
                "Exit with 1 unless all calls keep it: p99=200us, p99.9=1ms, max=5ms, jitter=1ms,"
                        + " loss=0.1%%, r=90; with alone: or bulk: in front for these phases only."
                        + " May be repeated."
            })
    private List<String> budgets = new ArrayList<>();

    @Option(
            names = "--against",
            paramLabel = "PROGRAM",
            description = {
                "Run the same through another WireGuard implementation at both ends, in turn, and"
                        + " print ratios: wireguard-go, or a path. The kernel does its NAT. It"
                        + " comes first in every other round."
            })
    private @Nullable String against;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description =
                    "How often each runs (default: 1; with --against 4, so that each begins as often).")
    private @Nullable Integer rounds;

    @Option(
            names = "--awake",
            description =
                    "Both ends of jnat keep their cores awake while calls are alone (engine.awake).")
    private boolean awake;

    @Option(
            names = "--in-process",
            description = "On simulated links although namespaces could be had.")
    private boolean inProcess;

    @Option(names = "--json", description = "Print everything as one JSON object (jnat-bench/1).")
    private boolean json;

    @Option(
            names = "--hgrm",
            paramLabel = "FILE",
            description =
                    "Write the latencies of all of jnat's packets as HdrHistogram's percentiles, and"
                            + " beside it a file for each phase and direction.")
    private @Nullable Path hgrm;

    /** For picocli. */
    public BenchCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        List<Limit> limits = limits();
        checkNumbers();
        checkBudgets(limits);
        Progress progress = new Progress(err);
        try {
            boolean lab = isLab(err);
            Timetable timetable = timetable(progress);
            if (timetable.leftOut() > 0) {
                progress.note(
                        "jnat bench: the capture's first "
                                + timetable.calls()
                                + " conversations; left out: "
                                + timetable.leftOut());
            }
            ProcessorTime before = ProcessorTime.now();
            List<SystemResult> systems = measure(lab, timetable, progress);
            double stolenPercent = ProcessorTime.now().stolenPercentSince(before);
            progress.clear();
            SystemResult jnat = systems.getFirst();
            List<LimitCheck> checks = LimitCheck.all(limits, jnat, networkDelay());
            BenchReport report =
                    new BenchReport(
                            Machine.here(),
                            lab,
                            timetable,
                            networkDelay(),
                            stolenPercent,
                            systems,
                            checks);
            if (json) {
                out.println(BenchJson.text(report));
            } else {
                new BenchText(report, isUtf8()).print(out);
            }
            out.flush();
            if (hgrm != null) {
                progress.note(HgrmFiles.write(hgrm, jnat));
            }
            return checks.stream().allMatch(LimitCheck::kept) ? ExitCode.OK : ExitCode.FAILED;
        } catch (InterruptedIOException e) {
            progress.note("jnat bench: interrupted; everything is removed");
            return ExitCode.FAILED;
        } catch (IOException | IllegalArgumentException e) {
            progress.note("jnat bench: " + e.getMessage());
            return ExitCode.FAILED;
        }
    }

    private List<Limit> limits() {
        try {
            return budgets.stream().map(Limit::parse).toList();
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec.commandLine(), wrong.getMessage());
        }
    }

    private void checkNumbers() {
        check("--streams", streams, 0, LabCalls.MOST);
        check("--dmr", dmr, 0, LabCalls.MOST);
        check("--streams and --dmr (0 for none) together", streams + dmr, 1, LabCalls.MOST);
        check("--network-delay", networkDelayMillis, 0, 10_000);
        if (hgrm != null && !isWritable(hgrm)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--hgrm: " + hgrm + " (expected: a file in a directory that can be written)");
        }
        if (seconds != null) {
            check("--seconds", seconds, 1, 3_600);
        }
        if (rounds != null) {
            check("--rounds", rounds, 1, 100);
        }
    }

    /** A budget that nothing can exceed is a mistake. */
    private void checkBudgets(List<Limit> limits) {
        for (Limit limit : limits) {
            if (noBulk && !limit.concerns(Phase.ALONE)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "budget '" + limit.text() + "': there is no such phase with --no-bulk");
            }
            if (limit.kind() == Limit.Kind.RATING && (replay != null || streams == 0)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "budget '" + limit.text() + "': only calls with G.711 have an R");
            }
        }
    }

    private static boolean isWritable(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        return directory != null && Files.isWritable(directory) && !Files.isDirectory(file);
    }

    private void check(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    "%s: %d (expected: %d to %d)".formatted(name, value, least, most));
        }
    }

    private Duration networkDelay() {
        return Duration.ofMillis(networkDelayMillis);
    }

    /** Whether there will be namespaces; what is missing for them is said. */
    private boolean isLab(PrintWriter err) throws IOException {
        String missing = inProcess ? "--in-process was asked for" : missing();
        if (missing == null) {
            return true;
        }
        if (against != null) {
            throw new IOException("--against needs network namespaces: " + missing);
        }
        if (awake) {
            throw new IOException("--awake needs network namespaces: " + missing);
        }
        err.println(
                "jnat bench: in this process on simulated links ("
                        + missing
                        + "): TUN devices, sockets and wake-ups of receivers are not measured");
        err.flush();
        return false;
    }

    private static @Nullable String missing() {
        if (!Requirements.isRoot()) {
            return "not root; for the real thing: sudo jnat bench";
        }
        List<String> rights = Requirements.missingCapabilities();
        if (!rights.isEmpty()) {
            return "root without "
                    + String.join(" and ", rights)
                    + "; for the real thing give them to the container, as docker run --privileged"
                    + " does";
        }
        if (!Requirements.hasTun()) {
            return "no /dev/net/tun; load it so: sudo modprobe tun";
        }
        List<String> packages = Requirements.missingPackages();
        return packages.isEmpty()
                ? null
                : "tools are missing; install them so: sudo apt-get install "
                        + String.join(" ", packages);
    }

    private Timetable timetable(Progress progress) throws IOException {
        if (replay != null) {
            Duration longest = Duration.ofSeconds(seconds == null ? 30 : seconds);
            List<CapturedDatagram> capture = CaptureFile.datagrams(replay, MOST_REPLAYED);
            if (capture.size() == MOST_REPLAYED && capture.getLast().nanos() < longest.toNanos()) {
                progress.note(
                        "jnat bench: the capture's first "
                                + MOST_REPLAYED
                                + " datagrams; more do not fit in memory");
            }
            try {
                return Timetable.replay(capture, LabCalls.MOST, longest);
            } catch (IllegalArgumentException empty) {
                throw new IOException(replay + ": " + empty.getMessage(), empty);
            }
        }
        int length = seconds == null ? against == null ? 8 : AGAINST_SECONDS : seconds;
        return calls(Duration.ofSeconds(length));
    }

    private Timetable calls(Duration length) {
        List<Timetable.Calls> calls = new ArrayList<>();
        if (streams > 0) {
            calls.add(new Timetable.Calls(Codec.G711, streams));
        }
        if (dmr > 0) {
            calls.add(new Timetable.Calls(Codec.DMR, dmr));
        }
        return Timetable.of(calls, length);
    }

    private List<SystemResult> measure(boolean lab, Timetable timetable, Progress progress)
            throws IOException {
        List<Contender> contenders = new ArrayList<>();
        contenders.add(new Contender.Jnat(JnatCommand.ofThisProcess(), awake));
        if (against != null) {
            Requirements.find("wg");
            contenders.add(new Contender.Other(Requirements.find(against)));
        }
        Timetable onCable = replay == null ? calls(BASELINE) : timetable;
        Rounds all =
                new Rounds(
                        contender ->
                                lab
                                        ? LabSession.open(contender, timetable.calls())
                                        : new InProcessSession(),
                        timetable,
                        lab ? onCable : null,
                        !noBulk,
                        progress);
        return all.run(contenders, rounds == null ? against == null ? 1 : 4 : rounds);
    }

    private static boolean isUtf8() {
        String charset = System.getProperty("stdout.encoding", "");
        return charset.toUpperCase(Locale.ROOT).equals("UTF-8");
    }
}
