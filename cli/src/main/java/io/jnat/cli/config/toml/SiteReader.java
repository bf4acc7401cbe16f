package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.PublicKey;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.Values;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a relay's sites: {@code [[site]]}. */
final class SiteReader {
    /** What a site's name begins with that could not be read. */
    static final String NAMELESS = "?";

    /** Stands for networks of which some could not be read. */
    static final List<Cidr> UNREADABLE = List.of(CommonReader.NO_CIDR);

    private final Section root;
    private final InstanceConfig instance;

    SiteReader(Section root, InstanceConfig instance) {
        this.root = root;
        this.instance = instance;
    }

    List<SiteConfig> read() {
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
                            Cidr network = Values.network(text);
                            if (network.bits() == 0) {
                                throw new BadValue("the site's own networks, not the internet");
                            }
                            if (network.v6() && !Values.isUnicast6(network)) {
                                throw new BadValue(Values.UNICAST6);
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
}
