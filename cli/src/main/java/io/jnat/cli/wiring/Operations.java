package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.control.ControlOperation;
import io.jnat.cli.control.StatusReport;
import io.jnat.cli.engine.EngineAssembly;
import io.jnat.core.engine.Link;
import io.jnat.core.stat.DropReason;
import io.jnat.core.stat.LinkCounters;
import io.jnat.nat.FlowFilter;
import io.jnat.nat.FlowView;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import io.jnat.nat.NatReport;
import io.jnat.tun.Offload;
import io.jnat.tun.TunDevice;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What the running process answers on its control socket. */
final class Operations {
    /** Flows in one answer, about: several that are asked for at once fit into the heap. */
    private static final int FLOWS_PER_ANSWER = 1024;

    private final Instance instance;
    private final EngineAssembly assembly;
    private final NatPolicy policy;
    private final Reload reload;
    private final ControlOperation why;
    private final AttackWatch attackWatch = new AttackWatch();

    Operations(
            Instance instance,
            EngineAssembly assembly,
            NatPolicy policy,
            Reload reload,
            ControlOperation why) {
        this.why = why;
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
                this::flows,
                "reload",
                request -> reload.run(),
                "reload-preview",
                request -> reload.preview(),
                "why",
                why);
    }

    /** In pages, between which the engine does its work; the request's {@code from} goes on. */
    private NatCommand.FlowPage flows(Map<String, Object> request) {
        Object words = request.getOrDefault("filter", List.of());
        FlowFilter filter =
                new FlowQuery(
                                instance.config(),
                                assembly.wireguard().status(),
                                () -> report().rules().stream().map(NatReport.Rule::name).toList())
                        .parse(words instanceof List<?> list ? list : List.of(words));
        boolean kill = Boolean.TRUE.equals(request.get("kill"));
        List<FlowView> flows = new ArrayList<>();
        int from = request.get("from") instanceof Integer next ? Math.max(next, 1) : 1;
        while (from != 0 && flows.size() < FLOWS_PER_ANSWER) {
            CompletableFuture<NatCommand.FlowPage> answer = new CompletableFuture<>();
            assembly.engine()
                    .submit(
                            kill
                                    ? new NatCommand.EndFlows(policy, filter, from, answer)
                                    : new NatCommand.ListFlows(policy, filter, from, answer));
            NatCommand.FlowPage page = await(answer);
            flows.addAll(page.flows());
            from = page.next();
        }
        return new NatCommand.FlowPage(flows, from);
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return Instance.await(answer);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private StatusReport status() {
        NatReport nat = report();
        List<String> problems = new ArrayList<>(instance.role().problems(assembly.wireguard()));
        if (assembly.engine().faults() > 0) {
            problems.add(
                    assembly.engine().faults()
                            + " defects were caught in the engine; they are in the log");
        }
        String wan = InterfaceAddresses.trouble(instance.config().wan());
        if (!wan.isEmpty()) {
            problems.add(wan + ": nothing leaves by it; jnat follows when that changes");
        } else {
            String ipv4 = InterfaceAddresses.ipv4Trouble(instance.config());
            if (!ipv4.isEmpty()) {
                problems.add(ipv4);
            }
        }
        if (instance.config() instanceof RouterConfig router) {
            for (String name : router.lan()) {
                String lan = InterfaceAddresses.trouble(name);
                if (!lan.isEmpty()) {
                    problems.add(
                            lan
                                    + ": no device on it is reached, and what comes for them is"
                                    + " dropped; jnat follows when that changes");
                }
            }
        }
        problems.addAll(instance.hostProblems());
        if (!instance.flowsTrouble().isEmpty()) {
            problems.add(instance.flowsTrouble());
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
                attackWatch.attacks().stream().map(Operations::attack).toList(),
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
                new StatusReport.FlowsReport(
                        nat.flows(), nat.flowCapacity(), nat.evicted(), nat.refused()),
                rules(nat),
                drops());
    }

    private NatReport report() {
        CompletableFuture<NatReport> answer = new CompletableFuture<>();
        assembly.engine().submit(new NatCommand.Report(policy, answer));
        return await(answer);
    }

    /** Looks at the counters, once a second; gives what has begun since the last time, in words. */
    List<String> lookForAttacks() {
        List<AttackWatch.Signal> signals =
                AttackSignals.of(report(), assembly.wireguard().status(), assembly::drops);
        return attackWatch.sample(instance.uptimeSeconds(), signals).stream()
                .map(attack -> attack.what() + "; " + attack.defence())
                .toList();
    }

    private static StatusReport.AttackReport attack(AttackWatch.Attack attack) {
        return new StatusReport.AttackReport(
                attack.what(),
                attack.perSecond(),
                attack.seconds(),
                attack.total(),
                attack.defence());
    }

    private List<StatusReport.OffloadReport> offloads() {
        List<StatusReport.OffloadReport> reports = new ArrayList<>();
        assembly.offloads()
                .forEach((device, offloads) -> {
                    for (Offload offload : offloads) {
                        reports.add(
                                new StatusReport.OffloadReport(
                                        device, offload.name(), offload.on(), offload.whyOff()));
                    }
                });
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
        assembly.wireguard().status().forEach(peer -> peers.add(peer(peer)));
        return new StatusReport.TunnelReport(
                instance.publicKey(), assembly.sockets().port(), peers);
    }

    private StatusReport.PeerReport peer(PeerStatus peer) {
        Duration last = peer.handshakeAge();
        Duration age = peer.sessionAge();
        String endpoint = peer.endpoint();
        return new StatusReport.PeerReport(
                peer.config().name(),
                peer.config().publicKey().base64(),
                endpoint == null ? "" : endpoint,
                age != null,
                last == null ? -1 : last.toSeconds(),
                peer.rxBytes(),
                peer.txBytes(),
                peer.config().persistentKeepaliveSeconds(),
                peer.config().allowedIps().stream().map(Operations::text).toList(),
                peer.hasPresharedKey(),
                age == null ? -1 : age.toSeconds(),
                Math.max(peer.sessions() - 1, 0),
                peer.failures().entrySet().stream()
                        .filter(failure -> failure.getValue() > 0)
                        .map(failure ->
                                new StatusReport.FailureReport(
                                        failure.getKey().name(),
                                        failure.getKey().explanation(),
                                        failure.getValue()))
                        .toList(),
                peer.replayed(),
                peer.notAllowed(),
                peer.staged(),
                peer.keepalivesSent(),
                peer.keepalivesReceived(),
                peer.endpointMoves(),
                peer.lastEndpoints(),
                assembly.links().getLast().mtu(peer.index()));
    }

    /** As in the configuration. */
    private static String text(AllowedIp network) {
        return Cidr.of(network.toString()).toString();
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
