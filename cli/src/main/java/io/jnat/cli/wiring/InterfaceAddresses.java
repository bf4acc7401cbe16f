package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.core.engine.Link;
import java.net.Inet4Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the interfaces have that rules are compiled from, to be compared with what they had before.
 *
 * @param wan addresses of the interface to the internet or the carrier
 * @param lan those of a router's interfaces to the LAN, by their names, in the configured order
 * @param wanMtu largest packet that the WAN takes, in bytes
 * @param lanMtu largest packet that each of the LAN's interfaces takes
 */
record InterfaceAddresses(
        List<InterfaceAddress> wan,
        Map<String, List<InterfaceAddress>> lan,
        int wanMtu,
        int lanMtu) {
    /** Of a TUN device, in bytes: what is larger is answered by the kernel in front of it. */
    static final int TUN_MTU = 1500;

    /** As they are now; an interface that is gone has no addresses. */
    static InterfaceAddresses now(JnatConfig config) {
        Map<String, List<InterfaceAddress>> lan = new LinkedHashMap<>();
        int lanMtu = TUN_MTU;
        if (config instanceof RouterConfig router) {
            for (String name : router.lan()) {
                lan.put(name, of(name));
                lanMtu = Math.min(lanMtu, mtu(name));
            }
        }
        return new InterfaceAddresses(of(config.wan()), lan, mtu(config.wan()), lanMtu);
    }

    /**
     * Has the links take no larger packets than the interfaces behind the TUN devices do. The
     * kernel there would answer larger ones to their translated source, and the sender never learn
     * of it.
     */
    void limit(List<Link> links) {
        for (Link link : links) {
            switch (link.zone()) {
                case WAN -> link.pathMtu(wanMtu);
                case LAN -> link.pathMtu(lanMtu);
                case TUNNEL -> {} // has what the configuration says
            }
        }
    }

    /** Why nothing leaves by an interface, for people; empty when it may. */
    static String trouble(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            if (found != null && !found.isUp()) {
                return name + " is down, or has no carrier";
            }
            // One without any address is none to Java.
            return found != null
                            && found.inetAddresses()
                                    .anyMatch(address -> !address.isLinkLocalAddress())
                    ? ""
                    : name + " has no address, or is not there";
        } catch (SocketException gone) {
            return name + " is not there";
        }
    }

    /**
     * Why IPv4 that is to be translated goes nowhere, for people; empty when it may go. A site's
     * carrier may give it IPv6 only: the tunnel is up then.
     */
    static String ipv4Trouble(JnatConfig config) {
        if (of(config.wan()).stream().anyMatch(InterfaceAddresses::isIpv4)) {
            return "";
        }
        return switch (config) {
            case RelayConfig relay ->
                    relay.wan()
                            + " has no IPv4 address: no IPv4 of devices leaves by it, and nobody"
                            + " reaches their IPv4 forwards; jnat follows when one comes";
            case RouterConfig router when router.others() == RouterConfig.Others.WAN ->
                    router.wan()
                            + " has no IPv4 address: IPv4 of devices that are not captured goes"
                            + " nowhere; jnat follows when one comes; where none ever does, others ="
                            + " \"kernel\" leaves them to the host";
            case RouterConfig _ -> "";
        };
    }

    /** Not one that an interface has given itself, for want of an answer (169.254.0.0/16). */
    private static boolean isIpv4(InterfaceAddress own) {
        return own.getAddress() instanceof Inet4Address four && !four.isLinkLocalAddress();
    }

    /** For people. */
    static String text(List<InterfaceAddress> addresses) {
        return addresses.isEmpty()
                ? "no address"
                : addresses.stream()
                        .map(each -> new Cidr(each.getAddress(), each.getNetworkPrefixLength()))
                        .map(Cidr::toString)
                        .collect(Collectors.joining(", "));
    }

    private static List<InterfaceAddress> of(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? List.of() : found.getInterfaceAddresses();
        } catch (SocketException gone) {
            return List.of();
        }
    }

    private static int mtu(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? TUN_MTU : found.getMTU();
        } catch (SocketException gone) {
            return TUN_MTU;
        }
    }
}
