package io.jnat.nat.rule;

import io.jnat.core.engine.Zone;
import io.jnat.core.route.PrefixTable;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.rule.Ipv6Config.Allow;
import io.jnat.nat.rule.Ipv6Config.Capture;
import io.jnat.nat.rule.Ipv6Config.OwnAddress;
import io.jnat.nat.rule.Ipv6Config.Site;
import java.util.List;

/** The IPv6 part of a {@link RuleSet}. Immutable; asking allocates nothing. */
public final class Ipv6Rules {
    private static final int DOMAIN = 0;

    private final OwnAddress[] own;
    private final PrefixTable sites = new PrefixTable();
    private final PrefixTable captures = new PrefixTable();
    private final PrefixTable privateNetworks = new PrefixTable();
    private final int[] captureRule;
    private final boolean[] captureRefreshes;
    private final Allow[] allows;
    private final int[] allowRule;
    private final PortRange[][] ports;
    private final Ipv6Prefix[][] sources;
    private final Ipv6Prefix[][] destinations;

    /**
     * Compiles a configuration.
     *
     * @param ruleNames where the rules get their numbers
     */
    Ipv6Rules(Ipv6Config config, RuleNames ruleNames) {
        own = config.addresses().toArray(new OwnAddress[0]);
        for (Site site : config.sites()) {
            put(sites, site.networks(), site.peer());
        }
        put(privateNetworks, Ipv6Config.PRIVATE, 0);
        captureRule = new int[config.captures().size()];
        captureRefreshes = new boolean[captureRule.length];
        for (int at = 0; at < captureRule.length; at++) {
            Capture capture = config.captures().get(at);
            put(captures, capture.devices(), at);
            captureRule[at] = ruleNames.number("capture " + capture.name(), capture.lifetime());
            captureRefreshes[at] = capture.lifetime().inboundRefreshes();
        }
        allows = config.allows().toArray(new Allow[0]);
        allowRule = new int[allows.length];
        ports = new PortRange[allows.length][];
        sources = new Ipv6Prefix[allows.length][];
        destinations = new Ipv6Prefix[allows.length][];
        for (int at = 0; at < allows.length; at++) {
            Allow allow = allows[at];
            allowRule[at] = ruleNames.number(allow.name(), allow.lifetime());
            ports[at] = allow.ports().toArray(new PortRange[0]);
            sources[at] = allow.sources().toArray(new Ipv6Prefix[0]);
            destinations[at] = allow.destinations().toArray(new Ipv6Prefix[0]);
        }
    }

    private static void put(PrefixTable table, List<Ipv6Prefix> prefixes, int value) {
        for (Ipv6Prefix prefix : prefixes) {
            table.putIpv6(DOMAIN, prefix.high(), prefix.low(), prefix.bits(), value);
        }
    }

    /** Whether nothing is configured. */
    public boolean isEmpty() {
        return sites.size() == 0 && captures.size() == 0 && allows.length == 0;
    }

    /** Whether it is an address of this machine. */
    public boolean isOwn(long high, long low) {
        for (OwnAddress address : own) {
            if (address.high() == high && address.low() == low) {
                return true;
            }
        }
        return false;
    }

    /** Index of the own address that errors to senders behind a link come from; -1: none. */
    public int ownAddress(int link) {
        for (int at = 0; at < own.length; at++) {
            if (own[at].link() == link) {
                return at;
            }
        }
        return -1;
    }

    /** Upper half of an own address. */
    public long ownHigh(int at) {
        return own[at].high();
    }

    /** Lower half of an own address. */
    public long ownLow(int at) {
        return own[at].low();
    }

    /** Whether a site has IPv6 networks. */
    public boolean hasSites() {
        return sites.size() > 0;
    }

    /** The peer whose networks hold an address, the longest prefix counts; -1: none. */
    public int peerOf(long high, long low) {
        return sites.findIpv6(DOMAIN, high, low);
    }

    /** Whether an address is not the internet's. */
    public boolean isPrivate(long high, long low) {
        return privateNetworks.findIpv6(DOMAIN, high, low) != PrefixTable.NONE;
    }

    /** Whether a source may be seen on the internet: a site's, and not a unique local one. */
    public boolean mayLeave(long high, long low) {
        return peerOf(high, low) >= 0 && !isPrivate(high, low);
    }

    /** The capture that a device belongs to; -1: none. */
    public int findCapture(long high, long low) {
        return captures.findIpv6(DOMAIN, high, low);
    }

    /** Number of a capture's rule. */
    public int captureRule(int at) {
        return captureRule[at];
    }

    /** Whether packets from outside keep a captured device's flow alive. */
    public boolean captureRefreshes(int at) {
        return captureRefreshes[at];
    }

    /** The first allow rule that matches; -1: none. */
    public int findAllow(
            Zone zone,
            int protocol,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int port) {
        for (int at = 0; at < allows.length; at++) {
            if (allows[at].zone() == zone
                    && contains(destinations[at], destinationHigh, destinationLow)
                    && contains(sources[at], sourceHigh, sourceLow)
                    && matches(ports[at], protocol, port)) {
                return at;
            }
        }
        return -1;
    }

    /** What an allow rule that {@link #findAllow} has found does. */
    public NatConfig.Action action(int allow) {
        return allows[allow].action();
    }

    /** Number of an allow rule. */
    public int allowRule(int at) {
        return allowRule[at];
    }

    /** Whether packets from outside keep a flow of an allow rule alive. */
    public boolean allowRefreshes(int at) {
        return allows[at].lifetime().inboundRefreshes();
    }

    private static boolean contains(Ipv6Prefix[] prefixes, long high, long low) {
        for (Ipv6Prefix prefix : prefixes) {
            if (prefix.contains(high, low)) {
                return true;
            }
        }
        return prefixes.length == 0;
    }

    /** Whoever may use some port of a device may also ask for an echo (RFC 4890 section 4.3.1). */
    private static boolean matches(PortRange[] ranges, int protocol, int port) {
        if (ranges.length == 0 || protocol == Protocol.ICMPV6) {
            return true;
        }
        for (PortRange range : ranges) {
            if (range.contains(protocol, port)) {
                return true;
            }
        }
        return false;
    }
}
