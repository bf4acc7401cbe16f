package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.PortRange.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Steers the engine's ports of a host's own IPv4 address into the TUN: of a relay, and of the WAN
 * of a router that translates for its LAN. A router's LAN reaches them too, so that its devices
 * find each other where the internet sees them (hairpin, RFC 4787 REQ-9).
 */
final class WanSide {
    /**
     * What a device behind a NAT may speak to one remote host at a time (N35). The engine hands
     * back what it has no flow for, so that the host's own GRE or IPsec goes on. Numbers: their
     * names differ from host to host.
     */
    private static final List<Integer> WITHOUT_PORTS =
            List.of(
                    4 /* IPv4 in IPv4 */,
                    41 /* IPv6 in IPv4 */,
                    47 /* GRE */,
                    50 /* ESP */,
                    132 /* SCTP */,
                    136 /* UDP-Lite */);

    private final HostFacts facts;
    private final String wan;
    private final String tun;
    private final Set<String> inside;
    private final int tunnelPort;
    private final List<PortRange> forwarded;
    private final Set<PortRange> own = new LinkedHashSet<>();
    private final List<Entrance> entrances = new ArrayList<>();
    private final Set<String> addresses = new LinkedHashSet<>();

    /**
     * Where packets to the address come in.
     *
     * @param rule selects them in a policy rule
     * @param steer preference of the rules that lead them into a table, by port
     * @param icmp preference of the one that does so with ICMP
     * @param guard preference of those that silence them while that table is empty
     * @param table leads into a TUN device
     */
    private record Entrance(String rule, int steer, int icmp, int guard, int table) {
        String lookup() {
            return "lookup " + table;
        }
    }

    /**
     * Describes it.
     *
     * @param wan the interface
     * @param tun the TUN device of that side
     * @param inside interfaces that the engine serves, whose networks are not neighbours
     * @param tunnelPort of the tunnel's socket
     * @param forwarded what forwards name
     */
    WanSide(
            HostFacts facts,
            String wan,
            String tun,
            Collection<String> inside,
            int tunnelPort,
            List<PortRange> forwarded) {
        this.facts = facts;
        this.wan = wan;
        this.tun = tun;
        this.inside = Set.copyOf(inside);
        this.tunnelPort = tunnelPort;
        this.forwarded = forwarded;
        for (PortRange socket : facts.sockets()) {
            if (socket.protocol() != Protocol.UDP || socket.first() != tunnelPort) {
                own.add(socket);
            }
        }
        entrances.add(
                new Entrance("iif " + wan, Rules.STEER, Rules.ICMP, Rules.GUARD, Rules.WAN_TABLE));
        for (HostFacts.Address own : facts.addresses()) {
            if (own.device().equals(wan) && !own.address().v6()) {
                addresses.add(own.address().address().getHostAddress());
            }
        }
        for (String lan : inside) {
            addresses.forEach(address -> entrances.add(hairpin(lan, address)));
        }
    }

    /**
     * The address is named, for all others of this host are none of the engine's. While it changes
     * the host answers itself for a moment, as it would without jnat.
     */
    private static Entrance hairpin(String lan, String address) {
        return new Entrance(
                "iif " + lan + " to " + address,
                Rules.HAIRPIN,
                Rules.HAIRPIN,
                Rules.GUARD_HAIRPIN,
                Rules.LAN_TABLE);
    }

    /** What is the engine's. */
    EnginePorts ports() {
        Set<PortRange> taken = new LinkedHashSet<>(own);
        if (tunnelPort > 0) {
            taken.add(new PortRange(Protocol.UDP, tunnelPort, tunnelPort));
        }
        List<PortRange> dynamic = new ArrayList<>(EnginePorts.without(Protocol.TCP, taken));
        dynamic.addAll(EnginePorts.without(Protocol.UDP, taken));
        return new EnginePorts(dynamic, named());
    }

    /** The parts of forwards that lie outside of 1024 to 60999. */
    List<PortRange> named() {
        List<PortRange> named = new ArrayList<>();
        for (PortRange ports : forwarded) {
            int low = Math.min(ports.last(), EnginePorts.FIRST - 1);
            if (ports.first() <= low) {
                named.add(new PortRange(ports.protocol(), ports.first(), low));
            }
            int high = Math.max(ports.first(), EnginePorts.LAST + 1);
            if (high <= ports.last()) {
                named.add(new PortRange(ports.protocol(), high, ports.last()));
            }
        }
        return named;
    }

