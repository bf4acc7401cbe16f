package io.jnat.cli.why;

import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.nat.Ipv4Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is meant by {@code relay:55193}, {@code flex:5060}, {@code wa7vc:192.168.20.10:22} or {@code
 * 8.8.8.8:53}.
 */
final class Endpoints {
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
     * @param address 0 for the relay seen from the router
     * @param port 0 when none was given
     */
    record Endpoint(Kind kind, String site, int address, int port) {}

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
        String host = text;
        int port = 0;
        int colon = text.lastIndexOf(':');
        if (colon >= 0 && text.substring(colon + 1).matches("\\d{1,5}")) {
            host = text.substring(0, colon);
            port = Integer.parseInt(text.substring(colon + 1));
        }
        if (port > 65_535) {
            throw new IllegalArgumentException(text + ": port " + port + " (expected: 1 to 65535)");
        }
        if (text.indexOf(':') != colon && text.indexOf('.') < 0) {
            throw new IllegalArgumentException(
                    text + ": jnat why knows IPv4 only so far (expected: ADDRESS:PORT)");
        }
        if (host.equals("relay")) {
            return new Endpoint(Kind.RELAY, "", 0, port);
        }
        for (DeviceConfig device : devices()) {
            if (device.name().equals(host)) {
                return device(device.site().orElse(""), device.address(), port);
            }
        }
        int slash = host.indexOf(':');
        if (slash > 0) {
            return onSite(host.substring(0, slash), host.substring(slash + 1), port);
        }
        if (!host.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
            throw unknown(host);
        }
        return new Endpoint(Kind.ADDRESS, "", Ipv4Prefix.parseAddress(host), port);
    }

    private Endpoint onSite(String site, String address, int port) {
        if (site(site) == null) {
            throw unknown(site);
        }
        return new Endpoint(Kind.DEVICE, site, Ipv4Prefix.parseAddress(address), port);
    }

    private static Endpoint device(String site, InetAddress address, int port) {
        if (!(address instanceof Inet4Address)) {
            throw new IllegalArgumentException(
                    address.getHostAddress() + ": jnat why knows IPv4 only so far");
        }
        return new Endpoint(Kind.DEVICE, site, number(address), port);
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
    String siteOf(int address) {
        List<String> found =
                sites().stream()
                        .filter(site ->
                                site.networks().stream()
                                        .anyMatch(network -> network.contains(inet(address))))
                        .map(SiteConfig::name)
                        .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                    Ipv4Prefix.format(address)
                            + ": in the networks of several sites (expected SITE:ADDRESS, with one of "
                            + String.join(", ", found)
                            + ")");
        }
        return found.isEmpty() ? "" : found.getFirst();
    }

    static InetAddress inet(int address) {
        try {
            return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(address).array());
        } catch (java.net.UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

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
