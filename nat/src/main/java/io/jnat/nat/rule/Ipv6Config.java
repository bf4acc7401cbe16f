package io.jnat.nat.rule;

import io.jnat.core.engine.Zone;
import io.jnat.nat.rule.NatConfig.Action;
import java.util.List;

/**
 * The IPv6 part of {@link NatConfig}. Nothing is translated: devices have addresses of their own,
 * and what may be opened to them is a matter of rules. On a relay {@link #sites} say which networks
 * lie behind which peer; on a router {@link #captures} say which devices are reached and leave by
 * the tunnel.
 *
 * @param addresses own addresses
 * @param sites peers with IPv6 networks, on a relay
 * @param captures what must leave by the tunnel, on a router
 * @param allows who may open flows, first match wins
 */
public record Ipv6Config(
        List<OwnAddress> addresses, List<Site> sites, List<Capture> captures, List<Allow> allows) {
    /** No IPv6. */
    public static final Ipv6Config NONE =
            new Ipv6Config(List.of(), List.of(), List.of(), List.of());

    /**
     * What is not the internet and stays direct: unique local (RFC 4193), link-local and multicast
     * addresses (RFC 4291).
     */
    static final List<Ipv6Prefix> PRIVATE =
            List.of(
                    Ipv6Prefix.parse("fc00::/7"),
                    Ipv6Prefix.parse("fe80::/10"),
                    Ipv6Prefix.parse("ff00::/8"));

    /** Keeps copies of the lists. */
    public Ipv6Config {
        addresses = List.copyOf(addresses);
        sites = List.copyOf(sites);
        captures = List.copyOf(captures);
        allows = List.copyOf(allows);
    }

    /**
     * An address of this machine.
     *
     * @param link where it is known
     * @param high upper half
     * @param low lower half
     */
    public record OwnAddress(int link, long high, long low) {}

    /**
     * What lies behind a peer of a relay.
     *
     * @param peer index of the tunnel's peer
     * @param networks its networks
     */
    public record Site(int peer, List<Ipv6Prefix> networks) {
        /** Keeps a copy of the list. */
        public Site {
            networks = List.copyOf(networks);
        }
    }

    /**
     * Devices whose packets to the internet must leave by the tunnel.
     *
     * @param name of the rule
     * @param devices their addresses
     * @param lifetime of their flows
     */
    public record Capture(String name, List<Ipv6Prefix> devices, Lifetime lifetime) {
        /** Keeps a copy of the list. */
        public Capture {
            devices = List.copyOf(devices);
        }
    }

    /**
     * Who may open flows to a device.
     *
     * @param name of the rule, {@code forward dmr} or {@code allow dmr}
     * @param zone where the packet comes in
     * @param sources empty: anybody
     * @param destinations the devices
     * @param ports empty: any protocol and port
     * @param action what becomes of it
     * @param lifetime of its flows
     */
    public record Allow(
            String name,
            Zone zone,
            List<Ipv6Prefix> sources,
            List<Ipv6Prefix> destinations,
            List<PortRange> ports,
            Action action,
            Lifetime lifetime) {
        /** Keeps copies of the lists. */
        public Allow {
            sources = List.copyOf(sources);
            destinations = List.copyOf(destinations);
            ports = List.copyOf(ports);
        }
    }
}
