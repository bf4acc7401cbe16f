package io.jnat.cli.config;

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
                            name, device.site(), device.address(), mac, direct, device.place()));
        }
    }

    /** So that an error in a device is not reported again by each rule that names it. */
    private void standIn(Section section, String name) {
        devices.put(
                name,
                new DeviceConfig(
                        name,
                        Optional.empty(),
                        InetAddress.getLoopbackAddress(),
                        Optional.empty(),
                        false,
                        section.placeOf(name)));
    }

    private DeviceConfig named(String name, String text, Place place) throws BadValue {
        Values.name(name);
        return relay
                ? onSite(name, text, place)
                : new DeviceConfig(
                        name, Optional.empty(), unicast(text), Optional.empty(), false, place);
    }

    private DeviceConfig onSite(String name, String text, Place place) throws BadValue {
        int colon = text.indexOf(':');
        if (colon < 1) {
            throw new BadValue("SITE:ADDRESS such as \"wa7vc:192.168.20.31\"");
        }
        String siteName = text.substring(0, colon);
        SiteConfig site = sites.get(siteName);
        if (site == null) {
            throw unknownSite(siteName, text.substring(colon));
        }
        InetAddress address = unicast(text.substring(colon + 1));
        if (!site.networks().isEmpty()
                && site.networks().stream().noneMatch(network -> network.contains(address))) {
            throw new BadValue("an address in " + siteName + "'s networks: " + joined(site));
        }
        return new DeviceConfig(
                name, Optional.of(siteName), address, Optional.empty(), false, place);
    }

    private BadValue unknownSite(String found, String rest) {
        String known =
                sites.isEmpty() ? "; there are none" : ": " + String.join(", ", sites.keySet());
        String nearest = Nearest.to(found, sites.keySet());
        return new BadValue("the name of a site" + known, nearest == null ? null : nearest + rest);
    }

    private static String joined(SiteConfig site) {
        return String.join(", ", site.networks().stream().map(Cidr::toString).toList());
    }

    private static InetAddress unicast(String text) throws BadValue {
        InetAddress address = Values.address(text);
        if (address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || address.isLoopbackAddress()) {
            throw new BadValue("the address of one device");
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
            return new DeviceConfig(
                    text, Optional.empty(), unicast(text), Optional.empty(), false, place);
        }
        String what =
                relay
                        ? "SITE:ADDRESS or the name of a device"
                        : "an address or the name of a device";
        throw BadValue.unknown(what, text, devices.keySet());
    }
}
