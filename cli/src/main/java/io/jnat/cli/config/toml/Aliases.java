package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names for networks, ports and devices: {@code [alias]}. An alias may name others; all that it
 * holds is of one kind, so that a rule says what it means. {@code rfc1918} and {@code private} are
 * built in.
 */
final class Aliases {
    private static final Map<String, List<String>> BUILT_IN =
            Map.of(
                    "rfc1918",
                    List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
                    "private",
                    List.of(
                            "rfc1918",
                            "100.64.0.0/10",
                            "169.254.0.0/16",
                            "0.0.0.0/8",
                            "127.0.0.0/8",
                            "224.0.0.0/4",
                            "255.255.255.255/32",
                            "fc00::/7",
                            "fe80::/10",
                            "ff00::/8",
                            "::1/128"));

    /** What an alias may hold. */
    private enum Kind {
        NETWORKS("networks"),
        PORTS("ports"),
        DEVICES("devices");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    /** By name, in the order of the alphabet. */
    private final Map<String, List<String>> items = new TreeMap<>(BUILT_IN);

    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private final DeviceReader devices;

    private Aliases(DeviceReader devices) {
        this.devices = devices;
    }

    /** Reads {@code [alias]}; every item of every alias must mean something. */
    static Aliases read(Section root, DeviceReader devices) {
        Aliases aliases = new Aliases(devices);
        Section section = root.table("alias");
        Map<String, Map<Place, String>> written = new LinkedHashMap<>();
        for (String name : section.keys()) {
            Map<Place, String> own = section.placedList(name, text -> text);
            if (BUILT_IN.containsKey(name)) {
                section.error(name, "built in (expected another name)");
            } else if (devices.isDevice(name)) {
                section.error(name, "a device has this name (expected another one)");
            } else if (own.isEmpty()) {
                section.error(name, "empty (expected networks, ports, devices or other aliases)");
            } else {
                written.put(name, own);
                aliases.items.put(name, List.copyOf(own.values()));
            }
        }
        BUILT_IN.keySet().forEach(name -> aliases.kinds.put(name, Kind.NETWORKS));
        written.forEach((name, own) -> aliases.check(section, name, own));
        return aliases;
    }

    private void check(Section section, String name, Map<Place, String> own) {
        Kind kind = null;
        boolean good = true;
        for (Map.Entry<Place, String> item : own.entrySet()) {
            try {
                Kind found = kind(item.getValue(), new TreeSet<>(Set.of(name)), item.getKey());
                if (kind != null && found != kind) {
                    throw new BadValue(kind.text + ", as the items before it");
                }
                kind = found;
            } catch (BadValue bad) {
                good = false;
                section.problems()
                        .error(
                                item.getKey(),
                                section.pathOf(name),
                                bad.message('"' + item.getValue() + '"'));
            }
        }
        if (kind != null && good) {
            kinds.put(name, kind);
        }
    }

    /** What an item is, through as many aliases as it takes, none of which may hold itself. */
    private Kind kind(String item, Set<String> within, Place place) throws BadValue {
        List<String> inside = items.get(item);
        if (inside != null) {
            if (!within.add(item)) {
                throw new BadValue("an alias that does not hold itself");
            }
            Kind kind = null;
            for (String each : inside) {
                Kind found = kind(each, within, place);
                kind = kind == null ? found : kind;
            }
            within.remove(item);
            if (kind == null) {
                throw new BadValue("an alias that holds something");
            }
            return kind;
        }
        if (item.startsWith("tcp/") || item.startsWith("udp/")) {
            PortRange.parse(item);
            return Kind.PORTS;
        }
        if (devices.isDevice(item)) {
            return Kind.DEVICES;
        }
        if (item.matches("[0-9.]+(/.*)?") || item.matches("[0-9a-fA-F:]*:[0-9a-fA-F:.]*(/.*)?")) {
            Values.network(item);
            return Kind.NETWORKS;
        }
        if (item.indexOf(':') > 0) {
            devices.find(item, place);
            return Kind.DEVICES;
        }
        List<String> known = new ArrayList<>(items.keySet());
        known.addAll(devices.names());
        throw BadValue.unknown("a network, ports, a device or an alias", item, known);
    }

    /** The networks that a word means. */
    List<Cidr> networks(String text) throws BadValue {
        List<Cidr> networks = new ArrayList<>();
        for (String item : plain(text, Kind.NETWORKS)) {
            networks.add(Values.network(item));
        }
        return networks;
    }

    /** The ports that a word means. */
    List<PortRange> ports(String text) throws BadValue {
        List<PortRange> ports = new ArrayList<>();
        for (String item : plain(text, Kind.PORTS)) {
            ports.add(PortRange.parse(item));
        }
        return ports;
    }

    /** The devices that a word means. */
    List<DeviceConfig> devices(String text, Place place) throws BadValue {
        List<DeviceConfig> found = new ArrayList<>();
        for (String item : plain(text, Kind.DEVICES)) {
            found.add(devices.find(item, place));
        }
        return found;
    }

    /** The items of an alias and of those in it; or the text itself when it is none. */
    private List<String> plain(String text, Kind wanted) throws BadValue {
        if (!items.containsKey(text)) {
            boolean name = text.matches("(?!tcp$|udp$)[A-Za-z][A-Za-z0-9_.-]*");
            if (name && wanted != Kind.DEVICES) {
                throw BadValue.unknown(
                        wanted == Kind.NETWORKS
                                ? "a network such as 203.0.113.0/24, or an alias"
                                : "ports such as udp/55193, or an alias",
                        text,
                        items.keySet());
            }
            return List.of(text);
        }
        Kind kind = kinds.get(text);
        if (kind == null) {
            return List.of(); // reported where it is defined
        }
        if (kind != wanted) {
            throw new BadValue(wanted.text + "; the alias holds " + kind.text);
        }
        List<String> plain = new ArrayList<>();
        for (String item : items.getOrDefault(text, List.of())) {
            plain.addAll(plain(item, wanted));
        }
        return plain;
    }
}
