package io.jnat.cli.config.toml;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.HostPort;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.PublicKey;
import io.jnat.cli.config.RelayPeerConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.TranslationConfig;
import io.jnat.cli.config.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what only a site's router has: its sides, what is captured, and what may come in. */
final class RouterReader {
    private final Section root;
    private final InstanceConfig instance;

    private RouterReader(Section root) {
        this.root = root;
        this.instance = CommonReader.instance(root, false);
    }

    static RouterConfig read(Section root) {
        RouterReader reader = new RouterReader(root);
        String wan =
                root.required(
                        "wan",
                        Values::interfaceName,
                        "the interface to the carrier: wan = \"eth0\"",
                        "");
        List<String> lan = reader.lan(wan);
        RouterConfig.Others others =
                root.optional(
                        "others",
                        CommonReader.choice(RouterConfig.Others.class, RouterConfig.Others::text),
                        RouterConfig.Others.WAN);
        TranslationConfig translation = reader.translation(others);
        RelayPeerConfig relay = reader.relay();
        DeviceReader devices = DeviceReader.onRouter(root.table("device"));
        Aliases aliases = Aliases.read(root, devices);
        Section capture = root.table("capture");
        List<DeviceConfig> captured = captured(capture, aliases);
        LifetimeConfig lifetime = LifetimeReader.lifetime(capture, LifetimeConfig.OUTBOUND);
        capture.refuseUnknown();
        List<AllowConfig> allows = reader.allows(aliases, captured, others);
        RuleOverlaps overlaps = new RuleOverlaps(root.problems());
        overlaps.devices(devices.devices());
        overlaps.allows(allows);
        reader.checkKeepalive(allows);
        return new RouterConfig(
                reader.instance,
                lan,
                wan,
                others,
                translation,
                relay,
                devices.devices(),
                captured,
                lifetime,
                allows);
    }

    private TranslationConfig translation(RouterConfig.Others others) {
        Section section = root.table("translation");
        TranslationConfig translation = LifetimeReader.translation(section);
        section.refuseUnknown();
        if (root.has("translation") && others == RouterConfig.Others.KERNEL) {
            root.warning(
                    "translation",
                    "nothing to translate: others = \"kernel\" leaves it to the host");
        }
        return translation;
    }

    private List<String> lan(String wan) {
        if (!root.has("lan")) {
            root.required(
                    "lan",
                    text -> text,
                    "the interfaces that devices are on: lan = [\"eth1\"]",
                    "");
        }
        root.refuseEmpty("lan", "the interfaces that devices are on: lan = [\"eth1\"]");
        List<String> names = new ArrayList<>();
        root.placedList("lan", Values::interfaceName)
                .forEach((place, name) -> {
                    if (name.equals(wan)) {
                        root.problems()
                                .error(
                                        place,
                                        "lan",
                                        '"'
                                                + name
                                                + "\": it is the wan too (expected another interface)");
                    } else if (names.contains(name)) {
                        root.problems().error(place, "lan", '"' + name + "\": named twice");
                    } else {
                        names.add(name);
                    }
                });
        return names;
    }

    private RelayPeerConfig relay() {
        Section section = root.table("relay");
        @Nullable PublicKey own = CommonReader.ownKey(instance);
        HostPort endpoint =
                section.required(
                        "endpoint",
                        HostPort::parse,
                        "where the relay listens: endpoint = \"relay.example.org:51820\"",
                        new HostPort("?", 1));
        PublicKey key = CommonReader.peerKey(section, own);
        RelayPeerConfig relay =
                new RelayPeerConfig(endpoint, key, CommonReader.presharedKey(section));
        section.refuseUnknown();
        return relay;
    }

    /** Behind carrier-grade NAT the relay can't call: the way to the site must be kept open. */
    private void checkKeepalive(List<AllowConfig> allows) {
        Section tunnel = root.table("tunnel");
        if (!allows.isEmpty() && !tunnel.has("keepalive")) {
            root.problems()
                    .warning(
                            tunnel.place(),
                            tunnel.pathOf("keepalive"),
                            "none, but rules let the relay in (the first at "
                                    + allows.getFirst().place()
                                    + "): after some minutes of silence the carrier's NAT forgets"
                                    + " this site and nothing reaches it (expected keepalive ="
                                    + " \"25s\")");
        }
    }

