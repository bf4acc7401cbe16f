package io.jnat.cli.why;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who is meant by {@code relay:55193}, {@code flex:5060}, {@code wa7vc:192.168.20.10:22}, {@code
 * 8.8.8.8:53} or {@code [2001:db8::9]:53}.
 */
final class Endpoints {
    /** A site or nothing, an address in brackets, a port or nothing. */
    private static final Pattern BRACKETED =
            Pattern.compile("([^\\[\\]:]+:)?\\[([0-9a-fA-F:.]+)\\](?::(\\d{1,5}))?");

    private final JnatConfig config;

    Endpoints(JnatConfig config) {
        this.config = config;
    }

    /** What an endpoint is. */
    enum Kind {
        /** The relay's public address. */
        RELAY,
        /** Something behind a site's router. */
        DEVICE,
        /** Any other address. */
        ADDRESS
    }

    /**
     * One side of a packet.
     *
     * @param kind what it is
     * @param site on the relay, whose device it is; empty otherwise
     * @param address {@link PacketText#ANY_OF_THE_RELAYS} for the relay
     * @param port 0 when none was given
     */
    record Endpoint(Kind kind, String site, InetAddress address, int port) {
        boolean isIpv6() {
            return address instanceof Inet6Address;
        }
    }

    /** A protocol's number; -1 for what is none that can be asked about. */
    static int protocol(String text) {
        return switch (text) {
            case "icmp" -> 1;
            case "tcp" -> 6;
            case "udp" -> 17;
            default -> -1;
        };
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    Endpoint parse(String text) {
        Split split = split(text);
        String host = split.host();
        int port = split.port();
        if (port > 65_535) {
            throw new IllegalArgumentException(text + ": port " + port + " (expected: 1 to 65535)");
        }
        if (host.equals("relay")) {
            return new Endpoint(Kind.RELAY, "", PacketText.ANY_OF_THE_RELAYS, port);
        }
        for (DeviceConfig device : devices()) {
            if (device.name().equals(host)) {
                return device(device, port);
            }
        }
        if (isIpv6(host)) {
            return new Endpoint(Kind.ADDRESS, "", address(host), port);
        }
        int colon = host.indexOf(':');
        if (colon > 0) {
            return onSite(host.substring(0, colon), host.substring(colon + 1), port);
        }
        if (!host.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
            throw unknown(host);
        }
        return new Endpoint(Kind.ADDRESS, "", address(host), port);
    }

    /** What stands before the port, without brackets, and the port; 0: none. */
    private record Split(String host, int port) {}

    /** An IPv6 address with a port behind it must stand in brackets; without one it need not. */
    private Split split(String text) {
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches()) {
            String before = bracketed.group(1) == null ? "" : bracketed.group(1);
            String port = bracketed.group(3);
            return new Split(
                    before + bracketed.group(2), port == null ? 0 : Integer.parseInt(port));
        }
        int colon = text.lastIndexOf(':');
        int first = text.indexOf(':');
        boolean bare =
                isIpv6(text)
                        || (first > 0
                                && site(text.substring(0, first)) != null
                                && isIpv6(text.substring(first + 1)));
        return bare || colon < 0 || !text.substring(colon + 1).matches("\\d{1,5}")
                ? new Split(text, 0)
                : new Split(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    private static boolean isIpv6(String text) {
        try {
            return text.indexOf(':') >= 0 && Cidr.of(text).v6();
        } catch (IllegalArgumentException somethingElse) {
            return false;
        }
    }

    private static InetAddress address(String text) {
        Cidr read = Cidr.of(text);
        if (!read.equals(Cidr.host(read.address()))) {
            throw new IllegalArgumentException(text + ": a network (expected: an address)");
        }
        return read.address();
    }

    private Endpoint onSite(String site, String address, int port) {
        if (site(site) == null) {
            throw unknown(site);
        }
        return new Endpoint(Kind.DEVICE, site, address(address), port);
    }

    private static Endpoint device(DeviceConfig device, int port) {
        if (!device.network().equals(Cidr.host(device.address()))) {
            throw new IllegalArgumentException(
                    device.name()
                            + ": a network (expected: one of its addresses, such as ["
                            + device.address().getHostAddress()
                            + "]:5060)");
        }
        return new Endpoint(Kind.DEVICE, device.site().orElse(""), device.address(), port);
    }

    private IllegalArgumentException unknown(String name) {
        List<String> known = new ArrayList<>(List.of("relay"));
        devices().forEach(device -> known.add(device.name()));
        sites().forEach(site -> known.add(site.name()));
        String nearest = Nearest.to(name, known);
        return new IllegalArgumentException(
                name
                        + ": no such device (expected an address, or one of "
                        + String.join(", ", known)
                        + (nearest == null ? ")" : "; did you mean \"" + nearest + "\"?)"));
    }

    /** The site with a name; null when there is none. */
    @Nullable SiteConfig site(String name) {
        return sites().stream().filter(site -> site.name().equals(name)).findFirst().orElse(null);
    }

    /**
     * The site whose networks hold an address; empty when none does.
     *
     * @throws IllegalArgumentException when several do: two sites may use the same network
     */
    String siteOf(InetAddress address) {
        List<String> found =
                sites().stream()
                        .filter(site ->
                                site.networks().stream()
                                        .anyMatch(network -> network.contains(address)))
                        .map(SiteConfig::name)
                        .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                    address.getHostAddress()
                            + ": in the networks of several sites (expected SITE:ADDRESS, with one of "
                            + String.join(", ", found)
                            + ")");
        }
        return found.isEmpty() ? "" : found.getFirst();
    }

    /** An IPv4 address as the engine has it. */
    static int number(InetAddress address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    private List<DeviceConfig> devices() {
        return switch (config) {
            case RelayConfig relay -> relay.devices();
            case RouterConfig router -> router.devices();
        };
    }

    private List<SiteConfig> sites() {
        return config instanceof RelayConfig relay ? relay.sites() : List.of();
    }
}
