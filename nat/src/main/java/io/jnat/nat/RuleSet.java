package io.jnat.nat;

import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.NatConfig.Allow;
import io.jnat.nat.NatConfig.Capture;
import io.jnat.nat.NatConfig.Forward;
import io.jnat.nat.NatConfig.LinkSetup;
import io.jnat.nat.NatConfig.Site;
import io.jnat.nat.flow.FlowTimeouts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules, compiled for asking per flow. Immutable; made by any thread, applied by {@link
 * NatCommand.ApplyRules}. Asking allocates nothing.
 */
public final class RuleSet {
    /** Packets that belong to no rule. */
    static final int RULE_NONE = 0;

    /** What devices behind the tunnel send to the internet, on a relay. */
    static final int RULE_EGRESS = 1;

    /** What uncaptured devices send to the internet. */
    static final int RULE_OTHERS = 2;

    /** What this machine itself sends into the tunnel. */
    static final int RULE_HOST = 3;

    private static final String[] BUILT_IN = {"(none)", "(egress)", "(others)", "(host)"};

    private final NatConfig config;
    private final LinkSetup[] setups;
    private final Link[] links;
    private final @Nullable Ipv4Ranges[] linkNetworks;
    private final Ipv4Ranges lanOnLink;
    private final int[] linkAddress;
    private final Ipv4Ranges[] siteNetworks;
    private final Ipv4Ranges allSites;
    private final Ipv4Ranges tunnelNetworks;
    private final Ipv4Ranges privateNetworks;
    private final Forward[] forwards;
    private final Ipv4Ranges[] forwardSources;
    private final Capture[] captures;
    private final Ipv4Ranges[] capturedDevices;
    private final Allow[] allows;
    private final PortRange[][] allowPorts;
    private final Ipv4Ranges[] allowSources;
    private final Ipv4Ranges[] allowDestinations;
    private final Ipv6Rules ipv6;
    private final int wanLink;
    private final int tunnelLink;
    private final int[] lanLinks;
    private final String[] names;
    private final FlowTimeouts[] timeouts;
    private final Behaviour[] siteTranslations;
    private final int[] siteRule;
    private final int[] forwardRule;
    private final int[] captureRule;
    private final int[] allowRule;