    private static List<DeviceConfig> captured(Section section, Aliases aliases) {
        Map<String, DeviceConfig> byName = new LinkedHashMap<>();
        section.placedList("devices", text -> aliases.devices(text, section.placeOf("devices")))
                .forEach((place, devices) ->
                        devices.forEach(device -> {
                            if (byName.putIfAbsent(device.name(), device) != null) {
                                section.problems()
                                        .error(
                                                place,
                                                section.pathOf("devices"),
                                                '"' + device.name() + "\": named twice");
                            }
                        }));
        return List.copyOf(byName.values());
    }

    private List<AllowConfig> allows(
            Aliases aliases, List<DeviceConfig> captured, RouterConfig.Others others) {
        List<AllowConfig> allows = new ArrayList<>();
        LifetimeReader lifetimes = new LifetimeReader();
        Map<String, Place> names = new LinkedHashMap<>();
        for (Section section : root.tables("allow")) {
            Optional<AllowConfig> allow = allow(section, aliases);
            allow.ifPresent(found -> requireCapture(section, found, captured));
            if (others == RouterConfig.Others.KERNEL) {
                allow.ifPresent(found -> adviseCapture(section, found, captured));
            }
            allow.ifPresent(allows::add);
            allow.ifPresent(found ->
                    lifetimes.requireSameLimits(
                            section, found.name(), found.lifetime().timeouts()));
            section.refuseUnknown();
            String name = section.optional("name", text -> text).orElse("");
            Place first = name.isEmpty() ? null : names.putIfAbsent(name, section.place());
            if (first != null) {
                section.error(
                        "name",
                        '"' + name + "\": a second allow of that name (also at " + first + ")");
            }
        }
        return allows;
    }

    /** Nothing leads the answers of an IPv6 device into the tunnel unless it is captured (N46). */
    private static void requireCapture(
            Section section, AllowConfig allow, List<DeviceConfig> captured) {
        for (DeviceConfig device : allow.to()) {
            boolean comesBack =
                    captured.stream().anyMatch(each -> each.network().contains(device.network()));
            if (device.v6() && !comesBack) {
                section.error(
                        "to",
                        '"'
                                + device.name()
                                + "\": an IPv6 address that is not captured: its answers would leave"
                                + " by the WAN (expected it, or a prefix that holds it, in"
                                + " capture.devices)");
            }
        }
    }

    /**
     * The kernel sends the answers of a device that is not captured by the WAN; those to the
     * tunnel's own network go into the tunnel, and whoever masquerades comes from there.
     */
    private void adviseCapture(Section section, AllowConfig allow, List<DeviceConfig> captured) {
        Cidr tunnel = instance.tunnel().address().network();
        boolean masqueraded =
                !allow.sources().isEmpty() && allow.sources().stream().allMatch(tunnel::contains);
        for (DeviceConfig device : allow.to()) {
            boolean comesBack =
                    masqueraded
                            || captured.stream()
                                    .anyMatch(each -> each.network().contains(device.network()));
            if (!device.v6() && !comesBack) {
                section.warning(
                        "to",
                        '"'
                                + device.name()
                                + "\": not captured, so with others = \"kernel\" its answers leave by"
                                + " the WAN (expected it in capture.devices, or masquerade = true at"
                                + " the relay and sources = \""
                                + tunnel
                                + "\" here; this router's own address needs neither)");
            }
        }
    }

    private static Optional<AllowConfig> allow(Section section, Aliases aliases) {
        section.optional(
                "from",
                text -> {
                    if (!text.equals("tunnel")) {
                        throw new BadValue("\"tunnel\"", Nearest.to(text, List.of("tunnel")));
                    }
                    return text;
                },
                "tunnel");
        if (!section.has("to")) {
            section.required("to", text -> text, "to = the name of a device, or its address", "");
        }
        section.refuseEmpty("to", "devices");
        section.refuseEmpty("ports", "ports such as udp/55193; or no ports, which means all");
        List<DeviceConfig> to =
                Section.flat(
                        section.placedList(
                                "to", text -> aliases.devices(text, section.placeOf("to"))));
        List<PortRange> ports = Section.flat(section.placedList("ports", aliases::ports));
        List<Cidr> sources = ForwardReader.sources(section, "sources", aliases);
        ForwardReader.requireSources(section, "sources", sources, to);
        String fallback = to.isEmpty() ? "?" : to.getFirst().name();
        String name = section.optional("name", Values::name, fallback);
        LifetimeConfig lifetime = LifetimeReader.lifetime(section, LifetimeConfig.INBOUND);
        return to.isEmpty()
                ? Optional.empty()
                : Optional.of(new AllowConfig(name, to, ports, sources, lifetime, section.place()));
    }
}
