package io.jnat.cli.steering;

import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The steering of a site's router: captured devices, and on request all others, go into the LAN's
 * TUN device; what the engine sends for the others comes back through the WAN's.
 *
 * <p>Two things keep a captured device off the WAN, each by itself: a blackhole behind the rule
 * that steers, and a chain that drops what the kernel would forward from the LAN straight to the
 * WAN.
 */
final class RouterPlan {
    private final RouterConfig config;
    private final HostFacts facts;
    private final String lanTun;
    private final String wanTun;
    private final WanSide wan;
    private final boolean others;
    private final List<InetAddress> captured = new ArrayList<>();
    private final List<InetAddress> captured6 = new ArrayList<>();

    private RouterPlan(RouterConfig config, HostFacts facts, int tunnelPort) {
        this.config = config;
        this.facts = facts;
        this.lanTun = Steering.lanDevice(config);
        this.wanTun = Steering.wanDevice(config);
        this.others = config.others() == RouterConfig.Others.WAN;
        this.wan = new WanSide(facts, config.wan(), wanTun, config.lan(), tunnelPort, List.of());
        for (DeviceConfig device : config.captured()) {
            (device.address() instanceof Inet4Address ? captured : captured6).add(device.address());
        }
    }

    static SteeringPlan of(RouterConfig config, HostFacts facts, int tunnelPort) {
        return new RouterPlan(config, facts, tunnelPort).plan();
    }

    private SteeringPlan plan() {
        List<SteeringChange> guards = new ArrayList<>();
        HostSettings settings =
                new HostSettings(facts).reversePathPerInterface(lanTun, wanTun).tun(lanTun, false);
        if (others) {
            guards.addAll(new HostSettings(facts).ephemeralPorts(List.of()).changes());
            settings.tun(wanTun, false);
        }
        guards.addAll(exceptions());
        guards.add(table());
        guards.addAll(blackholes());
        List<SteeringChange> steering = new ArrayList<>(settings.forwarding().changes());
        steering.add(Rules.route(Family.IPV4, Rules.LAN_TABLE, lanTun));
        steering.addAll(captures());
        if (others) {
            steering.addAll(wan.guards(Family.IPV4));
            steering.addAll(wan.steering(Family.IPV4));
        }
        return new SteeringPlan(
                guards, steering, others ? wan.ports() : EnginePorts.none(), warnings());
    }

    /** What stays direct: this host itself, and local networks that it has a route to. */
    private List<SteeringChange> exceptions() {
        List<SteeringChange> rules = new ArrayList<>();
        // The WAN is the default route: behind it, only the engine's translation helps.
        String noDefault = others ? " suppress_prefixlength 0" : "";
        for (String lan : config.lan()) {
            if (others) {
                rules.add(
                        rule(Rules.LAN_LOCAL, "this host itself", "iif " + lan + " lookup local"));
            }
            for (String prefix : NftTable.PRIVATE) {
                rules.add(
                        rule(
                                Rules.PRIVATE,
                                "local networks stay direct",
                                "iif " + lan + " to " + prefix + " lookup main" + noDefault));
            }
        }
        return rules;
    }

    private List<SteeringChange> blackholes() {
        List<SteeringChange> rules = new ArrayList<>();
        for (String lan : config.lan()) {
            for (InetAddress device : captured) {
                rules.add(
                        rule(
                                Rules.GUARD,
                                "captured devices never leave by the WAN",
                                from(device, lan) + " blackhole"));
            }
            if (others) {
                rules.add(
                        rule(
                                Rules.GUARD_OTHERS,
                                "nothing leaves untranslated",
                                "iif " + lan + " blackhole"));
            }
        }
        return rules;
    }

    private List<SteeringChange> captures() {
        List<SteeringChange> rules = new ArrayList<>();
        String lookup = " lookup " + Rules.LAN_TABLE;
        for (String lan : config.lan()) {
            for (InetAddress device : captured) {
                rules.add(rule(Rules.STEER, "captured devices", from(device, lan) + lookup));
            }
            if (others) {
                rules.add(rule(Rules.STEER_OTHERS, "the other devices", "iif " + lan + lookup));
                for (HostFacts.Route route : facts.routes()) {
                    if (route.device().equals(config.wan()) && !route.to().v6()) {
                        rules.add(
                                rule(
                                        Rules.WAN_NEIGHBOURS,
                                        "networks on the WAN's side are translated too",
                                        "iif " + lan + " to " + route.to() + lookup));
                    }
                }
            }
        }
        return rules;
    }

