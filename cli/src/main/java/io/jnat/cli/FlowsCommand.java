package io.jnat.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.control.TextTable;
import io.jnat.nat.FlowView;
import io.jnat.nat.NatCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jnat flows}: the conversations that the running process tracks. */
@Command(
        name = "flows",
        description = "List, watch or end the flows of the running process.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Filters, of which all must match:",
            "  device=NAME|ADDRESS  the device on the inside     site=NAME  its site (relay)",
            "  proto=udp|tcp|icmp|… or a number                  port=N     of either side",
            "  rule=NAME            the rule that let it in      state=NAME or its start",
            "  src=NETWORK          who opened it                dst=NETWORK to whom",
            "  addr=NETWORK         any of its addresses",
            "",
            "Examples:",
            "  jnat flows device=flex proto=udp port=4993",
            "  jnat flows rule=dmr --watch",
            "  jnat flows src=203.0.113.0/24 --kill",
            "  jnat flows --json | jq '.[] | select(.rule == \"forward dmr\")'"
        })
final class FlowsCommand implements Callable<Integer> {
    private static final List<String> KEYS =
            List.of("device", "site", "proto", "port", "rule", "state", "src", "dst", "addr");

    @Mixin private InstanceOption instance;
    @Mixin private WatchOption watch;
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print an array of JSON objects.")
    private boolean json;

    @Option(
            names = "--kill",
            description = "End the flows that match, and print what they were. Needs a filter.")
    private boolean kill;

    @Parameters(arity = "0..*", paramLabel = "KEY=VALUE", description = "Filters, see below.")
    private List<String> filters = List.of();

    @Override
    public Integer call() {
        filters.forEach(this::checkKey);
        if (kill && filters.isEmpty()) {
            throw wrong("--kill without a filter would end every flow; give one (addr=0.0.0.0/0)");
        }
        if (kill && watch.isOn()) {
            throw wrong("--kill and --watch do not go together");
        }
        return watch.repeat(instance, request(1), this::print);
    }

    private Map<String, Object> request(int from) {
        Map<String, Object> request = new HashMap<>();
        request.put("op", "flows");
        request.put("filter", filters);
        request.put("kill", kill);
        request.put("from", from);
        return request;
    }

    private void checkKey(String filter) {
        int equals = filter.indexOf('=');
        String key = equals < 0 ? filter : filter.substring(0, equals);
        if (equals > 0 && KEYS.contains(key)) {
            return;
        }
        String nearest = Nearest.to(key, KEYS);
        throw wrong(
                filter
                        + ": "
                        + (equals < 0 ? "not a filter" : "unknown filter")
                        + " (expected KEY=VALUE with one of: "
                        + String.join(", ", KEYS)
                        + (nearest == null ? ")" : "; did you mean \"" + nearest + "=…\"?)"));
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Prints an answer, and asks for the rest: a table of flows may be larger than the heap. */
    private int print(Object data, PrintWriter out) throws IOException {
        TextTable table =
                new TextTable(
                        "flow",
                        "proto",
                        "inside",
                        "",
                        "outside",
                        "external",
                        "state",
                        "idle",
                        "out",
                        "in",
                        "rule");
        int count = 0;
        NatCommand.FlowPage page = page(data);
        out.print(json ? "[" : "");
        while (true) {
            if (json) {
                String objects = JSON.std.asString(page.flows());
                out.print(count > 0 && !page.flows().isEmpty() ? "," : "");
                out.print(objects.substring(1, objects.length() - 1));
            } else {
                page.flows().forEach(flow -> row(table, flow));
                table.print(out);
            }
            count += page.flows().size();
            if (page.next() == 0) {
                break;
            }
            page = page(instance.more(request(page.next())));
        }
        if (json) {
            out.println("]");
        } else {
            out.println((count == 1 ? "1 flow" : count + " flows") + (kill ? " ended" : ""));
        }
        return ExitCode.OK;
    }

    private static NatCommand.FlowPage page(Object data) throws IOException {
        return JSON.std.beanFrom(NatCommand.FlowPage.class, JSON.std.asString(data));
    }

    private static void row(TextTable table, FlowView flow) {
        table.row(
                flow.number(),
                flow.protocol(),
                flow.inside(),
                flow.inbound() ? "<-" : "->",
                flow.outside(),
                flow.external(),
                flow.state(),
                flow.idleMillis() / 1000 + " s",
                StatusCommand.bytes(flow.bytesOut()),
                StatusCommand.bytes(flow.bytesIn()),
                flow.rule());
    }
}
