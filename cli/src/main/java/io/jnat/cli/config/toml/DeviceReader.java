package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.Values;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code [device]}, and finds devices that rules name. On the relay a device stands on a site
 * ({@code wa7vc:192.168.20.31}), on the router it is an address.
 */
final class DeviceReader {
    private final Map<String, SiteConfig> sites = new LinkedHashMap<>();
    private final Map<String, DeviceConfig> devices = new LinkedHashMap<>();
    private final boolean relay;

    private DeviceReader(boolean relay) {
        this.relay = relay;
    }

    static DeviceReader onRelay(Section section, List<SiteConfig> sites) {
        DeviceReader reader = new DeviceReader(true);
        sites.forEach(site -> reader.sites.put(site.name(), site));
        reader.readAll(section);
        return reader;
    }

    static DeviceReader onRouter(Section section) {
        DeviceReader reader = new DeviceReader(false);
        reader.readAll(section);
        return reader;
    }

    boolean isDevice(String name) {
        return devices.containsKey(name);
    }

    Set<String> names() {
        return devices.keySet();
    }

    List<DeviceConfig> devices() {
        return List.copyOf(devices.values());
    }

    private void readAll(Section section) {
        for (String name : section.keys()) {
            Node node = section.node(name);
            try {
                Values.name(name);
            } catch (BadValue bad) {
                section.error(name, bad.message("the name \"" + name + '"'));
                standIn(section, name);
                continue;
            }
            if (node instanceof Node.Table) {
                readTable(section, name);
            } else if (node != null) {
                section.parse(name, node, text -> named(name, text, section.placeOf(name)))
                        .ifPresentOrElse(
                                device -> devices.put(name, device), () -> standIn(section, name));
            }
        }
    }

    private void readTable(Section parent, String name) {
        Section section = parent.table(name);
        String example = relay ? "wa7vc:192.168.20.31" : "192.168.20.31";
        @Nullable DeviceConfig device =
                section.required(
                                "address",
                                text -> Optional.of(named(name, text, section.place())),
                                "address = \"" + example + '"',
                                Optional.<DeviceConfig>empty())
                        .orElse(null);
        Optional<String> mac = section.optional("mac", Values::mac);
        boolean direct =
                section.optional(
                        "ipv6",
                        text ->
                                switch (text) {
                                    case "direct" -> true;
                                    case "block" -> false;
                                    default ->
                                            throw new BadValue(
                                                    "\"block\" or \"direct\"",
                                                    Nearest.to(text, List.of("block", "direct")));
                                },
                        false);
        section.refuseUnknown();
        if (device == null) {
            standIn(parent, name);
        } else {
            devices.put(
                    name,
                    new DeviceConfig(
                            name, device.site(), device.network(), mac, direct, device.place()));
        }
    }

    /** So that an error in a device is not reported again by each rule that names it. */
    private void standIn(Section section, String name) {
        devices.put(name, standIn(name, section.placeOf(name)));
    }

    private static DeviceConfig standIn(String name, Place place) {
        return new DeviceConfig(
                name, Optional.empty(), CommonReader.NO_CIDR, Optional.empty(), false, place);
    }

    private DeviceConfig named(String name, String text, Place place) throws BadValue {
        return relay ? onSite(name, text, place) : onRouter(name, text, place);
    }

    private static DeviceConfig onRouter(String name, String text, Place place) throws BadValue {
        Cidr network = text.indexOf('/') < 0 ? Cidr.host(unicast(text)) : prefix(text);
        return new DeviceConfig(name, Optional.empty(), network, Optional.empty(), false, place);
    }

    /** All devices of an IPv6 network: their temporary addresses change from day to day. */
    private static Cidr prefix(String text) throws BadValue {
        Cidr network = Values.network(text);
        if (!network.v6()) {
            throw new BadValue("the address of one device, or an IPv6 prefix");
        }
        if (!Values.isUnicast6(network)) {
            throw new BadValue(Values.UNICAST6);
        }
        return network;
    }

    private DeviceConfig onSite(String name, String text, Place place) throws BadValue {
        int colon = text.indexOf(':');
        if (colon < 1) {
            throw new BadValue("SITE:ADDRESS such as \"wa7vc:192.168.20.31\"");
        }
        String siteName = text.substring(0, colon);
        SiteConfig site = sites.get(siteName);
        if (site == null) {
            if (sites.keySet().stream().anyMatch(known -> known.startsWith(SiteReader.NAMELESS))) {
                return standIn(name, place); // it may be the one whose name could not be read
            }
            throw unknownSite(siteName, text.substring(colon));
        }
        InetAddress address = unicast(text.substring(colon + 1));
        boolean itself = address.equals(site.address());
        boolean inside = site.networks().stream().anyMatch(network -> network.contains(address));
        if (!itself && !inside && !site.networks().equals(SiteReader.UNREADABLE)) {
            throw new BadValue(
                    "an address in " + siteName + "'s networks: " + joined(site, address));
        }
        Cidr host = Cidr.host(address);
        return new DeviceConfig(name, Optional.of(siteName), host, Optional.empty(), false, place);
    }

    private BadValue unknownSite(String found, String rest) {
        String known =
                sites.isEmpty() ? "; there are none" : ": " + String.join(", ", sites.keySet());
        String nearest = Nearest.to(found, sites.keySet());
        return new BadValue("the name of a site" + known, nearest == null ? null : nearest + rest);
    }

    private static String joined(SiteConfig site, InetAddress example) {
        Cidr network = new Cidr(example, example instanceof Inet6Address ? 64 : 24).network();
        return site.networks().isEmpty()
                ? "it has none; set networks = [\"" + network + "\"] there"
                : String.join(", ", site.networks().stream().map(Cidr::toString).toList());
    }

    private static InetAddress unicast(String text) throws BadValue {
        InetAddress address = Values.address(text);
        if (address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || address.isLoopbackAddress()) {
            throw new BadValue("the address of one device");
        }
        if (address instanceof Inet6Address && address.isLinkLocalAddress()) {
            throw new BadValue("a global or unique local address of the device");
        }
        return address;
    }

    /** A device's name, an address (router), or {@code SITE:ADDRESS} (relay). */
    DeviceConfig find(String text, Place place) throws BadValue {
        DeviceConfig device = devices.get(text);
        if (device != null) {
            return device;
        }
        boolean colon = text.indexOf(':') >= 0;
        if (relay && colon) {
            return onSite(text, text, place);
        }
        if (!relay && (colon || text.matches("[0-9.]+"))) {
            return onRouter(text, text, place);
        }
        String what =
                relay
                        ? "SITE:ADDRESS or the name of a device"
                        : "an address or the name of a device";
        throw BadValue.unknown(what, text, devices.keySet());
    }
}
