package io.jnat.cli.config;

import io.jnat.nat.Behaviour.Dependence;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads what only a relay has: sites, and forwards to their devices. */
final class RelayReader {

    /** What an IPv6 network of a site, or of captured devices, must be. */
    static final String UNICAST6 = "a network of global or unique local addresses, /16 or longer";

    /** What a site's name begins with that could not be read. */
    static final String NAMELESS = "?";

    /** Stands for networks of which some could not be read. */
    static final List<Cidr> UNREADABLE = List.of(CommonReader.NO_CIDR);

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
    private final List<Taken> taken = new ArrayList<>();

    private RelayReader(Section root) {
        this.root = root;
        this.instance = CommonReader.instance(root, true);
    }

    static RelayConfig read(Section root) {
        RelayReader reader = new RelayReader(root);
        String wan =
                root.required(
                        "public",
                        Values::interfaceName,
                        "the interface with the public address: public = \"eth0\"",
                        "");
        List<InetAddress> pool = reader.pool();
        List<SiteConfig> sites = reader.sites();
        DeviceReader devices = DeviceReader.onRelay(root.table("device"), sites);
        Aliases aliases = Aliases.read(root, devices);
        List<ForwardConfig> forwards = reader.forwards(devices, aliases);
        reader.check(devices, aliases, forwards);
        return new RelayConfig(reader.instance, wan, pool, sites, devices.devices(), forwards);
    }