    /** Forwards that name a port which a socket of the host has. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (PortRange ports : forwarded) {
            for (PortRange socket : own) {
                if (ports.overlaps(socket)) {
                    warnings.add(
                            socket
                                    + ": a socket of this host has it, so it stays with the host although"
                                    + " a forward names it; stop that service (ss -lntup shows it) or"
                                    + " forward another port");
                }
            }
        }
        return warnings;
    }

    /** Silence for the engine's ports while it is away: live flows survive a restart. */
    List<SteeringChange> guards() {
        List<SteeringChange> rules = new ArrayList<>();
        for (Entrance entrance : entrances) {
            rules.addAll(
                    eachRange(
                            entrance,
                            entrance.guard(),
                            "blackhole",
                            "silent while the engine is away"));
        }
        return rules;
    }

    /** In the order of preference, but the table's route first and the local rule last. */
    List<SteeringChange> steering() {
        List<SteeringChange> rules = new ArrayList<>(ownPorts());
        rules.add(Rules.route(Family.IPV4, Rules.WAN_TABLE, tun));
        for (Entrance entrance : entrances) {
            rules.addAll(
                    eachRange(entrance, entrance.steer(), entrance.lookup(), "the engine's ports"));
        }
        for (Entrance entrance : entrances) {
            rules.add(
                    rule(
                            entrance.icmp(),
                            "ICMP errors for the engine's flows",
                            entrance.rule() + " ipproto icmp " + entrance.lookup()));
        }
        for (int protocol : WITHOUT_PORTS) {
            rules.add(
                    rule(
                            Rules.WITHOUT_PORTS,
                            "answers in a protocol that is translated by address",
                            "iif " + wan + " ipproto " + protocol + " lookup " + Rules.WAN_TABLE));
        }
        rules.addAll(waysOut());
        if (facts.localFirst()) {
            rules.addAll(Rules.moveLocal(Family.IPV4));
        }
        return rules;
    }

    /**
     * What the engine sends has the WAN's address, so it leaves by the WAN, as the WAN's own routes
     * say, also where the host leads everything else away: into a VPN, by another uplink. When
     * table main has no default route by the WAN, the host's rules may know one by the source.
     */
    private List<SteeringChange> waysOut() {
        HostFacts.Route any =
                facts.defaults().stream()
                        .filter(route -> route.isIpv4By(wan))
                        .findFirst()
                        .orElse(null);
        if (any == null) {
            return List.of();
        }
        Map<Cidr, HostFacts.Route> ways = new LinkedHashMap<>();
        ways.put(any.to(), any);
        // The same way once more is said only where another one lies around it.
        List<HostFacts.Route> all =
                facts.routes().stream().filter(route -> route.isIpv4By(wan)).toList();
        List<HostFacts.Route> others =
                all.stream().filter(route -> !route.by().equals(any.by())).toList();
        all.stream()
                .filter(route -> others.stream().anyMatch(way -> way.to().contains(route.to())))
                .forEach(route -> ways.putIfAbsent(route.to(), route));
        List<SteeringChange> changes = new ArrayList<>();
        ways.values().forEach(route -> changes.add(Rules.wayOut(route)));
        changes.add(
                rule(
                        Rules.OUT,
                        "what is translated leaves by the WAN",
                        "iif " + tun + " lookup " + Rules.OUT_TABLE));
        return changes;
    }

    /**
     * What is ours jumps over rules of somebody else that stand before ours. The host's own
     * addresses, which ours have moved, come before those that stand behind them, as strongSwan's.
     *
     * @param besides what is ours, too
     */
    List<SteeringChange> jumps(List<String> besides) {
        int foreign = facts.foreignFirst();
        List<SteeringChange> rules = new ArrayList<>();
        if (foreign > Rules.WITHOUT_PORTS + 2 && foreign <= Rules.LOCAL) {
            rules.add(rule(foreign - 2, ForeignRules.PURPOSE, "lookup local"));
            String out = "iif " + tun + " lookup " + Rules.OUT_TABLE;
            rules.add(rule(foreign - 1, ForeignRules.PURPOSE, out));
        }
        if (tunnelPort > 0) {
            List<String> selectors = new ArrayList<>(List.of("iif " + wan, "iif " + tun));
            inside.forEach(lan -> selectors.add("iif " + lan));
            selectors.addAll(besides);
            rules.addAll(ForeignRules.jumps(Family.IPV4, foreign, Rules.TUNNEL, selectors));
            rules.addAll(ForeignRules.local(foreign, Rules.TUNNEL));
        }
        return rules;
    }

    private static SteeringChange rule(int preference, String purpose, String rule) {
        return Rules.rule(Family.IPV4, preference, purpose, rule);
    }

