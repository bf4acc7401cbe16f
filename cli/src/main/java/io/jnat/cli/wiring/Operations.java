package io.jnat.cli.wiring;

import io.jnat.cli.control.ControlOperation;
import io.jnat.cli.control.StatusReport;
import io.jnat.core.engine.Link;
import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.nat.FlowFilter;
import io.jnat.nat.FlowView;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.NatReport;
import io.jnat.tun.TunDevice;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What the running process answers on its control socket. */
final class Operations {
    /** Flows in one answer; a table of a million is asked for with a filter. */
    private static final int MOST_FLOWS = 100_000;

    private final Instance instance;
    private final EngineAssembly assembly;
    private final NatPolicy policy;
    private final Reload reload;

    Operations(Instance instance, EngineAssembly assembly, NatPolicy policy, Reload reload) {
        this.instance = instance;
        this.assembly = assembly;
        this.policy = policy;
        this.reload = reload;
    }

    Map<String, ControlOperation> all() {
        return Map.of(
                "status",
                request -> status(),
                "flows",
                request -> flows(),
                "reload",
                request -> reload.run(),
                "reload-preview",
                request -> reload.preview());
    }

    private List<FlowView> flows() {
        List<FlowView> flows = new ArrayList<>();
        int from = 1;
        while (from != 0 && flows.size() < MOST_FLOWS) {
            CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
            assembly.engine()
                    .submit(new NatCommand.ListFlows(policy, FlowFilter.ALL, from, answer));
            NatCommand.FlowPage page = await(answer);
            flows.addAll(page.flows());
            from = page.next();
        }
        return flows;
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return Instance.await(answer);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private StatusReport status() {
        CompletableFuture<NatReport> answer = new CompletableFuture<>();
        assembly.engine().submit(new NatCommand.Report(policy, answer));
        NatReport nat = await(answer);
        List<String> problems = new ArrayList<>(instance.role().problems(assembly.wireguard()));
        if (assembly.engine().faults() > 0) {
            problems.add(
                    assembly.engine().faults()
                            + " defects were caught in the engine; they are in the log");
        }
        for (TunDevice device : assembly.devices()) {
            if (device.isGone()) {
                problems.add("device " + device.name() + " was removed; restart jnat");
            }
        }
        String version = Operations.class.getPackage().getImplementationVersion();
        return new StatusReport(
                version == null ? "(not packaged)" : version,
                instance.role().name(),
                instance.config().instance().name(),
                ProcessHandle.current().pid(),
                instance.uptimeSeconds(),
                problems.isEmpty(),
                problems,
                new StatusReport.EngineReport(
                        assembly.engine().layout().label(),
                        Runtime.getRuntime().availableProcessors(),
                        assembly.engine().splits(),
                        assembly.engine().faults(),
                        assembly.wireguard().cipherStatus().name(),
                        assembly.wireguard().cipherStatus().reason()),
                MemoryReports.now(),
                offloads(),
                links(),
                tunnel(),
                new StatusReport.FlowsReport(nat.flows(), nat.flowCapacity()),
                rules(nat),
                drops());
    }

    private List<StatusReport.OffloadReport> offloads() {
        List<StatusReport.OffloadReport> reports = new ArrayList<>();
        for (TunDevice device : assembly.devices()) {
            device.offloads()
                    .forEach(offload ->
                            reports.add(
                                    new StatusReport.OffloadReport(
                                            device.name(),
                                            offload.name(),
                                            offload.on(),
                                            offload.reason())));
        }
        assembly.sockets()
                .offloads()
                .forEach(offload ->
                        reports.add(
                                new StatusReport.OffloadReport(
                                        "tunnel socket",
                                        offload.name(),
                                        offload.on(),
                                        offload.reason())));
        return reports;
    }

    private List<StatusReport.LinkReport> links() {
        List<StatusReport.LinkReport> reports = new ArrayList<>();
        for (Link link : assembly.links()) {
            reports.add(
                    new StatusReport.LinkReport(
                            link.name(),
                            link.zone().name().toLowerCase(Locale.ROOT),
                            link.mtu(),
                            traffic(link, LinkCounters.Kind.RECEIVED_PACKETS),
                            traffic(link, LinkCounters.Kind.RECEIVED_BYTES),
                            traffic(link, LinkCounters.Kind.SENT_PACKETS),
                            traffic(link, LinkCounters.Kind.SENT_BYTES)));
        }
        return reports;
    }

    private long traffic(Link link, LinkCounters.Kind kind) {
        return assembly.engine().traffic(link.id(), kind);
    }

    private StatusReport.TunnelReport tunnel() {
        List<StatusReport.PeerReport> peers = new ArrayList<>();
        for (PeerStatus peer : assembly.wireguard().status()) {
            Instant last = peer.lastHandshake();
            String endpoint = peer.endpoint();
            peers.add(
                    new StatusReport.PeerReport(
                            peer.config().name(),
                            peer.config().publicKey().base64(),
                            endpoint == null ? "" : endpoint,
                            peer.sessionAge() != null,
                            last == null ? -1 : Duration.between(last, Instant.now()).toSeconds(),
                            peer.rxBytes(),
                            peer.txBytes(),
                            peer.config().persistentKeepaliveSeconds(),
                            peer.config().allowedIps().stream().map(AllowedIp::toString).toList()));
        }
        return new StatusReport.TunnelReport(
                instance.publicKey(), assembly.sockets().port(), peers);
    }

    private static List<StatusReport.RuleReport> rules(NatReport nat) {
        List<StatusReport.RuleReport> reports = new ArrayList<>();
        for (NatReport.Rule rule : nat.rules()) {
            int space = rule.name().indexOf(' ');
            String kind = space < 0 ? "built-in" : rule.name().substring(0, space);
            if (space >= 0 || rule.flows() > 0) {
                reports.add(
                        new StatusReport.RuleReport(
                                kind,
                                rule.name().substring(space + 1),
                                rule.flows(),
                                rule.packets()));
            }
        }
        return reports;
    }

    private List<StatusReport.DropReport> drops() {
        List<StatusReport.DropReport> reports = new ArrayList<>();
        for (DropReason reason : DropReason.values()) {
            long packets = assembly.drops(reason);
            if (packets > 0) {
                reports.add(
                        new StatusReport.DropReport(
                                reason.id(), reason.name(), reason.explanation(), packets));
            }
        }
        return reports;
    }
}
