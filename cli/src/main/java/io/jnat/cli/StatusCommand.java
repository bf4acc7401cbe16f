package io.jnat.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.control.StatusReport;
import io.jnat.cli.control.TextTable;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jnat status}: what the running process does, and what it drops. */
@Command(
        name = "status",
        description = "Show the running process: tunnel, devices, flows, drops by reason.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jnat status",
            "  jnat status --watch",
            "  jnat status --check || echo somebody should look",
            "  jnat status --json | jq .tunnel.peers",
            "Exit code 5 when part of it does not work; the reasons stand first."
        })
final class StatusCommand implements Callable<Integer> {
    @Mixin private InstanceOption instance;

    @Mixin private WatchOption watch;

    @Option(names = "--json", description = "Print everything as one JSON object (schema 1).")
    private boolean json;

    @Option(
            names = "--check",
            description = "Print only whether it is healthy, and why not; for monitoring.")
    private boolean check;

    @Override
    public Integer call() {
        return watch.repeat(
                instance,
                Map.of("op", "status"),
                (data, out) -> {
                    String text = JSON.std.asString(data);
                    StatusReport report = JSON.std.beanFrom(StatusReport.class, text);
                    if (json) {
                        out.println(text);
                    } else if (check) {
                        headline(report, out);
                    } else {
                        print(report, out);
                    }
                    return report.healthy() ? ExitCode.OK : ExitCode.DEGRADED;
                });
    }

    private static void headline(StatusReport report, PrintWriter out) {
        out.printf(
                "%s %s: %s%n",
                report.role(), report.name(), report.healthy() ? "healthy" : "DEGRADED");
        report.problems().forEach(problem -> out.println("  problem: " + problem));
        attacks(report, out);
    }

    private static void attacks(StatusReport report, PrintWriter out) {
        for (StatusReport.AttackReport attack : report.attacks()) {
            out.printf(
                    "  attack: %s, for %s, %d in all%n    %s%n",
                    attack.what(), duration(attack.seconds()), attack.total(), attack.defence());
        }
    }

    private static void print(StatusReport report, PrintWriter out) {
        out.printf(
                "%s %s: %s, up %s, process %d, layout %s on %d cores%n",
                report.role(),
                report.name(),
                report.healthy() ? "healthy" : "DEGRADED",
                duration(report.uptimeSeconds()),
                report.pid(),
                report.engine().layout(),
                report.engine().cores());
        out.printf("cipher: %s (%s)%n", report.engine().cipher(), report.engine().cipherReason());
        out.printf(
                "memory: %s resident%s, %s heap in use, %d collections (%d ms)%n",
                bytes(report.memory().residentBytes()),
                report.memory().locked() ? " (locked)" : "",
                bytes(report.memory().heapBytes()),
                report.memory().collections(),
                report.memory().collectionMillis());
        report.problems().forEach(problem -> out.println("  problem: " + problem));
        attacks(report, out);
        out.printf(
                "tunnel: port %d, public key %s%n",
                report.tunnel().listenPort(), report.tunnel().publicKey());
        peers(report, out);
        links(report, out);
        flows(report.flows(), out);
        rules(report, out);
        offloads(report, out);
        drops(report, out);
    }

    private static void flows(StatusReport.FlowsReport flows, PrintWriter out) {
        out.printf("flows: %d of at most %d", flows.active(), flows.capacity());
        if (flows.evicted() + flows.refused() > 0) {
            out.printf(
                    "; the table was full: %d half-open or closing ones made room, %d found none"
                            + " (engine.flows sets its size)",
                    flows.evicted(), flows.refused());
        }
        out.println();
    }

