package io.jnat.cli.config;

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

    /** Ports, and who has them where. */
    private record Taken(PortRange ports, String by) {}

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
        List<SiteConfig> sites = reader.sites();
        DeviceReader devices = DeviceReader.onRelay(root.table("device"), sites);
        List<ForwardConfig> forwards = reader.forwards(devices);
        return new RelayConfig(reader.instance, wan, sites, devices.devices(), forwards);
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
                section.required("name", Values::name, "name = \"wa7vc\"", "?" + section.place());
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
                                                + tunnel.network());
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
                            return network;
                        });
        return new SiteConfig(
                name, key, CommonReader.presharedKey(section), address, networks, section.place());
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
        }
    }

    private List<ForwardConfig> forwards(DeviceReader devices) {
        PortRange own =
                new PortRange(
                        PortRange.Protocol.UDP,
                        instance.tunnel().listen(),
                        instance.tunnel().listen());
        Place tunnel = root.table("tunnel").placeOf("listen");
        taken.add(new Taken(own, "the tunnel with \"" + own + "\" at " + tunnel));
        PortRange ssh = new PortRange(PortRange.Protocol.TCP, 22, 22);
        taken.add(new Taken(ssh, "the relay's own SSH, which is never touched"));
        List<ForwardConfig> forwards = new ArrayList<>();
        Map<String, Place> names = new LinkedHashMap<>();
        for (Section section : root.tables("forward")) {
            Optional<ForwardConfig> forward = forward(section, devices);
            section.refuseUnknown();
            forward.ifPresent(forwards::add);
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

    private Optional<ForwardConfig> forward(Section section, DeviceReader devices) {
        if (!section.has("listen")) {
            section.required("listen", text -> text, "listen = \"udp/55193\"", "");
        }
        Map<Place, PortRange> listen = section.placedList("listen", PortRange::parse);
        String fallback = listen.isEmpty() ? "?" : listen.values().iterator().next().toString();
        String name = section.optional("name", Values::name, fallback);
        listen.forEach((place, ports) -> take(section, name, place, ports));
        Optional<DeviceConfig> to =
                section.required(
                        "to",
                        text -> Optional.of(devices.find(text, section.placeOf("to"))),
                        "to = the name of a device, or SITE:ADDRESS",
                        Optional.<DeviceConfig>empty());
        OptionalInt toPort = OptionalInt.empty();
        int widest = listen.values().stream().mapToInt(PortRange::count).max().orElse(1);
        int port = section.integer("to-port", 1, 65536 - widest, 0);
        if (port != 0) {
            toPort = OptionalInt.of(port);
        }
        List<Cidr> from = section.list("from", RelayReader::network);
        if (from.stream().filter(network -> network.bits() == 0).count() == 2) {
            from = List.of();
        }
        if (to.isEmpty() || listen.isEmpty()) {
            return Optional.empty();
        }
        List<PortRange> ports = List.copyOf(listen.values());
        return Optional.of(new ForwardConfig(name, ports, to.get(), toPort, from, section.place()));
    }

    private void take(Section section, String name, Place place, PortRange ports) {
        for (Taken other : taken) {
            if (other.ports().overlaps(ports)) {
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
        taken.add(new Taken(ports, "forward \"" + name + "\" with \"" + ports + "\" at " + place));
    }
}
