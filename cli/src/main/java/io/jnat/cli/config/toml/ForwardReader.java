package io.jnat.cli.config.toml;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.Values;
import io.jnat.nat.rule.Behaviour.Dependence;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads a relay's forwards, {@code [[forward]]}, and sees that none takes another's ports. */
final class ForwardReader {
    /** Of all of the relay's own addresses, which forwards to IPv4 devices share. */
    private static final String OWN = "";

    /**
     * Ports, and who has them where.
     *
     * @param address {@link #OWN}, or one of those; or the device's when it speaks IPv6 and has its
     *     ports for itself
     */
    private record Taken(String address, PortRange ports, List<Cidr> from, String by) {
        /** Whether nothing is left of an address for a later forward. */
        boolean has(String other, boolean own) {
            return address.equals(other) || own && address.equals(OWN);
        }
    }

    private final Section root;
    private final InstanceConfig instance;
    private final DeviceReader devices;
    private final Aliases aliases;
    private final List<Taken> taken = new ArrayList<>();

    ForwardReader(Section root, InstanceConfig instance, DeviceReader devices, Aliases aliases) {
        this.root = root;
        this.instance = instance;
        this.devices = devices;
        this.aliases = aliases;
    }

    List<ForwardConfig> read() {
        takeOwnPorts();
        List<ForwardConfig> forwards = new ArrayList<>();
        LifetimeReader lifetimes = new LifetimeReader();
        Map<String, Place> names = new LinkedHashMap<>();
        for (Section section : root.tables("forward")) {
            Optional<ForwardConfig> forward = forward(section);
            section.refuseUnknown();
            forward.ifPresent(forwards::add);
            forward.ifPresent(found ->
                    lifetimes.requireSameLimits(
                            section, found.name(), found.lifetime().timeouts()));
            String name = section.optional("name", text -> text).orElse("");
            Place first = name.isEmpty() ? null : names.putIfAbsent(name, section.place());
            if (first != null) {
                section.error(
                        "name",
                        '"' + name + "\": a second forward of that name (also at " + first + ")");
            }
        }
        return forwards;
    }

    private void takeOwnPorts() {
        PortRange own =
                new PortRange(
                        PortRange.Protocol.UDP,
                        instance.tunnel().listen(),
                        instance.tunnel().listen());
        Place tunnel = root.table("tunnel").placeOf("listen");
        List<Cidr> anybody = RuleOverlaps.sources(List.of(), false);
        taken.add(new Taken(OWN, own, anybody, "the tunnel with \"" + own + "\" at " + tunnel));
        PortRange ssh = new PortRange(PortRange.Protocol.TCP, 22, 22);
        taken.add(new Taken(OWN, ssh, anybody, "the relay's own SSH, which is never touched"));
    }

    private Optional<ForwardConfig> forward(Section section) {
        if (!section.has("listen")) {
            section.required("listen", text -> text, "listen = \"udp/55193\"", "");
        }
        section.refuseEmpty("listen", "ports such as udp/55193");
        Map<Place, List<PortRange>> listen = section.placedList("listen", aliases::ports);
        List<PortRange> ports = Section.flat(listen);
        String fallback = ports.isEmpty() ? "?" : ports.getFirst().toString();
        String name = section.optional("name", Values::name, fallback);
        List<Cidr> from = sources(section, "from", aliases);
        Optional<DeviceConfig> to =
                section.required(
                        "to",
                        text -> Optional.of(devices.find(text, section.placeOf("to"))),
                        "to = the name of a device, or SITE:ADDRESS",
                        Optional.<DeviceConfig>empty());
        Optional<DeviceConfig> v6 = to.filter(DeviceConfig::v6);
        Optional<InetAddress> own = address(section, v6);
        String address =
                v6.map(DeviceConfig::target)
                        .orElseGet(() -> own.map(InetAddress::getHostAddress).orElse(OWN));
        List<Cidr> who = RuleOverlaps.sources(from, v6.isPresent());
        listen.forEach((place, each) ->
                each.forEach(
                        range -> take(section, name, place, address, v6.isEmpty(), range, who)));
        to.ifPresent(device -> requireSources(section, "from", from, List.of(device)));
        OptionalInt toPort = toPort(section, ports, v6);
        Dependence filtering =
                section.optional("filtering", LifetimeReader.dependence(), Dependence.NOTHING);
        boolean masquerade = section.flag("masquerade", false);
        checkTranslation(section, v6, filtering, masquerade);
        LifetimeConfig lifetime = LifetimeReader.lifetime(section, LifetimeConfig.INBOUND);
        if (to.isEmpty() || ports.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new ForwardConfig(
                        name,
                        ports,
                        own,
                        to.get(),
                        toPort,
                        from,
                        filtering,
                        masquerade,
                        lifetime,
                        section.place()));
    }

