package io.jnat.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.control.TextTable;
import io.jnat.nat.FlowView;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jnat flows}: the conversations that the running process tracks. */
@Command(
        name = "flows",
        description = "List the flows of the running process.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jnat flows",
            "  jnat flows --json | jq '.[] | select(.rule == \"forward dmr\")'"
        })
final class FlowsCommand implements Callable<Integer> {
    @Mixin private InstanceOption instance;

    @Option(names = "--json", description = "Print an array of JSON objects.")
    private boolean json;

    @Override
    public Integer call() {
        return instance.ask(
                Map.of("op", "flows"),
                (data, out) -> {
                    String text = JSON.std.asString(data);
                    if (json) {
                        out.println(text);
                        return ExitCode.OK;
                    }
                    List<FlowView> flows = JSON.std.listOfFrom(FlowView.class, text);
                    TextTable table =
                            new TextTable(
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
                    for (FlowView flow : flows) {
                        table.row(
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
                    table.print(out);
                    out.println(flows.size() == 1 ? "1 flow" : flows.size() + " flows");
                    return ExitCode.OK;
                });
    }
}
