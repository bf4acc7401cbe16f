package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The nftables table of a site's router: what the kernel does not track, who passes for a device,
 * and the guards on what it forwards and tells itself.
 */
final class RouterTable {
    /** What captured devices send to the internet. */
    private static final String CAPTURED = "ip saddr @captured ip daddr != @private";

    private static final String DROP = " counter drop";

    private final RouterFacts router;
    private final RouterConfig config;
    private final HostFacts facts;

    private RouterTable(RouterFacts router) {
        this.router = router;
        this.config = router.config();
        this.facts = router.host();
    }

    static SteeringChange of(RouterFacts router) {
        return new RouterTable(router).change();
    }

    private SteeringChange change() {
        NftTable table = new NftTable(NftTable.nameFor(config.instance().name()));
        table.set("private", "type ipv4_addr; flags interval;", NftTable.PRIVATE);
        table.set("captured", "type ipv4_addr;", text(router.captured()));
        table.set("captured6", NftTable.NETWORKS6, NftTable.text(router.captured6()));
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
        chains.put(router.lanTun(), "goto engine");
        if (router.others()) {
            chains.put(router.wanTun(), "goto engine");
            table.chain("wan", router.wan().chain(!facts.foreignNat()));
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
            List<Cidr> here = router.networks(v6, lan::equals);
            List<Cidr> elsewhere =
                    router.networks(
                            v6, device -> config.lan().contains(device) && !device.equals(lan));
            elsewhere.removeAll(here);
            elsewhere.removeIf(network -> network.bits() < RouterFacts.SHORTEST_PREFIX);
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

    private List<String> fromEngine() {
        List<String> rules = new ArrayList<>();
        if (!facts.foreignNat()) {
            rules.add("meta l4proto != { icmp, ipv6-icmp } " + NftTable.UNTRACKED);
        }
        if (router.ipv6()) {
            rules.add("meta nfproto ipv6 " + NftTable.UNTRACKED);
        }
        return rules;
    }

    private List<String> fromLan() {
        boolean untrack = !facts.foreignNat();
        List<String> rules = new ArrayList<>();
        if (router.others() && !router.wan().addresses().isEmpty()) {
            rules.add("ip daddr " + NftTable.anyOf(router.wan().addresses()) + " jump wan");
        }
        if (untrack) {
            rules.add(CAPTURED + ' ' + NftTable.UNTRACKED);
            rules.add("ip daddr " + router.tunnelNetwork() + ' ' + NftTable.UNTRACKED);
            if (router.others()) {
                String elsewhere = "fib daddr type != local ip daddr != @private ";
                rules.add(elsewhere + NftTable.UNTRACKED);
            }
        }
        if (router.ipv6()) {
            rules.add("ip6 saddr @captured6 " + NftTable.UNTRACKED);
        }
        return rules;
    }

    /** What never goes from one side straight to the other. */
    private void guards(NftTable table) {
        boolean all = router.others() || !HostSettings.forwardsForOthers(facts);
        SortedMap<String, String> verdicts = new TreeMap<>();
        if (all) {
            String ipv4 = " meta nfproto ipv4" + DROP;
            table.chain("inward", List.of(toLan() + ipv4));
            table.chain("outward", List.of(toWan() + ipv4, "goto kept"));
            verdicts.put(config.wan(), "goto inward");
            config.lan().forEach(device -> verdicts.put(device, "goto outward"));
        }
        if (router.others()) {
            verdicts.put(router.wanTun(), "accept");
        }
        table.chain("kept", kept());
        List<String> guard = new ArrayList<>();
        if (router.ipv6() && !HostSettings.forwards6(facts)) {
            guard.add(
                    "iifname != \""
                            + router.lanTun()
                            + "\" oifname != \""
                            + router.lanTun()
                            + "\" meta nfproto ipv6 counter drop");
        }
        if (!HostSettings.forwardsForOthers(facts)) {
            // From outside nobody reaches through this host what nobody reached before.
            guard.add(
                    "iifname "
                            + NftTable.names(router.uplinks())
                            + " oifname != \""
                            + router.wanTun()
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
     * comes in by, as by a port that is out of its bridge for a while. What the engine sends to the
     * LAN leaves by no uplink, and to captured devices by nothing else at all: while the LAN is
     * down, the default route or a VPN's would take it, decrypted. What this host itself has sent,
     * and the engine has handed back, goes its way.
     */
    private List<String> kept() {
        List<String> rules = new ArrayList<>();
        List<String> inside = new ArrayList<>(config.lan());
        inside.add(router.lanTun());
        rules.add("oifname " + NftTable.names(inside) + " accept");
        String engine = "iifname \"" + router.lanTun() + "\" ";
        rules.add(engine + "ip daddr @captured" + DROP);
        rules.add(engine + "ip6 daddr @captured6" + DROP);
        rules.add(
                engine
                        + "fib saddr type != local oifname "
                        + NftTable.names(router.uplinks())
                        + DROP);
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
        Set<String> uplinks = router.uplinks();
        List<String> near = new ArrayList<>(NftTable.PRIVATE6);
        near.addAll(
                NftTable.text(
                        router.networks(
                                true,
                                device ->
                                        !uplinks.contains(device)
                                                && !config.lan().contains(device))));
        return near;
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
                .filter(router.captured()::contains)
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

    /** Of a device behind another router, it is that one's. */
    private Set<String> hardwareOf(DeviceConfig device) {
        Set<String> known = new TreeSet<>();
        Cidr seen =
                facts.routerTo(device.address(), config.lan())
                        .map(Cidr::of)
                        .orElse(device.network());
        facts.hardware()
                .forEach((address, found) -> {
                    if (seen.contains(address)) {
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