    /** Which of the relay's own addresses it is for; absent for all of them. */
    private static Optional<InetAddress> address(Section section, Optional<DeviceConfig> v6) {
        Optional<InetAddress> own = section.optional("address", RelayReader::publicAddress);
        if (v6.isPresent() && own.isPresent()) {
            section.error(
                    "address",
                    Values.text(own.get())
                            + ": \""
                            + v6.get().name()
                            + "\" has an IPv6 address, which clients use themselves (expected no"
                            + " address)");
        }
        return own;
    }

    private static OptionalInt toPort(
            Section section, List<PortRange> ports, Optional<DeviceConfig> v6) {
        int widest = ports.stream().mapToInt(PortRange::count).max().orElse(1);
        int port = section.integer("to-port", 1, 65536 - widest, 0);
        if (port == 0) {
            return OptionalInt.empty();
        }
        if (v6.isEmpty() || ports.stream().allMatch(range -> range.first() == port)) {
            return OptionalInt.of(port);
        }
        section.error(
                "to-port",
                port
                        + ": \""
                        + v6.get().name()
                        + "\" has an IPv6 address, which is not translated: clients use the"
                        + " device's own port (expected no to-port, and that port in listen)");
        return OptionalInt.empty();
    }

    private static void checkTranslation(
            Section section, Optional<DeviceConfig> v6, Dependence filtering, boolean masquerade) {
        boolean filters = filtering != Dependence.NOTHING;
        v6.ifPresent(device -> {
            String named = ": \"" + device.name() + "\" has an IPv6 address";
            if (masquerade) {
                section.error(
                        "masquerade",
                        "true" + named + ", which is not translated (expected no masquerade)");
            }
            if (filters) {
                section.error(
                        "filtering",
                        '"'
                                + filtering.text()
                                + '"'
                                + named
                                + ", to which answers come without a forward (expected no"
                                + " filtering, or no forward)");
            }
        });
        if (v6.isEmpty() && masquerade && filters) {
            section.error(
                    "masquerade",
                    "true: with filtering \""
                            + filtering.text()
                            + "\" nobody could come in, since a device does not speak to those that"
                            + " it never sees (expected one of the two)");
        }
    }

    /** Who may; empty for anybody. */
    static List<Cidr> sources(Section section, String key, Aliases aliases) {
        section.refuseEmpty(key, "networks; or no " + key + ", which means anybody");
        List<Cidr> networks = Section.flat(section.placedList(key, aliases::networks));
        boolean anybody = networks.stream().filter(network -> network.bits() == 0).count() == 2;
        return anybody ? List.of() : networks;
    }

    /** Refuses networks of which none is of a device's family: a rule for nobody. */
    static void requireSources(
            Section section, String key, List<Cidr> networks, List<DeviceConfig> to) {
        if (!to.isEmpty()
                && to.stream()
                        .allMatch(device ->
                                !device.address().isLoopbackAddress()
                                        && RuleOverlaps.sources(networks, device.v6()).isEmpty())) {
            String family = to.getFirst().v6() ? "IPv6" : "IPv4";
            String other = to.getFirst().v6() ? "IPv4" : "IPv6";
            section.error(
                    key,
                    other
                            + " networks only, but \""
                            + to.getFirst().name()
                            + "\" has an "
                            + family
                            + " address (expected "
                            + family
                            + " networks)");
        }
    }

    /**
     * The same ports may be forwarded twice if the first forward is for fewer people: first match
     * wins.
     */
    private void take(
            Section section,
            String name,
            Place place,
            String address,
            boolean own,
            PortRange ports,
            List<Cidr> from) {
        for (Taken other : taken) {
            // In this order: of thousands of forwards few share ports.
            if (other.ports().overlaps(ports)
                    && other.has(address, own)
                    && !isNarrower(other.from(), from)) {
                root.problems()
                        .error(
                                place,
                                section.pathOf("listen"),
                                '"'
                                        + ports.toString()
                                        + "\": taken by "
                                        + other.by()
                                        + " (expected ports of its own)");
            }
        }
        taken.add(
                new Taken(
                        address,
                        ports,
                        from,
                        "forward \"" + name + "\" with \"" + ports + "\" at " + place));
    }

    /** Whether an earlier forward leaves a later one some of its sources. */
    private static boolean isNarrower(List<Cidr> earlier, List<Cidr> later) {
        return !RuleOverlaps.covers(earlier, later)
                && (RuleOverlaps.covers(later, earlier) || !RuleOverlaps.meet(later, earlier));
    }
}
