package io.jnat.nat.rule;

import io.jnat.core.engine.Zone;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.NatConfig.Allow;
import io.jnat.nat.rule.NatConfig.Capture;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.LinkSetup;
import io.jnat.nat.rule.NatConfig.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rules, compiled for asking per flow. Immutable; made by any thread, applied by {@code
 * NatCommand.ApplyRules}. Asking allocates nothing.
 */
public final class RuleSet {
    /** Packets that belong to no rule. */
    public static final int RULE_NONE = 0;

    /** What devices behind the tunnel send to the internet, on a relay. */
    static final int RULE_EGRESS = 1;

    /** What uncaptured devices send to the internet. */
    public static final int RULE_OTHERS = 2;

    /** What this machine itself sends into the tunnel. */
    public static final int RULE_HOST = 3;

    private static final String[] BUILT_IN = {"(none)", "(egress)", "(others)", "(host)"};

    private final NatConfig config;
    private final Links links;
    private final Ipv4Ranges tunnelNetworks;
    private final Ipv4Ranges privateNetworks;

    // By peer; one that is no site has no networks and the general translation.
    private final Ipv4Ranges[] siteNetworks;
    private final Behaviour[] siteTranslations;
    private final int[] siteRule;

    private final Ipv4Ranges allSites;
    private final CompiledForward[] forwards;
    private final CompiledCapture[] captures;
    private final CompiledAllow[] allows;
    private final Ipv6Rules ipv6;

    // By number of the rule.
    private final String[] names;
    private final FlowTimeouts[] timeouts;

    private RuleSet(NatConfig config) {
        this.config = config;
        links = new Links(config.links());
        tunnelNetworks = Ipv4Ranges.of(config.tunnelNetworks());
        privateNetworks = Ipv4Ranges.of(config.privateNetworks());

        // Rules are numbered in this order.
        RuleNames ruleNames = new RuleNames(List.of(BUILT_IN));
        ruleNames.limit(RULE_OTHERS, config.translation().lifetime());
        ruleNames.limit(RULE_EGRESS, config.translation().lifetime());
        int peers = peers(config.sites());
        siteNetworks = new Ipv4Ranges[peers];
        siteTranslations = new Behaviour[peers];
        siteRule = new int[peers];
        compileSites(ruleNames);
        allSites = allSites(config.sites());
        forwards = new CompiledForward[config.forwards().size()];
        Arrays.setAll(forwards, at -> CompiledForward.of(config.forwards().get(at), ruleNames));
        captures = new CompiledCapture[config.captures().size()];
        Arrays.setAll(captures, at -> CompiledCapture.of(config.captures().get(at), ruleNames));
        allows = new CompiledAllow[config.allows().size()];
        Arrays.setAll(allows, at -> CompiledAllow.of(config.allows().get(at), ruleNames));
        ipv6 = new Ipv6Rules(config.ipv6(), ruleNames);

        names = ruleNames.names();
        timeouts = ruleNames.timeouts(config.timeouts());
    }

    private static int peers(List<Site> sites) {
        int peers = 0;
        for (Site site : sites) {
            peers = Math.max(peers, site.peer() + 1);
        }
        return peers;
    }

    private void compileSites(RuleNames ruleNames) {
        Arrays.fill(siteNetworks, Ipv4Ranges.NONE);
        Arrays.fill(siteTranslations, config.translation());
        Arrays.fill(siteRule, RULE_EGRESS);
        for (Site site : config.sites()) {
            Behaviour own = site.translation();
            Behaviour translation = own == null ? config.translation() : own;
            siteNetworks[site.peer()] = Ipv4Ranges.of(site.networks());
            siteTranslations[site.peer()] = translation;
            siteRule[site.peer()] = ruleNames.number("site " + site.name(), translation.lifetime());
        }
    }

    private static Ipv4Ranges allSites(List<Site> sites) {
        List<Ipv4Prefix> all = new ArrayList<>();
        for (Site site : sites) {
            all.addAll(site.networks());
        }
        return Ipv4Ranges.of(all);
    }

    /**
     * Compiles a configuration.
     *
     * @throws IllegalArgumentException when link ids are not 0 to n-1
     */
    public static RuleSet compile(NatConfig config) {
        boolean[] seen = new boolean[config.links().size()];
        for (LinkSetup setup : config.links()) {
            int id = setup.link().id();
            if (id < 0 || id >= seen.length || seen[id]) {
                throw new IllegalArgumentException("link " + id + " (expected: ids from 0, once)");
            }
            seen[id] = true;
        }
        return new RuleSet(config);
    }

    /** What it was compiled from. */
    public NatConfig config() {
        return config;
    }

    /** Where packets come from and go to. */
    public Links links() {
        return links;
    }

    /** Names of the rules, by their number in this set; the first ones are built in. */
    public String[] names() {
        return names;
    }

    /** Idle limits of a rule of this set. */
    public FlowTimeouts timeouts(int rule) {
        return timeouts[rule];
    }

    /** The rule by which a peer's devices reach the internet. */
    public int siteRule(int peer) {
        return peer >= 0 && peer < siteRule.length ? siteRule[peer] : RULE_EGRESS;
    }

    /** How a source behind a peer, or behind the LAN (-1), is translated. */
    public Behaviour translation(int peer) {
        return peer >= 0 && peer < siteTranslations.length
                ? siteTranslations[peer]
                : config.translation();
    }

    /** The IPv6 rules. */
    public Ipv6Rules ipv6() {
        return ipv6;
    }

    /** Whether an address belongs to what is configured as private: not the internet. */
    public boolean isPrivate(int address) {
        return privateNetworks.contains(address);
    }

