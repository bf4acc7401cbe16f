package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.RelayConfig;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The steering of a relay, into one TUN device: of IPv4, the public address's ports; of IPv6, which
 * is not translated, whatever comes in by the public interface for the sites' networks. What the
 * engine sends for these leaves as the host's routes say.
 */
final class RelayPlan {
    private final RelayConfig config;
    private final HostFacts facts;
    private final String tun;
    private final WanSide wan;

    /** The sites' global IPv6 networks. */
    private final List<Cidr> networks6;

    private final boolean ipv6;

    private RelayPlan(RelayConfig config, HostFacts facts, int tunnelPort) {
        this.config = config;
        this.facts = facts;
        this.tun = Steering.wanDevice(config);
        List<PortRange> forwarded = new ArrayList<>();
        for (ForwardConfig forward : config.forwards()) {
            if (!forward.to().v6()) {
                forwarded.addAll(forward.listen());
            }
        }
        this.wan = new WanSide(facts, config.wan(), tun, List.of(), tunnelPort, forwarded);
        this.networks6 =
                config.sites().stream()
                        .flatMap(site -> site.networks().stream())
                        .filter(network -> network.v6() && !isUniqueLocal(network))
                        .toList();
        this.ipv6 = !networks6.isEmpty() && facts.ipv6();
    }

    static SteeringPlan of(RelayConfig config, HostFacts facts, int tunnelPort) {
        return new RelayPlan(config, facts, tunnelPort).plan();
    }

    private static boolean isUniqueLocal(Cidr network) {
        return NftTable.PRIVATE6.stream().map(Cidr::of).anyMatch(local -> local.contains(network));
    }

    private SteeringPlan plan() {
        HostSettings early = new HostSettings(facts).ephemeralPorts(wan.named());
        HostSettings settings =
                new HostSettings(facts).reversePathPerInterface(tun).tun(tun, ipv6).forwarding();
        Set<String> proxied = proxied();
        if (ipv6) {
            settings.forwarding6();
        }
        if (!proxied.isEmpty()) {
            settings.neighbourProxy(config.wan());
        }
        List<SteeringChange> guards = new ArrayList<>(early.changes());
        guards.add(table());
        List<SteeringChange> steering = new ArrayList<>();
        if (ipv6) {
            steering.addAll(
                    eachNetwork6(Rules.GUARD, "blackhole", "silent while the engine is away"));
        }
        steering.addAll(settings.changes());
        steering.addAll(wan.guards());
        steering.addAll(wan.steering());
        steering.addAll(wan.jumps(List.of()));
        if (ipv6) {
            steering.add(Rules.route(Family.IPV6, Rules.WAN_TABLE, tun));
            steering.addAll(
                    eachNetwork6(Rules.STEER, "lookup " + Rules.WAN_TABLE, "the sites' networks"));
            List<String> ours =
                    networks6.stream().map(to -> "iif " + config.wan() + " to " + to).toList();
            int foreign = facts.foreignFirst6();
            steering.addAll(ForeignRules.jumps(Family.IPV6, foreign, Rules.STEER, ours));
        }
        proxied.forEach(address -> steering.add(Rules.neighbour(address, config.wan())));
        return new SteeringPlan(guards, steering, wan.ports(), warnings(), problems());
    }

    private List<SteeringChange> eachNetwork6(int preference, String action, String purpose) {
        return networks6.stream()
                .map(network ->
                        Rules.rule(
                                Family.IPV6,
                                preference,
                                purpose,
                                "iif " + config.wan() + " to " + network + " " + action))
                .toList();
    }

    /**
     * Devices whose addresses lie in the public interface's own network: there, nothing is routed
     * to this host, and the provider's router asks who has them.
     */
    private Set<String> proxied() {
        Set<String> addresses = new TreeSet<>();
        List<DeviceConfig> devices = new ArrayList<>(config.devices());
        config.forwards().forEach(forward -> devices.add(forward.to()));
        for (DeviceConfig device : devices) {
            if (ipv6 && device.v6() && isOnLink(device.address())) {
                addresses.add(device.address().getHostAddress());
            }
        }
        return addresses;
    }

    private boolean isOnLink(InetAddress device) {
        return facts.addresses().stream()
                .anyMatch(
                        own -> own.device().equals(config.wan()) && own.address().contains(device));
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>(Firewalls.problems(facts, List.of(tun), ipv6));
        problems.addAll(misplaced());
        return problems;
    }

    /**
     * Forwards on an address that the public interface has not: a mistyped one, or the public one
     * of a provider that translates it. Not while the interface has no address yet.
     */
    private List<String> misplaced() {
        List<InetAddress> own =
                facts.addresses().stream()
                        .filter(each -> each.device().equals(config.wan()))
                        .map(each -> each.address().address())
                        .filter(Inet4Address.class::isInstance)
                        .toList();
        if (own.isEmpty()) {
            return List.of();
        }
        String there = String.join(", ", own.stream().map(InetAddress::getHostAddress).toList());
        return config.forwards().stream()
                .filter(forward -> forward.address().filter(at -> !own.contains(at)).isPresent())
                .map(forward ->
                        forward.place()
                                + ": forward \""
                                + forward.name()
                                + "\": "
                                + forward.address().orElseThrow().getHostAddress()
                                + " is no address of "
                                + config.wan()
                                + ", which has "
                                + there
                                + ", so nobody reaches it there; correct it, or give "
                                + config.wan()
                                + " that address")
                .toList();
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>(wan.warnings());
        if (!networks6.isEmpty() && !ipv6) {
            warnings.add("this host's kernel has no IPv6: the sites' IPv6 networks are not served");
        }
        if (ipv6) {
            warnings.addAll(SteeringPlan.namelessWarnings(facts, List.of(config.wan())));
        }
        return warnings;
    }

    private SteeringChange table() {
        NftTable table = new NftTable(NftTable.nameFor(config.instance().name()));
        boolean untrack = !facts.foreignNat();
        List<String> fromEngine = new ArrayList<>();
        if (untrack) {
            fromEngine.add("meta l4proto != { icmp, ipv6-icmp } " + NftTable.UNTRACKED);
        }
        List<String> fromWan = new ArrayList<>(wan.chain(untrack));
        if (ipv6) {
            table.set("sites", NftTable.NETWORKS6, NftTable.text(networks6));
            fromEngine.add("meta nfproto ipv6 " + NftTable.UNTRACKED);
            fromWan.add("ip6 daddr @sites " + NftTable.UNTRACKED);
        }
        table.chain("engine", fromEngine);
        table.chain("wan", fromWan);
        table.chain(
                "track",
                "type filter hook prerouting priority raw",
                List.of(
                        NftTable.cameBy(
                                new TreeMap<>(
                                        Map.of(tun, "goto engine", config.wan(), "goto wan")))));
        table.defragment();
        List<String> guard = new ArrayList<>();
        String others = "iifname != \"" + tun + "\" oifname != \"" + tun + "\" ";
        if (!HostSettings.forwardsForOthers(facts)) {
            guard.add(others + "meta nfproto ipv4 counter drop");
        }
        if (ipv6 && !HostSettings.forwards6(facts)) {
            guard.add(others + "meta nfproto ipv6 counter drop");
        }
        table.chain("guard", "type filter hook forward priority -5", guard);
        return table.change();
    }
}
