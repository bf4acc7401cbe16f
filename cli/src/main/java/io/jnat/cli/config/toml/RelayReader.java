package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.Place;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.Values;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what only a relay has: its public side, sites, and forwards to their devices. */
final class RelayReader {
    private final Section root;
    private final InstanceConfig instance;

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
        List<SiteConfig> sites = new SiteReader(root, reader.instance).read();
        DeviceReader devices = DeviceReader.onRelay(root.table("device"), sites);
        Aliases aliases = Aliases.read(root, devices);
        List<ForwardConfig> forwards =
                new ForwardReader(root, reader.instance, devices, aliases).read();
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

    /** Of IPv4, as the internet may know it. */
    static InetAddress publicAddress(String text) throws BadValue {
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
}
