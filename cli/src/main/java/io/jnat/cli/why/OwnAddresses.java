package io.jnat.cli.why;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** Addresses of this host's own interfaces, as they are at the moment. */
final class OwnAddresses {
    private OwnAddresses() {}

    /**
     * The IPv4 address that a relay is reached at.
     *
     * @throws IllegalArgumentException when its interface has none
     */
    static InetAddress publicAddress(JnatConfig config) {
        List<InetAddress> own =
                networksOf(config.wan()).stream()
                        .map(Cidr::address)
                        .filter(Inet4Address.class::isInstance)
                        .toList();
        return own.stream()
                .filter(address -> !address.isSiteLocalAddress())
                .findFirst()
                .or(() -> own.stream().findFirst())
                .orElseThrow(
                        () -> new IllegalArgumentException(config.wan() + " has no IPv4 address"));
    }

    /** Whether an interface has an address. */
    static boolean has(String device, InetAddress address) {
        return networksOf(device).stream().anyMatch(own -> own.address().equals(address));
    }

    /**
     * Whether an address is on a router's inner side: a private one, one of a captured device, or
     * one in a network of the LAN.
     */
    static boolean isInside(RouterConfig router, InetAddress address) {
        return address.isSiteLocalAddress()
                || router.captured().stream().anyMatch(device -> device.network().contains(address))
                || router.lan().stream().anyMatch(lan -> isInNetworkOf(lan, address));
    }

    /** The LAN interface that an address belongs to; the first one when that is not to be seen. */
    static String lanOf(RouterConfig router, InetAddress address) {
        return router.lan().stream()
                .filter(lan -> isInNetworkOf(lan, address))
                .findFirst()
                .orElse(router.lan().getFirst());
    }

    private static boolean isInNetworkOf(String device, InetAddress address) {
        return networksOf(device).stream().anyMatch(own -> own.contains(address));
    }

    private static List<Cidr> networksOf(String device) {
        try {
            NetworkInterface found = NetworkInterface.getByName(device);
            List<InterfaceAddress> own = found == null ? List.of() : found.getInterfaceAddresses();
            return own.stream()
                    .map(each -> new Cidr(each.getAddress(), each.getNetworkPrefixLength()))
                    .toList();
        } catch (SocketException gone) {
            return List.of();
        }
    }
}