    private void check(DeviceReader devices, Aliases aliases, List<ForwardConfig> forwards) {
        RuleOverlaps overlaps = new RuleOverlaps(root.problems());
        overlaps.devices(devices.devices());
        try {
            List<Cidr> privateNetworks = aliases.networks("private");
            forwards.forEach(forward -> overlaps.forward(forward, privateNetworks));
        } catch (BadValue impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private List<InetAddress> pool() {
        Map<InetAddress, Place> known = new LinkedHashMap<>();
        root.placedList("pool", RelayReader::publicAddress)
                .forEach((place, address) -> {
                    Place first = known.putIfAbsent(address, place);
                    if (first != null) {
                        root.problems()
                                .error(
                                        place,
                                        "pool",
                                        '"'
                                                + address.getHostAddress()
                                                + "\": a second time (also at "
                                                + first
                                                + ")");
                    }
                });
        return List.copyOf(known.keySet());
    }

    private static InetAddress publicAddress(String text) throws BadValue {
        InetAddress address = Values.address(text);
        if (!(address instanceof Inet4Address)
                || address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isMulticastAddress()
                || address.isLinkLocalAddress()) {
            throw new BadValue("an IPv4 address of the public interface");
        }
        return address;
    }

    private List<SiteConfig> sites() {
        PublicKey own = CommonReader.ownKey(instance);
        Map<String, SiteConfig> byName = new LinkedHashMap<>();
        for (Section section : root.tables("site")) {
            SiteConfig site = site(section, own);
            section.refuseUnknown();
            refuseDuplicates(section, site, byName);
            byName.putIfAbsent(site.name(), site);
        }
        return List.copyOf(byName.values());
    }

    private SiteConfig site(Section section, @Nullable PublicKey own) {
        Cidr tunnel = instance.tunnel().address();
        String name =
                section.required(
                        "name", Values::name, "name = \"wa7vc\"", NAMELESS + section.place());
        PublicKey key = CommonReader.peerKey(section, own);
        InetAddress address =
                section.required(
                        "address",
                        text -> {
                            InetAddress found = Values.address(text);
                            boolean known = !tunnel.equals(CommonReader.NO_CIDR);
                            if (known
                                    && (!tunnel.contains(found)
                                            || found.equals(tunnel.address()))) {
                                throw new BadValue(
                                        "another address in the tunnel's network "
                                                + tunnel.network()
                                                + (tunnel.bits() < 32
                                                        ? ""
                                                        : ", whose length tunnel.address does not"
                                                                + " say"));
                            }
                            return found;
                        },
                        "the router's address in the tunnel: address = \"10.99.0.2\"",
                        InetAddress.getLoopbackAddress());
        List<Cidr> networks =
                section.list(
                        "networks",
                        text -> {
                            Cidr network = network(text);
                            if (network.bits() == 0) {
                                throw new BadValue("the site's own networks, not the internet");
                            }
                            if (network.v6() && !isUnicast6(network)) {
                                throw new BadValue(UNICAST6);
                            }
                            return network;
                        });
        return new SiteConfig(
                name,
                key,
                CommonReader.presharedKey(section),
                address,
                networks.size() < section.count("networks") ? UNREADABLE : networks,
                LifetimeReader.translation(section),
                section.place());
    }

    /** Whether devices may have these addresses: 2000::/3 or fc00::/7. */
    static boolean isUnicast6(Cidr network) {
        int first = network.address().getAddress()[0] & 0xff;
        return network.bits() >= 16 && (first >>> 5 == 1 || first >>> 1 == 0xfc >>> 1);
    }

    static Cidr network(String text) throws BadValue {
        Cidr network = Cidr.parse(text);
        if (!network.isNetwork()) {
            throw new BadValue("no bits behind the prefix", network.network().toString());
        }
        return network;
    }

    private static void refuseDuplicates(
            Section section, SiteConfig site, Map<String, SiteConfig> before) {
        for (SiteConfig other : before.values()) {
            String where = " (also at " + other.place() + ")";
            if (other.name().equals(site.name())) {
                section.error("name", '"' + site.name() + "\": a second site of that name" + where);
            }
            if (!site.publicKey().equals(PublicKey.NONE)
                    && other.publicKey().equals(site.publicKey())) {
                section.error("public-key", "the key of site \"" + other.name() + "\" too" + where);
            }
            if (!site.address().isLoopbackAddress() && other.address().equals(site.address())) {
                section.error(
                        "address",
                        site.address().getHostAddress()
                                + ": the address of site \""
                                + other.name()
                                + "\" too"
                                + where);
            }
            refuseSharedIpv6(section, site, other);
        }
    }

    /** Two sites may both use 192.168.1.0/24, which is translated; an IPv6 address is one place. */
    private static void refuseSharedIpv6(Section section, SiteConfig site, SiteConfig other) {
        for (Cidr network : site.networks()) {
            for (Cidr taken : other.networks()) {
                if (network.v6() && (network.contains(taken) || taken.contains(network))) {
                    section.error(
                            "networks",
                            '"'
                                    + network.toString()
                                    + "\": site \""
                                    + other.name()
                                    + "\" at "
                                    + other.place()
                                    + " has "
                                    + taken
                                    + " (expected IPv6 networks of its own)");
                }
            }
        }
    }

    private List<ForwardConfig> forwards(DeviceReader devices, Aliases aliases) {
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
        List<ForwardConfig> forwards = new ArrayList<>();
        LifetimeReader lifetimes = new LifetimeReader();
        Map<String, Place> names = new LinkedHashMap<>();
        for (Section section : root.tables("forward")) {
            Optional<ForwardConfig> forward = forward(section, devices, aliases);
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

    private Optional<ForwardConfig> forward(
            Section section, DeviceReader devices, Aliases aliases) {
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
        boolean v6 = to.isPresent() && to.get().v6();
        Optional<InetAddress> own = section.optional("address", RelayReader::publicAddress);
        if (v6 && own.isPresent()) {
            section.error(
                    "address",
                    Values.text(own.get())
                            + ": \""
                            + to.get().name()
                            + "\" has an IPv6 address, which clients use themselves (expected no"
                            + " address)");
        }
        String address = v6 ? to.get().target() : own.map(InetAddress::getHostAddress).orElse(OWN);
        List<Cidr> who = RuleOverlaps.sources(from, v6);
        listen.forEach((place, each) ->
                each.forEach(range -> take(section, name, place, address, !v6, range, who)));
        to.ifPresent(device -> requireSources(section, "from", from, List.of(device)));
        OptionalInt toPort = OptionalInt.empty();
        int widest = ports.stream().mapToInt(PortRange::count).max().orElse(1);
        int port = section.integer("to-port", 1, 65536 - widest, 0);
        if (v6 && port != 0 && ports.stream().anyMatch(range -> range.first() != port)) {
            section.error(
                    "to-port",
                    port
                            + ": \""
                            + to.get().name()
                            + "\" has an IPv6 address, which is not translated: clients use the"
                            + " device's own port (expected no to-port, and that port in listen)");
        } else if (port != 0) {
            toPort = OptionalInt.of(port);
        }
        Dependence filtering =
                section.optional("filtering", LifetimeReader.dependence(), Dependence.NOTHING);
        boolean masquerade = section.flag("masquerade", false);
        checkTranslation(section, to.filter(DeviceConfig::v6), filtering, masquerade);
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