    private static void peers(StatusReport report, PrintWriter out) {
        TextTable table = new TextTable("  peer", "state", "handshake", "endpoint", "in", "out");
        for (StatusReport.PeerReport peer : report.tunnel().peers()) {
            table.row(
                    "  " + peer.name(),
                    peer.up() ? "up" : "down",
                    peer.handshakeAgeSeconds() < 0
                            ? "never"
                            : duration(peer.handshakeAgeSeconds()) + " ago",
                    peer.endpoint().isEmpty() ? "(unknown yet)" : peer.endpoint(),
                    bytes(peer.receivedBytes()),
                    bytes(peer.sentBytes()));
        }
        table.print(out);
        report.tunnel().peers().forEach(peer -> peer(peer, out));
    }

    private static void peer(StatusReport.PeerReport peer, PrintWriter out) {
        out.printf("  %s: public key %s%n", peer.name(), peer.publicKey());
        out.printf(
                "    session %s, %d rekeys, %s%s, %d packets wait; packets of up to %d bytes%n",
                peer.sessionAgeSeconds() < 0 ? "none" : duration(peer.sessionAgeSeconds()) + " old",
                peer.rekeys(),
                peer.presharedKey() ? "preshared key, " : "",
                peer.keepaliveSeconds() == 0
                        ? "no persistent keepalive"
                        : "keepalive every " + peer.keepaliveSeconds() + " s",
                peer.staged(),
                peer.mtu());
        out.printf(
                "    keepalives %d sent, %d received; %d replayed, %d refused by allowed IPs (%s)%n",
                peer.keepalivesSent(),
                peer.keepalivesReceived(),
                peer.replayed(),
                peer.notAllowed(),
                String.join(", ", peer.allowedIps()));
        if (peer.endpointMoves() > 0) {
            out.printf(
                    "    moved %d times; before at %s%n",
                    peer.endpointMoves(), String.join(", then ", peer.formerEndpoints()));
        }
        for (StatusReport.FailureReport failure : peer.handshakeFailures()) {
            out.printf(
                    "    handshakes failed %d times: %s (%s)%n",
                    failure.count(), failure.explanation(), failure.cause());
        }
    }

    private static void links(StatusReport report, PrintWriter out) {
        out.println("links:");
        TextTable table =
                new TextTable(
                        "  link", "zone", "mtu", "packets in", "bytes", "packets out", "bytes");
        for (StatusReport.LinkReport link : report.links()) {
            table.row(
                    "  " + link.name(),
                    link.zone(),
                    link.mtu(),
                    link.receivedPackets(),
                    bytes(link.receivedBytes()),
                    link.sentPackets(),
                    bytes(link.sentBytes()));
        }
        table.print(out);
    }

    private static void rules(StatusReport report, PrintWriter out) {
        TextTable table = new TextTable("  rule", "name", "flows", "packets");
        for (StatusReport.RuleReport rule : report.rules()) {
            table.row("  " + rule.kind(), rule.name(), rule.flows(), rule.packets());
        }
        if (!table.isEmpty()) {
            out.println("rules:");
            table.print(out);
        }
    }

    private static void offloads(StatusReport report, PrintWriter out) {
        out.println("offloads:");
        TextTable table =
                new TextTable("  device", "offload", "in use", "why not, and what that costs");
        for (StatusReport.OffloadReport offload : report.offloads()) {
            table.row(
                    "  " + offload.device(),
                    offload.offload(),
                    offload.inUse() ? "yes" : "no",
                    offload.why());
        }
        table.print(out);
    }

    private static void drops(StatusReport report, PrintWriter out) {
        TextTable table = new TextTable("  dropped", "reason", "which means");
        for (StatusReport.DropReport drop : report.drops()) {
            table.row("  " + drop.packets(), drop.reason(), drop.explanation());
        }
        out.println(table.isEmpty() ? "drops: none" : "drops:");
        table.print(out);
    }

    static String duration(long seconds) {
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 7200) {
            return seconds / 60 + " min";
        }
        return seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }

    static String bytes(long count) {
        double amount = count;
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        while (amount >= 1024 && unit < units.length - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0
                ? count + " B"
                : String.format(Locale.ROOT, "%.1f %s", amount, units[unit]);
    }
}
