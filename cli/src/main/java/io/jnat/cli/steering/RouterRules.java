package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.RouterConfig;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The policy rules of a site's router that lead what comes in by the LAN: what stays direct, what
 * goes into the LAN's TUN device, and the blackholes behind it. Those of the WAN's side are {@link
 * WanSide}'s.
 */
final class RouterRules {
    private final RouterFacts router;
    private final RouterConfig config;
    private final HostFacts facts;

    RouterRules(RouterFacts router) {
        this.router = router;
        this.config = router.config();
        this.facts = router.host();
    }

    /** What stays direct: this host itself, and local networks that it has a route to. */
    List<SteeringChange> exceptions() {
        List<SteeringChange> rules = new ArrayList<>();
        // The WAN is the default route: behind it, only the engine's translation helps. With a
        // length of 0, the rule would be one of those that "wg-quick down" removes.
        String noDefault =
                router.others()
                        ? " suppress_prefixlength " + (RouterFacts.SHORTEST_PREFIX - 1)
                        : "";
        for (String lan : config.lan()) {
            if (router.others()) {
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

    List<SteeringChange> blackholes() {
        List<SteeringChange> rules = new ArrayList<>();
        for (String lan : config.lan()) {
            rules.add(
                    rule(
                            Rules.GUARD_TUNNEL,
                            "what is for the tunnel never leaves by the WAN",
                            "iif " + lan + " to " + router.tunnelNetwork() + " blackhole"));
            for (InetAddress device : router.captured()) {
                rules.add(
                        rule(
                                Rules.GUARD,
                                "captured devices never leave by the WAN",
                                from(device, lan) + " blackhole"));
            }
            if (router.others()) {
                rules.add(
                        rule(
                                Rules.GUARD_OTHERS,
                                "nothing leaves untranslated",
                                "iif " + lan + " blackhole"));
            }
        }
        return rules;
    }

    List<SteeringChange> captures() {
        List<SteeringChange> rules = new ArrayList<>();
        String lookup = " lookup " + Rules.LAN_TABLE;
        for (String lan : config.lan()) {
            rules.add(
                    rule(
                            Rules.STEER_TUNNEL,
                            "answers to the tunnel's own addresses",
                            "iif " + lan + " to " + router.tunnelNetwork() + lookup));
            for (InetAddress device : router.captured()) {
                rules.add(rule(Rules.STEER, "captured devices", from(device, lan) + lookup));
            }
            if (router.others()) {
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
                .filter(own -> own instanceof Inet4Address || router.ipv6())
                .filter(own ->
                        config.allows().stream()
                                .flatMap(allow -> allow.to().stream())
                                .anyMatch(to -> to.network().contains(own)))
                .distinct()
                .toList();
    }

    /** What of such answers stays direct, and the blackholes for the rest. */
    List<SteeringChange> answersDirect() {
        return reachedHere().stream().flatMap(own -> answersDirect(own).stream()).toList();
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
        Set<String> uplinks = router.uplinks();
        router.networks(!v4, device -> !uplinks.contains(device)).stream()
                .filter(network -> !isPrivate(network))
                .map(network -> from + " to " + network + " lookup main")
                .distinct()
                .forEach(known -> rules.add(Rules.rule(family, Rules.PRIVATE, direct, known)));
        String guard = "what this host itself answers never leaves untranslated";
        rules.add(Rules.rule(family, Rules.GUARD, guard, from + " blackhole"));
        if (v4) {
            String toTunnel = from + " to " + router.tunnelNetwork() + " blackhole";
            rules.add(rule(Rules.GUARD_TUNNEL, guard, toTunnel));
        }
        return rules;
    }

    List<SteeringChange> answersSteered() {
        return reachedHere().stream().flatMap(own -> answersSteered(own).stream()).toList();
    }

    private List<SteeringChange> answersSteered(InetAddress own) {
        Family family = own instanceof Inet4Address ? Family.IPV4 : Family.IPV6;
        String from = "from " + own.getHostAddress() + " iif lo";
        String purpose = "the answers of this host itself";
        String lookup = " lookup " + Rules.LAN_TABLE;
        List<SteeringChange> rules = new ArrayList<>();
        rules.add(Rules.rule(family, Rules.STEER, purpose, from + lookup));
        if (family == Family.IPV4) {
            String toTunnel = from + " to " + router.tunnelNetwork() + lookup;
            rules.add(rule(Rules.STEER_TUNNEL, purpose, toTunnel));
        }
        return rules;
    }

    /** Over rules of somebody else that stand before ours. */
    List<SteeringChange> jumps() {
        List<String> ours = new ArrayList<>();
        List<String> ours6 = new ArrayList<>();
        for (InetAddress own : reachedHere()) {
            String from = "from " + own.getHostAddress() + " iif lo";
            (own instanceof Inet4Address ? ours : ours6).add(from);
        }
        for (String lan : config.lan()) {
            router.captured6().forEach(devices -> ours6.add("from " + devices + " iif " + lan));
        }
        List<SteeringChange> rules = new ArrayList<>();
        if (router.others()) {
            ours.add("iif " + router.lanTun());
            rules.addAll(router.wan().jumps(ours));
        } else {
            for (String lan : config.lan()) {
                ours.add("iif " + lan + " to " + router.tunnelNetwork());
                router.captured().forEach(device -> ours.add(from(device, lan)));
            }
            int foreign = facts.foreignFirst();
            rules.addAll(ForeignRules.jumps(Family.IPV4, foreign, Rules.STEER_TUNNEL, ours));
        }
        if (router.ipv6()) {
            int foreign = facts.foreignFirst6();
            rules.addAll(ForeignRules.jumps(Family.IPV6, foreign, Rules.PRIVATE, ours6));
        }
        return rules;
    }

    /** As for IPv4; the LAN's own networks are the internet's too, so they are named. */
    List<SteeringChange> guards6() {
        List<String> direct = new ArrayList<>(NftTable.PRIVATE6);
        router.networks(true, config.lan()::contains)
                .forEach(network -> direct.add(network.toString()));
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

    List<SteeringChange> captures6() {
        return eachCaptured6(Rules.STEER, "captured devices", "lookup " + Rules.LAN_TABLE);
    }

    private List<SteeringChange> eachCaptured6(int preference, String purpose, String action) {
        List<SteeringChange> rules = new ArrayList<>();
        for (String lan : config.lan()) {
            for (Cidr devices : router.captured6()) {
                String rule = "from " + devices + " iif " + lan + " " + action;
                rules.add(Rules.rule(Family.IPV6, preference, purpose, rule));
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
}
