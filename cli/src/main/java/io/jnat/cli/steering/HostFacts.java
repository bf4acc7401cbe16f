package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.PortRange;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a plan must know of the host; settings are those from before jnat changed them.
 *
 * @param interfaces by name
 * @param settings below {@code /proc/sys/net/}, tabs as spaces
 * @param localFirst whether the IPv4 rule {@code 0: lookup local} is there, or was before jnat
 * @param foreignFirst lowest preference of somebody else's IPv4 rule that leads everything away
 * @param foreignFirst6 the same of IPv6
 * @param routes of table main, without default routes
 * @param defaults the default routes of table main
 * @param uplinks what default routes of any table lead to, but jnat's
 * @param addresses of the interfaces
 * @param sockets ports that the host's own sockets have for some time, loopback left out
 * @param matchesSockets whether nftables can tell packets for which there is a socket
 * @param foreignNat whether anybody else translates addresses here (Docker, a firewall)
 * @param foreignForward whether anybody else judges what is forwarded here
 * @param closedForwardChains somebody else's, that drop what they do not name, and not the TUN
 * @param hardware addresses of the neighbours, from the neighbour table and from what was learned
 */
record HostFacts(
        Set<String> interfaces,
        Map<String, String> settings,
        boolean localFirst,
        int foreignFirst,
        int foreignFirst6,
        List<Route> routes,
        List<Route> defaults,
        Set<String> uplinks,
        List<Address> addresses,
        Set<PortRange> sockets,
        boolean matchesSockets,
        boolean foreignNat,
        boolean foreignForward,
        List<ClosedChain> closedForwardChains,
        Map<InetAddress, Set<String>> hardware) {
    private static final Pattern VIA = Pattern.compile("via (?:inet6 )?(\\S+)");

    /**
     * A route of table main.
     *
     * @param by the next router and the path's MTU, as {@code ip} wants them; empty without
     */
    record Route(Cidr to, String device, String by) {
        /** Whether it is of IPv4 and leads to an interface. */
        boolean isIpv4By(String name) {
            return !to.v6() && device.equals(name);
        }
    }

    /**
     * Drops what it does not name.
     *
     * @param family {@code ip}, {@code ip6}, {@code inet}; {@code legacy} is the old iptables
     * @param name family, table and chain, as {@code nft} wants them
     * @param table all rules of its table
     */
    record ClosedChain(String family, String name, String table) {}

    /** An interface's address. */
    record Address(String device, Cidr address) {}

    /** Whether the kernel has IPv6. */
    boolean ipv6() {
        return settings.containsKey("ipv6/conf/all/forwarding");
    }

    /** Whether an interface has an IPv6 address that others can answer to. */
    boolean hasIpv6(String device) {
        return addresses.stream()
                .anyMatch(own ->
                        own.device().equals(device)
                                && own.address().v6()
                                && !own.address().address().isLinkLocalAddress());
    }

    /**
     * The next router on the way to an address behind one of some interfaces; empty when the
     * address is a neighbour there, or is elsewhere.
     */
    Optional<String> routerTo(InetAddress address, List<String> behind) {
        return routes.stream()
                .filter(route -> route.to().contains(address))
                .max(Comparator.comparingInt(route -> route.to().bits()))
                .filter(route -> behind.contains(route.device()))
                .map(route -> VIA.matcher(route.by()))
                .filter(Matcher::lookingAt)
                .map(via -> via.group(1));
    }

    /**
     * Requires an interface.
     *
     * @param key of the configuration that names it
     */
    void requireInterface(String name, String key) throws SteeringException {
        if (!interfaces.contains(name)) {
            throw new SteeringException(
                    name
                            + ": no such interface on this host (there are: "
                            + String.join(", ", interfaces)
                            + "); set \""
                            + key
                            + "\" in the configuration");
        }
    }

    String setting(String name, String otherwise) {
        return settings.getOrDefault(name, otherwise);
    }
}