    private List<SteeringChange> ownPorts() {
        List<SteeringChange> rules = new ArrayList<>();
        rules.add(rule(Rules.SSH, "SSH is never touched", "ipproto tcp dport 22 lookup local"));
        if (tunnelPort > 0) {
            rules.add(
                    rule(
                            Rules.TUNNEL,
                            "the tunnel's own packets",
                            "ipproto udp dport " + tunnelPort + " lookup local"));
        }
        if (facts.matchesSockets()) {
            rules.add(
                    rule(
                            Rules.OWN_SOCKETS,
                            "what nftables found a socket of this host for",
                            "fwmark "
                                    + NftTable.OWN_MARK
                                    + "/"
                                    + NftTable.OWN_MARK
                                    + " lookup local"));
        }
        EnginePorts all = new EnginePorts(List.of(), named());
        for (PortRange socket : own) {
            boolean inRange =
                    socket.first() >= EnginePorts.FIRST && socket.first() <= EnginePorts.LAST;
            if (inRange || all.has(socket.protocol(), socket.first())) {
                for (Entrance entrance : entrances) {
                    rules.add(
                            rule(
                                    Rules.OWN_SOCKETS,
                                    "a socket of this host",
                                    selector(entrance, socket) + " lookup local"));
                }
            }
        }
        for (HostFacts.Route route : facts.routes()) {
            boolean neighbour =
                    !route.device().equals(wan)
                            && !route.device().equals(tun)
                            && !inside.contains(route.device());
            if (neighbour && !route.to().v6() && !ownAddressIn(route)) {
                rules.add(
                        rule(
                                Rules.OWN_SOCKETS,
                                "what the kernel translated for " + route.device(),
                                "iif " + wan + " to " + route.to() + " lookup main"));
            }
        }
        return rules;
    }

    private boolean ownAddressIn(HostFacts.Route route) {
        return facts.addresses().stream()
                .anyMatch(own ->
                        own.device().equals(wan) && route.to().contains(own.address().address()));
    }

    private List<SteeringChange> eachRange(
            Entrance entrance, int preference, String action, String purpose) {
        return ranges().stream()
                .map(range -> rule(preference, purpose, selector(entrance, range) + " " + action))
                .toList();
    }

    /** All ports that may be the engine's. */
    private List<PortRange> ranges() {
        List<PortRange> ranges = new ArrayList<>();
        ranges.add(new PortRange(Protocol.UDP, EnginePorts.FIRST, EnginePorts.LAST));
        ranges.add(new PortRange(Protocol.TCP, EnginePorts.FIRST, EnginePorts.LAST));
        ranges.addAll(named());
        return ranges;
    }

    private static String selector(Entrance entrance, PortRange ports) {
        String dport = ports.count() == 1 ? "" + ports.first() : ports.first() + "-" + ports.last();
        return entrance.rule() + " ipproto " + ports.protocol().text() + " dport " + dport;
    }

    /** The host's own IPv4 addresses on this side. */
    Set<String> addresses() {
        return addresses;
    }

    /**
     * The table's rules for what is to one of {@link #addresses}. What is for the host's own
     * sockets, also those that live for one question, is marked, and stays tracked: the host's
     * firewall may want to know its own connections.
     *
     * @param untrack whether the kernel is not to track what is steered
     */
    List<String> chain(boolean untrack) {
        List<String> rules = new ArrayList<>();
        if (facts.matchesSockets()) {
            for (PortRange range : ranges()) {
                rules.add(
                        match(range.protocol(), List.of(span(range)))
                                + NftTable.HAS_SOCKET
                                + " meta mark set meta mark | "
                                + NftTable.OWN_MARK
                                + " accept");
            }
        }
        if (untrack) {
            for (Protocol protocol : Protocol.values()) {
                addUntracked(rules, protocol);
            }
        }
        return rules;
    }

    private void addUntracked(List<String> rules, Protocol protocol) {
        List<String> ports = new ArrayList<>();
        ports.add(EnginePorts.FIRST + "-" + EnginePorts.LAST);
        for (PortRange range : named()) {
            if (range.protocol() == protocol) {
                ports.add(span(range));
            }
        }
        List<String> not = new ArrayList<>();
        for (PortRange socket : own) {
            if (socket.protocol() == protocol) {
                not.add("" + socket.first());
            }
        }
        if (protocol == Protocol.UDP && tunnelPort > 0) {
            not.add("" + tunnelPort);
        }
        not.sort(null);
        if (!not.isEmpty()) {
            rules.add(match(protocol, not) + "accept");
        }
        rules.add(match(protocol, ports) + NftTable.UNTRACKED);
    }

    private static String match(Protocol protocol, List<String> ports) {
        return protocol.text() + " dport " + NftTable.anyOf(ports) + ' ';
    }

    private static String span(PortRange range) {
        return range.first() + "-" + range.last();
    }
}