    /** Whether an address belongs to the tunnel itself. */
    public boolean isTunnelNetwork(int address) {
        return tunnelNetworks.contains(address);
    }

    /** Whether an address belongs to some site. */
    public boolean isAnySite(int address) {
        return allSites.contains(address);
    }

    /** Whether there are sites: whether this is a relay. */
    public boolean hasSites() {
        return siteNetworks.length > 0;
    }

    /** Whether an address is one of a site's. */
    public boolean isOfSite(int peer, int address) {
        return peer >= 0 && peer < siteNetworks.length && siteNetworks[peer].contains(address);
    }

    /** The first peer whose networks hold an address; -1: none. */
    public int peerOf(int address) {
        for (int peer = 0; peer < siteNetworks.length; peer++) {
            if (siteNetworks[peer].contains(address)) {
                return peer;
            }
        }
        return -1;
    }

    /** The first forward for a packet to a public address; -1: none. */
    public int findForward(int protocol, int source, int destination, int port) {
        for (int at = 0; at < forwards.length; at++) {
            Forward forward = forwards[at].rule;
            if (forward.ports().contains(protocol, port)
                    && (forward.publicAddress() == 0 || forward.publicAddress() == destination)
                    && forwards[at].sources.contains(source)) {
                return at;
            }
        }
        return -1;
    }

    /**
     * The first forward by whose public port a device's port sends (N4): one that leads to it and
     * does not masquerade; -1: none.
     */
    public int findForwardTo(int protocol, int peer, int device, int port) {
        for (int at = 0; at < forwards.length; at++) {
            Forward forward = forwards[at].rule;
            if (forward.device() == device
                    && !forward.masquerade()
                    && forward.peer() == peer
                    && forward.ports()
                            .contains(
                                    protocol,
                                    port - forward.firstDevicePort() + forward.ports().first())) {
                return at;
            }
        }
        return -1;
    }

    /** The forward that {@link #findForward} or {@link #findForwardTo} has found. */
    public Forward forward(int at) {
        return forwards[at].rule;
    }

    /** Number of a forward's rule. */
    public int forwardRule(int at) {
        return forwards[at].number;
    }

    /** The first capture that a device belongs to; -1: none. */
    public int findCapture(int device) {
        for (int at = 0; at < captures.length; at++) {
            if (captures[at].devices.contains(device)) {
                return at;
            }
        }
        return -1;
    }

    /** Number of a capture's rule. */
    public int captureRule(int at) {
        return captures[at].number;
    }

    /** Whether packets from outside keep a captured device's flow alive. */
    public boolean captureRefreshes(int at) {
        return captures[at].refreshes;
    }

    /** The first allow rule that matches; -1: none. */
    public int findAllow(Zone zone, int protocol, int source, int destination, int port) {
        for (int at = 0; at < allows.length; at++) {
            CompiledAllow allow = allows[at];
            if (allow.rule.zone() == zone
                    && allow.destinations.contains(destination)
                    && allow.sources.contains(source)
                    && matches(allow.ports, protocol, port)) {
                return at;
            }
        }
        return -1;
    }

    /** What an allow rule that {@link #findAllow} has found does. */
    public NatConfig.Action action(int allow) {
        return allows[allow].rule.action();
    }

    /** Number of an allow rule. */
    public int allowRule(int at) {
        return allows[at].number;
    }

    /** Whether packets from outside keep a flow of an allow rule alive. */
    public boolean allowRefreshes(int at) {
        return allows[at].rule.lifetime().inboundRefreshes();
    }

    private static boolean matches(PortRange[] ranges, int protocol, int port) {
        for (PortRange range : ranges) {
            if (range.contains(protocol, port)) {
                return true;
            }
        }
        return false;
    }

    private static Ipv4Ranges anyIfEmpty(List<Ipv4Prefix> prefixes) {
        return Ipv4Ranges.of(prefixes.isEmpty() ? List.of(Ipv4Prefix.ANY) : prefixes);
    }

    /**
     * A forward and what asking it needs.
     *
     * @param number of the rule
     */
    private record CompiledForward(Forward rule, Ipv4Ranges sources, int number) {
        static CompiledForward of(Forward rule, RuleNames ruleNames) {
            return new CompiledForward(
                    rule,
                    anyIfEmpty(rule.sources()),
                    ruleNames.number("forward " + rule.name(), rule.lifetime()));
        }
    }

    /**
     * A capture as it is asked.
     *
     * @param number of the rule
     */
    private record CompiledCapture(Ipv4Ranges devices, boolean refreshes, int number) {
        static CompiledCapture of(Capture rule, RuleNames ruleNames) {
            return new CompiledCapture(
                    Ipv4Ranges.of(rule.devices()),
                    rule.lifetime().inboundRefreshes(),
                    ruleNames.number("capture " + rule.name(), rule.lifetime()));
        }
    }

    /** An allow rule and what asking it needs. A class, as records may not hold arrays. */
    private static final class CompiledAllow {
        private final Allow rule;
        private final PortRange[] ports;
        private final Ipv4Ranges sources;
        private final Ipv4Ranges destinations;
        private final int number;

        private CompiledAllow(Allow rule, int number) {
            this.rule = rule;
            this.number = number;
            ports =
                    rule.ports().isEmpty()
                            ? new PortRange[] {PortRange.ANY}
                            : rule.ports().toArray(new PortRange[0]);
            sources = anyIfEmpty(rule.sources());
            destinations = anyIfEmpty(rule.destinations());
        }

        static CompiledAllow of(Allow rule, RuleNames ruleNames) {
            return new CompiledAllow(
                    rule, ruleNames.number("allow " + rule.name(), rule.lifetime()));
        }
    }
}
