package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The steering of a site's router: captured devices, and on request all others, go into the LAN's
 * TUN device; what the engine sends for the others comes back through the WAN's.
 *
 * <p>Two things keep a captured device off the WAN and any other way out, each by itself: a
 * blackhole behind the rule that steers, and a chain that drops what the kernel would forward to
 * anywhere but the engine and what is near.
 */
final class RouterPlan {
    /** Of a network; a shorter one is a default route by another name. */
    private static final int SHORTEST_PREFIX = 8;

    /** What captured devices send to the internet. */
    private static final String CAPTURED = "ip saddr @captured ip daddr != @private";

    private static final String DROP = " counter drop";

    private final RouterConfig config;
    private final HostFacts facts;
    private final String lanTun;
    private final String wanTun;
    private final WanSide wan;
    private final boolean others;
    private final List<InetAddress> captured = new ArrayList<>();
    private final List<Cidr> captured6 = new ArrayList<>();
    private final boolean ipv6;

    private RouterPlan(RouterConfig config, HostFacts facts, int tunnelPort) {
        this.config = config;
        this.facts = facts;
        this.lanTun = Steering.lanDevice(config);
        this.wanTun = Steering.wanDevice(config);
        this.others = config.others() == RouterConfig.Others.WAN;
        this.wan = new WanSide(facts, config.wan(), wanTun, config.lan(), tunnelPort, List.of());
        for (DeviceConfig device : config.captured()) {
            if (device.v6()) {
                captured6.add(device.network());
            } else {
                captured.add(device.address());
            }
        }
        this.ipv6 = !captured6.isEmpty() && facts.ipv6();
    }

    static SteeringPlan of(RouterConfig config, HostFacts facts, int tunnelPort) {
        return new RouterPlan(config, facts, tunnelPort).plan();
    }

    private SteeringPlan plan() {
        List<SteeringChange> guards = new ArrayList<>();
        HostSettings settings =
                new HostSettings(facts).reversePathPerInterface(lanTun, wanTun).tun(lanTun, ipv6);
        if (others) {
            guards.addAll(new HostSettings(facts).ephemeralPorts(List.of()).changes());
            settings.tun(wanTun, false);
        }
        guards.addAll(exceptions());
        guards.add(table());
        guards.addAll(blackholes());
        reachedHere().forEach(own -> guards.addAll(answersDirect(own)));
        settings.forwarding();
        if (ipv6) {
            guards.addAll(guards6());
            settings.forwarding6();
        }
        List<SteeringChange> steering = new ArrayList<>(settings.changes());
        steering.add(Rules.route(Family.IPV4, Rules.LAN_TABLE, lanTun));
        steering.addAll(captures());
        if (others) {
            steering.addAll(wan.guards());
            steering.addAll(wan.steering());
        }
        reachedHere().forEach(own -> steering.addAll(answersSteered(own)));
        steering.addAll(jumps());
        if (ipv6) {
            steering.add(Rules.route(Family.IPV6, Rules.LAN_TABLE, lanTun));
            String lookup = "lookup " + Rules.LAN_TABLE;
            steering.addAll(eachCaptured6(Rules.STEER, "captured devices", lookup));
        }
        return new SteeringPlan(
                guards,
                steering,
                others ? wan.ports() : EnginePorts.none(),
                RouterWarnings.of(config, facts),
                Firewalls.problems(
                        facts, others ? List.of(lanTun, wanTun) : List.of(lanTun), ipv6));
    }