    private static String from(InetAddress device, String lan) {
        return "from " + device.getHostAddress() + " iif " + lan;
    }

    private static SteeringChange rule(int preference, String purpose, String rule) {
        return Rules.rule(Family.IPV4, preference, purpose, rule);
    }

    private SteeringChange table() {
        NftTable table = new NftTable(NftTable.nameFor(config.instance().name()));
        table.set("private", "type ipv4_addr; flags interval;", NftTable.PRIVATE);
        table.set("captured", "type ipv4_addr;", text(captured));
        table.set("guarded", "type ipv4_addr;", text(guarded()));
        table.set("hardware", "type ether_addr; size 4096; flags dynamic;", hardware());
        String lan = "iifname " + NftTable.names(config.lan());
        table.chain(
                "learn",
                "type filter hook prerouting priority -310",
                List.of(lan + " ip saddr @guarded add @hardware { ether saddr }"));
        List<String> track = others ? wan.markOwn() : new ArrayList<>();
        if (!facts.foreignNat()) {
            track.add(
                    "iifname "
                            + NftTable.names(List.of(lanTun, wanTun))
                            + " meta l4proto != { icmp, ipv6-icmp } notrack");
            track.add(lan + " ip saddr @captured ip daddr != @private notrack");
            if (others) {
                track.addAll(wan.untracked());
                track.add(lan + " fib daddr type != local ip daddr != @private notrack");
            }
        }
        table.chain("track", "type filter hook prerouting priority raw", track);
        if (others) {
            table.chain(
                    "defragment",
                    "type filter hook prerouting priority -290",
                    List.of("ct state invalid"));
        }
        table.chain("guard", "type filter hook forward priority -5", guardChain(lan));
        return table.change();
    }

    private List<String> guardChain(String lan) {
        List<String> guard = new ArrayList<>();
        String wanName = '"' + config.wan() + '"';
        String lanToWan = lan + " oifname " + wanName;
        if (others || !HostSettings.forwards(facts)) {
            guard.add(lanToWan + " meta nfproto ipv4 counter drop");
            guard.add(
                    "iifname "
                            + wanName
                            + " oifname "
                            + NftTable.names(config.lan())
                            + " meta nfproto ipv4 counter drop");
        } else {
            guard.add(lanToWan + " ip saddr @captured ip daddr != @private counter drop");
        }
        guard.add(lanToWan + " meta nfproto ipv6 ether saddr @hardware counter drop");
        if (!captured6.isEmpty()) {
            guard.add(
                    lanToWan
                            + " ip6 saddr { "
                            + String.join(", ", text(captured6))
                            + " } counter drop");
        }
        return guard;
    }

    /** Captured devices whose IPv6 must not leave by the WAN either. */
    private List<InetAddress> guarded() {
        return config.captured().stream()
                .filter(device -> !device.ipv6Direct())
                .map(DeviceConfig::address)
                .filter(captured::contains)
                .toList();
    }

    private Set<String> hardware() {
        Set<String> found =
                new TreeSet<>(facts.hardware().getOrDefault(NftTable.LEARNED, Set.of()));
        for (DeviceConfig device : config.captured()) {
            Set<String> known =
                    new TreeSet<>(facts.hardware().getOrDefault(device.address(), Set.of()));
            device.mac().ifPresent(known::add);
            if (device.ipv6Direct()) {
                // It may have been learned before its exception was made.
                found.removeAll(known);
            } else {
                found.addAll(known);
            }
        }
        return found;
    }

    private static List<String> text(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).distinct().toList();
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (!captured6.isEmpty()) {
            warnings.add(
                    String.join(", ", text(captured6))
                            + ": IPv6 is not captured yet; these addresses are kept off the WAN");
        }
        List<String> tuns = others ? List.of(lanTun, wanTun) : List.of(lanTun);
        warnings.addAll(Steering.closedForwardWarnings(facts, tuns));
        return warnings;
    }
}