    private RuleSet(NatConfig config) {
        this.config = config;
        int linkCount = config.links().size();
        setups = config.links().toArray(new LinkSetup[0]);
        links = new Link[linkCount];
        linkNetworks = new Ipv4Ranges[linkCount];
        linkAddress = new int[linkCount];
        int wan = -1;
        int tunnel = -1;
        List<Integer> lans = new ArrayList<>();
        List<Ipv4Prefix> onLink = new ArrayList<>();
        for (LinkSetup setup : config.links()) {
            Link link = setup.link();
            links[link.id()] = link;
            linkNetworks[link.id()] =
                    setup.networks().isEmpty() ? null : Ipv4Ranges.of(setup.networks());
            linkAddress[link.id()] = setup.addresses().isEmpty() ? 0 : setup.addresses().get(0);
            switch (link.zone()) {
                case WAN -> wan = wan < 0 ? link.id() : wan;
                case TUNNEL -> tunnel = link.id();
                case LAN -> {
                    lans.add(link.id());
                    onLink.addAll(setup.onLink());
                }
            }
        }
        lanOnLink = Ipv4Ranges.of(onLink);
        wanLink = wan;
        tunnelLink = tunnel;
        lanLinks = ints(lans);
        siteNetworks = siteNetworks(config.sites());
        allSites = allSites(config.sites());
        tunnelNetworks = Ipv4Ranges.of(config.tunnelNetworks());
        privateNetworks = Ipv4Ranges.of(config.privateNetworks());
        RuleNames ruleNames = new RuleNames(List.of(BUILT_IN));
        ruleNames.limit(RULE_OTHERS, config.translation().lifetime());
        ruleNames.limit(RULE_EGRESS, config.translation().lifetime());
        siteTranslations = new Behaviour[siteNetworks.length];
        Arrays.fill(siteTranslations, config.translation());
        siteRule = new int[siteNetworks.length];
        Arrays.fill(siteRule, RULE_EGRESS);
        for (Site site : config.sites()) {
            Behaviour own = site.translation();
            Behaviour translation = own == null ? config.translation() : own;
            siteTranslations[site.peer()] = translation;
            siteRule[site.peer()] = ruleNames.number("site " + site.name(), translation.lifetime());
        }
        forwards = config.forwards().toArray(new Forward[0]);
        forwardSources = new Ipv4Ranges[forwards.length];
        forwardRule = new int[forwards.length];
        for (int at = 0; at < forwards.length; at++) {
            forwardSources[at] = anyIfEmpty(forwards[at].sources());
            forwardRule[at] =
                    ruleNames.number("forward " + forwards[at].name(), forwards[at].lifetime());
        }
        captures = config.captures().toArray(new Capture[0]);
        capturedDevices = new Ipv4Ranges[captures.length];
        captureRule = new int[captures.length];
        for (int at = 0; at < captures.length; at++) {
            capturedDevices[at] = Ipv4Ranges.of(captures[at].devices());
            captureRule[at] =
                    ruleNames.number("capture " + captures[at].name(), captures[at].lifetime());
        }
        allows = config.allows().toArray(new Allow[0]);
        allowPorts = new PortRange[allows.length][];
        allowSources = new Ipv4Ranges[allows.length];
        allowDestinations = new Ipv4Ranges[allows.length];
        allowRule = new int[allows.length];
        for (int at = 0; at < allows.length; at++) {
            Allow allow = allows[at];
            allowPorts[at] =
                    allow.ports().isEmpty()
                            ? new PortRange[] {PortRange.ANY}
                            : allow.ports().toArray(new PortRange[0]);
            allowSources[at] = anyIfEmpty(allow.sources());
            allowDestinations[at] = anyIfEmpty(allow.destinations());
            allowRule[at] = ruleNames.number("allow " + allow.name(), allow.lifetime());
        }
        ipv6 = new Ipv6Rules(config.ipv6(), ruleNames);
        names = ruleNames.names();
        timeouts = ruleNames.timeouts(config.timeouts());
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

    /** Names of the rules, by their number in this set; the first ones are built in. */
    String[] names() {
        return names;
    }

    /** Idle limits of a rule of this set. */
    FlowTimeouts timeouts(int rule) {
        return timeouts[rule];
    }

    /** The rule by which a peer's devices reach the internet. */
    int siteRule(int peer) {
        return peer >= 0 && peer < siteRule.length ? siteRule[peer] : RULE_EGRESS;
    }

    /** How a source behind a peer, or behind the LAN (-1), is translated. */
    Behaviour translation(int peer) {
        return peer >= 0 && peer < siteTranslations.length
                ? siteTranslations[peer]
                : config.translation();
    }

    Link link(int id) {
        return links[id];
    }

    boolean isLink(int id) {
        return id >= 0 && id < links.length;
    }

    /** Main own address on a link; 0 while unknown. */
    int linkAddress(int id) {
        return linkAddress[id];
    }

    /** Whether a source address is what the link's networks say; true when they are unknown. */
    boolean isBehind(int link, int address) {
        Ipv4Ranges networks = linkNetworks[link];
        return networks == null || networks.contains(address);
    }

    /** Whether the address belongs to a network that a LAN link is in. */
    boolean isLanAddress(int address) {
        return lanOnLink.contains(address);
    }

    /** Whether the address is the directed broadcast of a network that a link is in (RFC 2644). */
    boolean isBroadcast(int address) {
        for (LinkSetup setup : setups) {
            for (int at = 0; at < setup.onLink().size(); at++) {
                Ipv4Prefix network = setup.onLink().get(at);
                if (network.bits() < 31 && network.last() == address) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The LAN link that leads to a device; -1 when there is none. */
    int lanLinkTo(int address) {
        for (int link : lanLinks) {
            Ipv4Ranges networks = linkNetworks[link];
            if (networks != null && networks.contains(address)) {
                return link;
            }
        }
        for (int link : lanLinks) {
            if (linkNetworks[link] == null) {
                return link;
            }
        }
        return lanLinks.length == 0 ? -1 : lanLinks[0];
    }

    int wanLink() {
        return wanLink;
    }

    int tunnelLink() {
        return tunnelLink;
    }

    /** The first LAN link; -1 when there is none. */
    int lanLink() {
        return hasLan() ? lanLinks[0] : -1;
    }

    /** The IPv6 rules. */
    Ipv6Rules ipv6() {
        return ipv6;
    }

    boolean hasLan() {
        return lanLinks.length > 0;
    }

    boolean isPrivate(int address) {
        return privateNetworks.contains(address);
    }

    boolean isTunnelNetwork(int address) {
        return tunnelNetworks.contains(address);
    }

    boolean isAnySite(int address) {
        return allSites.contains(address);
    }

    boolean hasSites() {
        return siteNetworks.length > 0;
    }

    /** Whether an address is one of a site's. */
    boolean isOfSite(int peer, int address) {
        return peer >= 0 && peer < siteNetworks.length && siteNetworks[peer].contains(address);
    }

    /** The first peer whose networks hold an address; -1: none. */
    int peerOf(int address) {
        for (int peer = 0; peer < siteNetworks.length; peer++) {
            if (siteNetworks[peer].contains(address)) {
                return peer;
            }
        }
        return -1;
    }

    /** The first forward for a packet to a public address; -1: none. */
    int findForward(int protocol, int source, int destination, int port) {
        for (int at = 0; at < forwards.length; at++) {
            Forward forward = forwards[at];
            if (forward.ports().contains(protocol, port)
                    && (forward.publicAddress() == 0 || forward.publicAddress() == destination)
                    && forwardSources[at].contains(source)) {
                return at;
            }
        }
        return -1;
    }

    /**
     * The first forward by whose public port a device's port sends (N4): one that leads to it and
     * does not masquerade; -1: none.
     */
    int findForwardTo(int protocol, int peer, int device, int port) {
        for (int at = 0; at < forwards.length; at++) {
            Forward forward = forwards[at];
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

    Forward forward(int at) {
        return forwards[at];
    }

    int forwardRule(int at) {
        return forwardRule[at];
    }

    /** The first capture that a device belongs to; -1: none. */
    int findCapture(int device) {
        for (int at = 0; at < captures.length; at++) {
            if (capturedDevices[at].contains(device)) {
                return at;
            }
        }
        return -1;
    }

    int captureRule(int at) {
        return captureRule[at];
    }

    boolean captureRefreshes(int at) {
        return captures[at].lifetime().inboundRefreshes();
    }

    /** The first allow rule that matches; -1: none. */
    int findAllow(Zone zone, int protocol, int source, int destination, int port) {
        for (int at = 0; at < allows.length; at++) {
            if (allows[at].zone() == zone
                    && allowDestinations[at].contains(destination)
                    && allowSources[at].contains(source)
                    && matches(allowPorts[at], protocol, port)) {
                return at;
            }
        }
        return -1;
    }

    NatConfig.Action action(int allow) {
        return allows[allow].action();
    }

    int allowRule(int at) {
        return allowRule[at];
    }

    boolean allowRefreshes(int at) {
        return allows[at].lifetime().inboundRefreshes();
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

    private static Ipv4Ranges[] siteNetworks(List<Site> sites) {
        int peers = 0;
        for (Site site : sites) {
            peers = Math.max(peers, site.peer() + 1);
        }
        Ipv4Ranges[] networks = new Ipv4Ranges[peers];
        for (int peer = 0; peer < peers; peer++) {
            networks[peer] = Ipv4Ranges.NONE;
        }
        for (Site site : sites) {
            networks[site.peer()] = Ipv4Ranges.of(site.networks());
        }
        return networks;
    }

    private static Ipv4Ranges allSites(List<Site> sites) {
        List<Ipv4Prefix> all = new ArrayList<>();
        for (Site site : sites) {
            all.addAll(site.networks());
        }
        return Ipv4Ranges.of(all);
    }

    private static int[] ints(List<Integer> list) {
        int[] array = new int[list.size()];
        for (int at = 0; at < array.length; at++) {
            array[at] = list.get(at);
        }
        return array;
    }
}
