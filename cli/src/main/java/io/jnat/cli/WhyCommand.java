package io.jnat.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.control.TextTable;
import io.jnat.cli.why.Advice;
import io.jnat.cli.why.WhyReport;
import io.jnat.core.stat.DropReason;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat why}: what would become of a packet, and which rule or table entry decides. */
@Command(
        name = "why",
        description = {
            "Say what would become of a packet, step by step, with the rule or the flow that decides,"
                    + " at this end and, through the tunnel, at the other one. Nothing is sent to"
                    + " anybody else, and no flow is made.",
            "",
            "With the name of a drop reason alone (from `jnat status`): what it means, and what to do."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jnat why udp 198.51.100.7:4000 relay:55193    from the internet to a forward",
            "  jnat why flex:5060 8.8.8.8:53 udp             from a device to the internet",
            "  jnat why icmp flex 8.8.8.8                    an echo request",
            "  jnat why udp [2001:db8::7]:4000 dmr6:55193    over IPv6, to the device itself",
            "  jnat why NOT_ALLOWED                          what a drop reason means",
            "Exit code 0 when it goes through, 1 when it does not."
        })
final class WhyCommand implements Callable<Integer> {
    @Mixin private InstanceOption instance;
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object (schema 1).")
    private boolean json;

    @Parameters(
            arity = "1..3",
            paramLabel = "WORD",
            description =
                    "udp, tcp or icmp, in any place; then FROM and TO, each DEVICE, SITE:ADDRESS,"
                            + " ADDRESS or relay, with :PORT; an IPv6 address in brackets then. Or a"
                            + " drop reason.")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        if (words.size() == 1) {
            return explainReason(words.getFirst());
        }
        return instance.ask(
                Map.of("op", "why", "words", words),
                (data, out) -> {
                    String text = JSON.std.asString(data);
                    WhyReport report = JSON.std.beanFrom(WhyReport.class, text);
                    if (json) {
                        out.println(text);
                    } else {
                        print(report, out);
                    }
                    return report.passes() ? ExitCode.OK : ExitCode.FAILED;
                });
    }

    private int explainReason(String name) {
        for (DropReason reason : DropReason.values()) {
            if (reason.name().equals(name.toUpperCase(Locale.ROOT))
                    || name.equals("" + reason.id())) {
                PrintWriter out = spec.commandLine().getOut();
                out.println(reason.name() + " (" + reason.id() + "): " + reason.explanation());
                String advice = Advice.about(reason);
                if (!advice.isEmpty()) {
                    out.println("what to do: " + advice);
                }
                return ExitCode.OK;
            }
        }
        throw new picocli.CommandLine.ParameterException(
                spec.commandLine(),
                name
                        + ": no such drop reason (expected one that `jnat status` shows, or a packet:"
                        + " udp 198.51.100.7:4000 relay:55193)");
    }

    private static void print(WhyReport report, PrintWriter out) {
        out.println(report.packet());
        for (WhyReport.EndReport end : report.ends()) {
            out.println();
            out.println(end.name() + (end.here() ? " (this end)" : " (asked through the tunnel)"));
            TextTable table = new TextTable("  question", "rule or entry", "answer");
            for (WhyReport.StepReport step : end.steps()) {
                table.row(
                        "  " + step.question(),
                        step.rule().isEmpty() ? "-" : step.rule(),
                        step.answer() + (step.place().isEmpty() ? "" : " [" + step.place() + "]"));
            }
            table.print(out);
            if (!end.note().isEmpty()) {
                out.println("  " + end.note());
            }
        }
        out.println();
        out.println("verdict: " + report.verdict());
        if (!report.reason().isEmpty()) {
            out.println("reason: " + report.reason());
        }
        if (!report.advice().isEmpty()) {
            out.println("what to do: " + report.advice());
        }
    }
}
