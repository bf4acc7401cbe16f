package io.jnat.nat.rule;

import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Behaviour.Dependence;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the rules are compiled from: plain values, the same for both roles. A relay has links of the
 * zones {@code WAN} and {@code TUNNEL} and {@link #sites}; a router has {@code LAN}, {@code TUNNEL}
 * and, with {@code others = WAN}, {@code WAN}.
 *
 * @param links every link of the engine
 * @param tunnelAddress own address in the tunnel; 0 for none
 * @param tunnelNetworks networks of the tunnel itself (10.99.0.0/24)
 * @param sites peers, on a relay; empty on a router
 * @param forwards in the order of the configuration, first match wins
 * @param captures what must leave by the tunnel
 * @param allows in the order of the configuration, first match wins
 * @param privateNetworks what is not captured; {@link #PRIVATE} unless configured
 * @param others who looks after devices that are not captured
 * @param pool public addresses that inside devices are spread over, each always to the same (RFC
 *     4787 REQ-2); empty: the WAN's main address
 * @param translation how devices that leave by the WAN are translated, unless their site says
 * @param timeouts idle limits
 * @param enginePorts external ports for dynamic mappings, those of the forwards included
 * @param keptPorts ports among them that belong to the tunnel's socket or the host
 * @param flowsPerDevice most flows that one inside device, or one outside address, may open
 * @param openingsPerSecond how many flows an inside device may open in a second
 * @param midStreamPickUp whether TCP segments without a flow make one, if the rules allow it
 * @param ipv6 networks and rules of IPv6
 */
public record NatConfig(
        List<LinkSetup> links,
        int tunnelAddress,
        List<Ipv4Prefix> tunnelNetworks,
        List<Site> sites,
        List<Forward> forwards,
        List<Capture> captures,
        List<Allow> allows,
        List<Ipv4Prefix> privateNetworks,
        Others others,
        List<Integer> pool,
        Behaviour translation,
        FlowTimeouts timeouts,
        PortRange enginePorts,
        List<PortRange> keptPorts,
        int flowsPerDevice,
        int openingsPerSecond,
        boolean midStreamPickUp,
        Ipv6Config ipv6) {

    /**
     * Everything that is not the internet: RFC 1918, shared address space (RFC 6598), link-local,
     * this network, loopback, multicast, broadcast.
     */
    public static final List<Ipv4Prefix> PRIVATE =
            List.of(
                    Ipv4Prefix.parse("10.0.0.0/8"),
                    Ipv4Prefix.parse("172.16.0.0/12"),
                    Ipv4Prefix.parse("192.168.0.0/16"),
                    Ipv4Prefix.parse("100.64.0.0/10"),
                    Ipv4Prefix.parse("169.254.0.0/16"),
                    Ipv4Prefix.parse("0.0.0.0/8"),
                    Ipv4Prefix.parse("127.0.0.0/8"),
                    Ipv4Prefix.parse("224.0.0.0/4"),
                    Ipv4Prefix.parse("255.255.255.255/32"));

    /** Ports that jnat steers into the engine by default. */
    public static final PortRange ENGINE_PORTS =
            new PortRange(PortRange.ANY_PROTOCOL, 1024, 60_999);

    /** Flows that one inside device may open by default. */
    public static final int FLOWS_PER_DEVICE = 16_384;

    /** Flows that one inside device may open in a second by default. */
    public static final int OPENINGS_PER_SECOND = 5000;

    /** Keeps copies of the lists. */
    public NatConfig {
        links = List.copyOf(links);
        tunnelNetworks = List.copyOf(tunnelNetworks);
        sites = List.copyOf(sites);
        forwards = List.copyOf(forwards);
        captures = List.copyOf(captures);
        allows = List.copyOf(allows);
        privateNetworks = List.copyOf(privateNetworks);
        pool = List.copyOf(pool);
        keptPorts = List.copyOf(keptPorts);
    }

    /** A configuration without rules and with every default, to be filled by the {@code with…}. */
    public static NatConfig of(List<LinkSetup> links, int tunnelAddress, Ipv4Prefix tunnelNetwork) {
        return new NatConfig(
                links,
                tunnelAddress,
                List.of(tunnelNetwork),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                PRIVATE,
                Others.KERNEL,
                List.of(),
                Behaviour.DEFAULT,
                FlowTimeouts.DEFAULTS,
                ENGINE_PORTS,
                List.of(),
                FLOWS_PER_DEVICE,
                OPENINGS_PER_SECOND,
                false,
                Ipv6Config.NONE);
    }

    /** The same with other rules. */
    public NatConfig withRules(
            List<Site> newSites,
            List<Forward> newForwards,
            List<Capture> newCaptures,
            List<Allow> newAllows,
            Others newOthers) {
        Draft draft = new Draft(this);
        draft.sites = newSites;
        draft.forwards = newForwards;
        draft.captures = newCaptures;
        draft.allows = newAllows;
        draft.others = newOthers;
        return draft.build();
    }

    /** The same with other limits. */
    public NatConfig withLimits(
            FlowTimeouts newTimeouts,
            PortRange newEnginePorts,
            List<PortRange> newKeptPorts,
            int newFlowsPerDevice,
            boolean newMidStreamPickUp) {
        Draft draft = new Draft(this);
        draft.timeouts = newTimeouts;
        draft.enginePorts = newEnginePorts;
        draft.keptPorts = newKeptPorts;
        draft.flowsPerDevice = newFlowsPerDevice;
        draft.midStreamPickUp = newMidStreamPickUp;
        return draft.build();
    }

    /** The same with another translation of sources. */
    public NatConfig withTranslation(List<Integer> newPool, Behaviour newTranslation) {
        Draft draft = new Draft(this);
        draft.pool = newPool;
        draft.translation = newTranslation;
        return draft.build();
    }

    /** The same with another limit of how fast a device opens flows. */
    public NatConfig withOpeningsPerSecond(int newOpeningsPerSecond) {
        Draft draft = new Draft(this);
        draft.openingsPerSecond = newOpeningsPerSecond;
        return draft.build();
    }

    /** The same with another IPv6 part. */
    public NatConfig withIpv6(Ipv6Config newIpv6) {
        Draft draft = new Draft(this);
        draft.ipv6 = newIpv6;
        return draft.build();
    }

    /** All parts, to be replaced one by one. */
    private static final class Draft {
        private List<LinkSetup> links;
        private int tunnelAddress;
        private List<Ipv4Prefix> tunnelNetworks;
        private List<Site> sites;
        private List<Forward> forwards;
        private List<Capture> captures;
        private List<Allow> allows;
        private List<Ipv4Prefix> privateNetworks;
        private Others others;
        private List<Integer> pool;
        private Behaviour translation;
        private FlowTimeouts timeouts;
        private PortRange enginePorts;
        private List<PortRange> keptPorts;
        private int flowsPerDevice;
        private int openingsPerSecond;
        private boolean midStreamPickUp;
        private Ipv6Config ipv6;

        private Draft(NatConfig from) {
            links = from.links;
            tunnelAddress = from.tunnelAddress;
            tunnelNetworks = from.tunnelNetworks;
            sites = from.sites;
            forwards = from.forwards;
            captures = from.captures;
            allows = from.allows;
            privateNetworks = from.privateNetworks;
            others = from.others;
            pool = from.pool;
            translation = from.translation;
            timeouts = from.timeouts;
            enginePorts = from.enginePorts;
            keptPorts = from.keptPorts;
            flowsPerDevice = from.flowsPerDevice;
            openingsPerSecond = from.openingsPerSecond;
            midStreamPickUp = from.midStreamPickUp;
            ipv6 = from.ipv6;
        }

        private NatConfig build() {
            return new NatConfig(
                    links,
                    tunnelAddress,
                    tunnelNetworks,
                    sites,
                    forwards,
                    captures,
                    allows,
                    privateNetworks,
                    others,
                    pool,
                    translation,
                    timeouts,
                    enginePorts,
                    keptPorts,
                    flowsPerDevice,
                    openingsPerSecond,
                    midStreamPickUp,
                    ipv6);
        }
    }

    /** Who looks after devices that are not captured. */
    public enum Others {
        /** The host's kernel: packets are handed back. */
        KERNEL,
        /** jnat: they leave by the WAN, translated to its address. */
        WAN
    }

    /**
     * A link and what is known about it.
     *
     * @param link the link
     * @param addresses own addresses on it, the public ones of a WAN; the first is the main one.
     *     Empty while unknown
     * @param networks all networks behind it; empty: unknown, then sources are not checked against
     *     them
     * @param onLink those that it is in itself: what comes by the tunnel has no source from there,
     *     whatever else may be behind it
     */
    public record LinkSetup(
            Link link,
            List<Integer> addresses,
            List<Ipv4Prefix> networks,
            List<Ipv4Prefix> onLink) {
        /** Keeps copies of the lists. */
        public LinkSetup {
            addresses = List.copyOf(addresses);
            networks = List.copyOf(networks);
            onLink = List.copyOf(onLink);
        }

        /** A link with nothing behind the networks that it is in. */
        public LinkSetup(Link link, List<Integer> addresses, List<Ipv4Prefix> networks) {
            this(link, addresses, networks, networks);
        }
    }

    /**
     * A site behind a relay.
     *
     * @param peer index of the tunnel's peer
     * @param name for people
     * @param networks its networks and its address in the tunnel
     * @param translation how its devices are translated; null: as the others
     */
    public record Site(
            int peer, String name, List<Ipv4Prefix> networks, @Nullable Behaviour translation) {
        /** Keeps a copy of the list. */
        public Site {
            networks = List.copyOf(networks);
        }

        /** A site that is translated as the others. */
        public Site(int peer, String name, List<Ipv4Prefix> networks) {
            this(peer, name, networks, null);
        }
    }

    /**
     * Public ports that lead to a device.
     *
     * @param name of the rule; several forwards may share it, and then its counters
     * @param ports public ports, TCP or UDP; another protocol with all ports leads it by address
     * @param publicAddress which of the public addresses; 0: every one
     * @param sources who may use it; empty: anybody
     * @param peer the device's site; -1: it is behind a LAN link of this machine
     * @param device the device's address
     * @param firstDevicePort where the first public port leads; the others follow
     * @param masquerade whether the device sees this end's tunnel address as the source
     * @param filtering who of the sources is let in: all, or only whom the device has spoken to
     *     from that port
     * @param lifetime of its flows
     */
    public record Forward(
            String name,
            PortRange ports,
            int publicAddress,
            List<Ipv4Prefix> sources,
            int peer,
            int device,
            int firstDevicePort,
            boolean masquerade,
            Dependence filtering,
            Lifetime lifetime) {
        /** Checks that the ports fit. */
        public Forward {
            sources = List.copyOf(sources);
            if (firstDevicePort + ports.last() - ports.first() > 65_535) {
                throw new IllegalArgumentException(
                        name + ": to-port " + firstDevicePort + " leaves no room for the range");
            }
        }

        /** A forward for all its sources, with the general idle limits. */
        public Forward(
                String name,
                PortRange ports,
                int publicAddress,
                List<Ipv4Prefix> sources,
                int peer,
                int device,
                int firstDevicePort,
                boolean masquerade) {
            this(
                    name,
                    ports,
                    publicAddress,
                    sources,
                    peer,
                    device,
                    firstDevicePort,
                    masquerade,
                    Dependence.NOTHING,
                    Lifetime.BOTH_SIDES);
        }
    }

    /**
     * Devices whose packets to the internet must leave by the tunnel.
     *
     * @param name of the rule
     * @param devices their addresses
     * @param lifetime of their flows
     */
    public record Capture(String name, List<Ipv4Prefix> devices, Lifetime lifetime) {
        /** Keeps a copy of the list. */
        public Capture {
            devices = List.copyOf(devices);
        }

        /** A capture with the general idle limits. */
        public Capture(String name, List<Ipv4Prefix> devices) {
            this(name, devices, Lifetime.DEVICE_ONLY);
        }
    }

    /** What becomes of a packet that an {@link Allow} rule matches. */
    public enum Action {
        /** Let in. */
        ACCEPT,
        /** Dropped in silence. */
        DROP,
        /** Dropped, and the sender is told by ICMP. */
        REJECT,
        /** Dropped, and the sender is told by a TCP reset, or by ICMP where it is not TCP. */
        RESET
    }

    /**
     * Who may open flows from a zone.
     *
     * @param name of the rule
     * @param zone where the packet comes in
     * @param sources empty: anybody
     * @param destinations empty: any
     * @param ports empty: any protocol and port
     * @param action what becomes of it
     * @param lifetime of its flows
     */
    public record Allow(
            String name,
            Zone zone,
            List<Ipv4Prefix> sources,
            List<Ipv4Prefix> destinations,
            List<PortRange> ports,
            Action action,
            Lifetime lifetime) {
        /** Keeps copies of the lists. */
        public Allow {
            sources = List.copyOf(sources);
            destinations = List.copyOf(destinations);
            ports = List.copyOf(ports);
        }

        /** A rule with the general idle limits. */
        public Allow(
                String name,
                Zone zone,
                List<Ipv4Prefix> sources,
                List<Ipv4Prefix> destinations,
                List<PortRange> ports,
                Action action) {
            this(name, zone, sources, destinations, ports, action, Lifetime.BOTH_SIDES);
        }
    }
}