    /** What stays direct: this host itself, and local networks that it has a route to. */
    private List<SteeringChange> exceptions() {
        List<SteeringChange> rules = new ArrayList<>();
        // The WAN is the default route: behind it, only the engine's translation helps. With a
        // length of 0, the rule would be one of those that "wg-quick down" removes.
        String noDefault = others ? " suppress_prefixlength " + (SHORTEST_PREFIX - 1) : "";
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
            rules.add(
                    rule(
                            Rules.GUARD_TUNNEL,
                            "what is for the tunnel never leaves by the WAN",
                            "iif " + lan + " to " + tunnelNetwork() + " blackhole"));
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
            rules.add(
                    rule(
                            Rules.STEER_TUNNEL,
                            "answers to the tunnel's own addresses",
                            "iif " + lan + " to " + tunnelNetwork() + lookup));
            for (InetAddress device : captured) {
                rules.add(rule(Rules.STEER, "captured devices", from(device, lan) + lookup));
            }
            if (others) {
                rules.add(rule(Rules.STEER_OTHERS, "the other devices", "iif " + lan + lookup));
                rules.addAll(neighbours(lan));
            }
        }
        return rules;
    }

    /**
     * Networks that the main table has on the WAN's side, and local ones inside of them: a
     * carrier's 10.0.0.0/8 around a LAN's 10.1.2.0/24, or a VPN's halves of everything. As in a
     * routing table, the longest prefix comes first. Public networks go into the engine anyhow:
     * there may be thousands, beside a VPN that all else goes into.
     */
    private List<SteeringChange> neighbours(String lan) {
        List<SteeringChange> rules = new ArrayList<>();
        for (HostFacts.Route route : facts.routes()) {
            Cidr to = route.to();
            String selector = "iif " + lan + " to " + to;
            int preference = Rules.WAN_NEIGHBOURS - to.bits();
            if (route.isIpv4By(config.wan()) && holdsPrivate(to)) {
                String purpose = "networks on the WAN's side are translated too";
                String lookup = " lookup " + Rules.LAN_TABLE;
                rules.add(rule(preference, purpose, selector + lookup));
            } else if (isPrivate(to) && isInsideOneOnTheWan(to)) {
                String purpose = "local networks stay direct";
                rules.add(rule(preference, purpose, selector + " lookup main"));
            }
        }
        return rules;
    }

    private boolean isInsideOneOnTheWan(Cidr network) {
        return facts.routes().stream()
                .anyMatch(route -> route.isIpv4By(config.wan()) && route.to().contains(network));
    }

    private static boolean holdsPrivate(Cidr network) {
        return isPrivate(network)
                || NftTable.PRIVATE.stream().anyMatch(known -> network.contains(Cidr.of(known)));
    }

    private static boolean isPrivate(Cidr network) {
        return NftTable.PRIVATE.stream().anyMatch(known -> Cidr.of(known).contains(network));
    }

    /**
     * This router's own addresses on the LAN that an allow rule opens, for its own SSH perhaps.
     * What it sends from there to who is in no local network are answers to the tunnel, which the
     * kernel would send by the WAN, from a private address.
     */
    private List<InetAddress> reachedHere() {
        return facts.addresses().stream()
                .filter(own -> config.lan().contains(own.device()))
                .map(own -> own.address().address())
                .filter(own -> own instanceof Inet4Address || ipv6)
                .filter(own ->
                        config.allows().stream()
                                .flatMap(allow -> allow.to().stream())
                                .anyMatch(to -> to.network().contains(own)))
                .distinct()
                .toList();
    }

    private List<SteeringChange> answersDirect(InetAddress own) {
        Family family = own instanceof Inet4Address ? Family.IPV4 : Family.IPV6;
        boolean v4 = family == Family.IPV4;
        String from = "from " + own.getHostAddress() + " iif lo";
        String direct = "the answers of this host itself to local networks";
        List<SteeringChange> rules = new ArrayList<>();
        rules.add(Rules.rule(family, Rules.LAN_LOCAL, direct, from + " lookup local"));
        for (String network : v4 ? NftTable.PRIVATE : List.of("fc00::/7", "fe80::/10")) {
            String toNetwork = from + " to " + network + " lookup main";
            rules.add(Rules.rule(family, Rules.PRIVATE, direct, toNetwork));
        }
        Set<String> uplinks = uplinks();
        networks(!v4, device -> !uplinks.contains(device)).stream()
                .filter(network -> !isPrivate(network))
                .map(network -> from + " to " + network + " lookup main")
                .distinct()
                .forEach(known -> rules.add(Rules.rule(family, Rules.PRIVATE, direct, known)));
        String guard = "what this host itself answers never leaves untranslated";
        rules.add(Rules.rule(family, Rules.GUARD, guard, from + " blackhole"));
        if (v4) {
            String toTunnel = from + " to " + tunnelNetwork() + " blackhole";
            rules.add(rule(Rules.GUARD_TUNNEL, guard, toTunnel));
        }
        return rules;
    }

    private List<SteeringChange> answersSteered(InetAddress own) {
        Family family = own instanceof Inet4Address ? Family.IPV4 : Family.IPV6;
        String from = "from " + own.getHostAddress() + " iif lo";
        String purpose = "the answers of this host itself";
        String lookup = " lookup " + Rules.LAN_TABLE;
        List<SteeringChange> rules = new ArrayList<>();
        rules.add(Rules.rule(family, Rules.STEER, purpose, from + lookup));
        if (family == Family.IPV4) {
            String toTunnel = from + " to " + tunnelNetwork() + lookup;
            rules.add(rule(Rules.STEER_TUNNEL, purpose, toTunnel));
        }
        return rules;
    }

    /** Over rules of somebody else that stand before ours. */
    private List<SteeringChange> jumps() {
        List<String> ours = new ArrayList<>();
        List<String> ours6 = new ArrayList<>();
        for (InetAddress own : reachedHere()) {
            String from = "from " + own.getHostAddress() + " iif lo";
            (own instanceof Inet4Address ? ours : ours6).add(from);
        }
        for (String lan : config.lan()) {
            captured6.forEach(devices -> ours6.add("from " + devices + " iif " + lan));
        }
        List<SteeringChange> rules = new ArrayList<>();
        if (others) {
            ours.add("iif " + lanTun);
            rules.addAll(wan.jumps(ours));
        } else {
            for (String lan : config.lan()) {
                ours.add("iif " + lan + " to " + tunnelNetwork());
                captured.forEach(device -> ours.add(from(device, lan)));
            }
            int foreign = facts.foreignFirst();
            rules.addAll(ForeignRules.jumps(Family.IPV4, foreign, Rules.STEER_TUNNEL, ours));
        }
        if (ipv6) {
            int foreign = facts.foreignFirst6();
            rules.addAll(ForeignRules.jumps(Family.IPV6, foreign, Rules.PRIVATE, ours6));
        }
        return rules;
    }

    /** As for IPv4; the LAN's own networks are the internet's too, so they are named. */
    private List<SteeringChange> guards6() {
        List<String> direct = new ArrayList<>(NftTable.PRIVATE6);
        for (HostFacts.Route route : facts.routes()) {
            boolean linkLocal = route.to().address().isLinkLocalAddress();
            if (route.to().v6() && !linkLocal && config.lan().contains(route.device())) {
                direct.add(route.to().toString());
            }
        }
        List<SteeringChange> rules = new ArrayList<>();
        for (String lan : config.lan()) {
            for (String network : direct) {
                rules.add(
                        Rules.rule(
                                Family.IPV6,
                                Rules.PRIVATE,
                                "local networks stay direct",
                                "iif " + lan + " to " + network + " lookup main"));
            }
        }
        rules.addAll(
                eachCaptured6(Rules.GUARD, "captured devices never leave by the WAN", "blackhole"));
        return rules;
    }

    private List<SteeringChange> eachCaptured6(int preference, String purpose, String action) {
        List<SteeringChange> rules = new ArrayList<>();
        for (String lan : config.lan()) {
            for (Cidr devices : captured6) {
                String rule = "from " + devices + " iif " + lan + " " + action;
                rules.add(Rules.rule(Family.IPV6, preference, purpose, rule));
            }
        }
        return rules;
    }

    /** A relay that masquerades speaks to devices from there; any device may have to answer. */
    private Cidr tunnelNetwork() {
        return config.instance().tunnel().address().network();
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
        table.set("captured6", NftTable.NETWORKS6, NftTable.text(captured6));
        table.set("guarded", "type ipv4_addr;", text(guarded()));
        table.set("guarded6", NftTable.NETWORKS6, NftTable.text(guarded6()));
        table.set("near6", NftTable.NETWORKS6, near6());
        table.set("hardware", "type ether_addr; size 4096; flags dynamic;", hardware());
        table.chain(
                "seen",
                List.of(
                        "ip saddr @guarded add @hardware { ether saddr }",
                        "ip6 saddr @guarded6 add @hardware { ether saddr }"));
        SortedMap<String, String> senders = new TreeMap<>();
        for (String lan : config.lan()) {
            List<String> forged = forged(lan);
            String chain = forged.isEmpty() ? "seen" : "from" + config.lan().indexOf(lan);
            if (!forged.isEmpty()) {
                forged.add("goto seen");
                table.chain(chain, forged);
            }
            senders.put(lan, "goto " + chain);
        }
        table.chain(
                "learn",
                "type filter hook prerouting priority -310",
                List.of(NftTable.cameBy(senders)));
        SortedMap<String, String> chains = new TreeMap<>();
        table.chain("engine", fromEngine());
        chains.put(lanTun, "goto engine");
        if (others) {
            chains.put(wanTun, "goto engine");
            table.chain("wan", wan.chain(!facts.foreignNat()));
            chains.put(config.wan(), "goto wan");
            table.defragment();
        }
        table.chain("lan", fromLan());
        config.lan().forEach(device -> chains.put(device, "goto lan"));
        table.chain(
                "track",
                "type filter hook prerouting priority raw",
                List.of(NftTable.cameBy(chains)));
        guards(table);
        table.chain("told", "type filter hook output priority filter", unreachable());
        return table.change();
    }

    /**
     * Nobody in a LAN passes for a device of another one (RFC 3704): what it sends would open that
     * one's filters.
     */
    private List<String> forged(String lan) {
        List<String> rules = new ArrayList<>();
        for (boolean v6 : new boolean[] {false, true}) {
            List<Cidr> here = networks(v6, lan::equals);
            List<Cidr> elsewhere =
                    networks(v6, device -> config.lan().contains(device) && !device.equals(lan));
            elsewhere.removeAll(here);
            elsewhere.removeIf(network -> network.bits() < SHORTEST_PREFIX);
            here.removeIf(own -> elsewhere.stream().noneMatch(wide -> wide.contains(own)));
            String saddr = v6 ? "ip6 saddr " : "ip saddr ";
            if (!here.isEmpty()) {
                rules.add(saddr + NftTable.anyOf(NftTable.text(here)) + " goto seen");
            }
            for (Cidr network : elsewhere) {
                rules.add(saddr + network + DROP);
            }
        }
        return rules;
    }

    private List<Cidr> networks(boolean v6, Predicate<String> device) {
        List<Cidr> networks = new ArrayList<>();
        for (HostFacts.Route route : facts.routes()) {
            boolean linkLocal = route.to().address().isLinkLocalAddress();
            if (route.to().v6() == v6 && !linkLocal && device.test(route.device())) {
                networks.add(route.to());
            }
        }
        return networks;
    }

    private List<String> fromEngine() {
        List<String> rules = new ArrayList<>();
        if (!facts.foreignNat()) {
            rules.add("meta l4proto != { icmp, ipv6-icmp } " + NftTable.UNTRACKED);
        }
        if (ipv6) {
            rules.add("meta nfproto ipv6 " + NftTable.UNTRACKED);
        }
        return rules;
    }

    private List<String> fromLan() {
        boolean untrack = !facts.foreignNat();
        List<String> rules = new ArrayList<>();
        if (others && !wan.addresses().isEmpty()) {
            rules.add("ip daddr " + NftTable.anyOf(wan.addresses()) + " jump wan");
        }
        if (untrack) {
            rules.add(CAPTURED + ' ' + NftTable.UNTRACKED);
            rules.add("ip daddr " + tunnelNetwork() + ' ' + NftTable.UNTRACKED);
            if (others) {
                String elsewhere = "fib daddr type != local ip daddr != @private ";
                rules.add(elsewhere + NftTable.UNTRACKED);
            }
        }
        if (ipv6) {
            rules.add("ip6 saddr @captured6 " + NftTable.UNTRACKED);
        }
        return rules;
    }

    /** What never goes from one side straight to the other. */
    private void guards(NftTable table) {
        boolean all = others || !HostSettings.forwardsForOthers(facts);
        SortedMap<String, String> verdicts = new TreeMap<>();
        if (all) {
            String ipv4 = " meta nfproto ipv4" + DROP;
            table.chain("inward", List.of(toLan() + ipv4));
            table.chain("outward", List.of(toWan() + ipv4, "goto kept"));
            verdicts.put(config.wan(), "goto inward");
            config.lan().forEach(device -> verdicts.put(device, "goto outward"));
        }
        if (others) {
            verdicts.put(wanTun, "accept");
        }
        table.chain("kept", kept());
        List<String> guard = new ArrayList<>();
        if (ipv6 && !HostSettings.forwards6(facts)) {
            guard.add(
                    "iifname != \""
                            + lanTun
                            + "\" oifname != \""
                            + lanTun
                            + "\" meta nfproto ipv6 counter drop");
        }
        if (!HostSettings.forwardsForOthers(facts)) {
            // From outside nobody reaches through this host what nobody reached before.
            guard.add(
                    "iifname "
                            + NftTable.names(uplinks())
                            + " oifname != \""
                            + wanTun
                            + "\" meta nfproto ipv4 ct state != { established, related }"
                            + DROP);
        }
        if (!verdicts.isEmpty()) {
            guard.add(NftTable.cameBy(verdicts));
        }
        guard.add("goto kept");
        table.chain("guard", "type filter hook forward priority -5", guard);
    }

    /**
     * What captured devices send goes into the engine, to the LAN, or to what is near: whatever
     * other ways out there are, now or later (another uplink, a VPN), and whatever interface it
     * comes in by, as by a port that is out of its bridge for a while.
     */
    private List<String> kept() {
        List<String> rules = new ArrayList<>();
        List<String> inside = new ArrayList<>(config.lan());
        inside.add(lanTun);
        rules.add("oifname " + NftTable.names(inside) + " accept");
        rules.add(CAPTURED + DROP);
        for (String device :
                List.of("meta nfproto ipv6 ether saddr @hardware ", "ip6 saddr @captured6 ")) {
            rules.add(device + "ip6 daddr != @near6" + DROP);
            rules.add(device + toWan() + DROP);
        }
        return rules;
    }

    /**
     * IPv6 networks that this host knows beside its LAN, and that no internet is behind: of
     * containers, perhaps.
     */
    private List<String> near6() {
        Set<String> uplinks = uplinks();
        List<String> near = new ArrayList<>(NftTable.PRIVATE6);
        near.addAll(
                NftTable.text(
                        networks(
                                true,
                                device ->
                                        !uplinks.contains(device)
                                                && !config.lan().contains(device))));
        return near;
    }

    /**
     * Behind which the internet is: the WAN, and what a default route leads to, or the halves of
     * everything, or IPv6's 2000::/3. Narrower networks there are parts of it, too: a VPN client
     * names many of them to leave out the private ones.
     */
    private Set<String> uplinks() {
        Set<String> uplinks = new TreeSet<>(facts.uplinks());
        uplinks.add(config.wan());
        facts.routes().stream()
                .filter(route -> route.to().bits() < SHORTEST_PREFIX)
                .forEach(route -> uplinks.add(route.device()));
        return uplinks;
    }

    private String toWan() {
        return "oifname \"" + config.wan() + "\"";
    }

    private String toLan() {
        return "oifname " + NftTable.names(config.lan());
    }

    /**
     * When a device that was asked for out of the tunnel is away, the kernel would say so to
     * whoever asked, on the internet: by the WAN or another way out, from its address, and naming
     * the device. Sizes are told by the engine, and may be told by the kernel about what it
     * forwards itself.
     */
    private List<String> unreachable() {
        Set<Cidr> reached = new LinkedHashSet<>();
        config.captured().forEach(device -> reached.add(device.network()));
        config.allows().forEach(allow -> allow.to().forEach(to -> reached.add(to.network())));
        String near = "oifname != \"" + config.wan() + "\" ";
        List<String> rules =
                new ArrayList<>(
                        List.of(
                                "meta l4proto != { icmp, ipv6-icmp } accept",
                                toLan() + " accept",
                                near + "ip daddr @private accept",
                                near + "ip6 daddr @near6 accept"));
        for (Cidr device : reached) {
            String unreachable =
                    device.v6()
                            ? "icmpv6 type destination-unreachable "
                            : "icmp type destination-unreachable icmp code != frag-needed ";
            rules.add(unreachable + NftTable.quotedTo(device) + DROP);
        }
        return rules;
    }

    /** Captured devices whose other IPv6 addresses must not leave by the WAN either. */
    private List<InetAddress> guarded() {
        return config.captured().stream()
                .filter(device -> !device.ipv6Direct())
                .map(DeviceConfig::address)
                .filter(captured::contains)
                .toList();
    }

    private List<Cidr> guarded6() {
        return config.captured().stream()
                .filter(device -> device.v6() && !device.ipv6Direct())
                .map(DeviceConfig::network)
                .toList();
    }

    private Set<String> hardware() {
        Set<String> found =
                new TreeSet<>(facts.hardware().getOrDefault(NftTable.LEARNED, Set.of()));
        for (boolean direct : new boolean[] {true, false}) {
            for (DeviceConfig device : config.captured()) {
                if (device.ipv6Direct() && direct) {
                    // It may have been learned before its exception was made.
                    found.removeAll(hardwareOf(device));
                } else if (!device.ipv6Direct() && !direct) {
                    found.addAll(hardwareOf(device));
                }
            }
        }
        return found;
    }

    private Set<String> hardwareOf(DeviceConfig device) {
        Set<String> known = new TreeSet<>();
        facts.hardware()
                .forEach((address, found) -> {
                    if (device.network().contains(address)) {
                        known.addAll(found);
                    }
                });
        device.mac().ifPresent(known::add);
        return known;
    }

    private static List<String> text(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).distinct().toList();
    }
}
