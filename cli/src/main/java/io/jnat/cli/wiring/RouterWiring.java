package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.HandshakeFailure;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A site's router: captured devices leave by the relay, and what comes from there needs a rule. */
final class RouterWiring implements RoleWiring {
    private final RouterConfig config;

    RouterWiring(RouterConfig config) {
        this.config = config;
    }

    @Override
    public String name() {
        return "router";
    }

    @Override
    public boolean hasLan() {
        return true;
    }

    @Override
    public List<PeerConfig> peers() throws IOException {
        return List.of(
                new PeerConfig(
                        "relay",
                        WireGuardKeys.of(config.relay().publicKey()),
                        WireGuardKeys.readOptional(config.relay().presharedKeyFile()),
                        new PeerEndpoint(
                                config.relay().endpoint().host(), config.relay().endpoint().port()),
                        List.of(AllowedIp.parse("0.0.0.0/0"), AllowedIp.parse("::/0")),
                        (int) config.instance().tunnel().keepalive().toSeconds(),
                        0));
    }

    @Override
    public NatConfig rules(
            List<Link> links,
            WireGuardDevice wireguard,
            List<InetAddress> wanAddresses,
            EnginePorts ports) {
        List<NatConfig.LinkSetup> setups = new ArrayList<>();
        for (Link link : links) {
            setups.add(
                    switch (link.zone()) {
                        case WAN ->
                                new NatConfig.LinkSetup(
                                        link, RuleTranslation.ipv4(wanAddresses), List.of());
                        case LAN ->
                                new NatConfig.LinkSetup(
                                        link,
                                        RuleTranslation.ipv4(lanAddresses()),
                                        List.of(), // behind a device there may be others
                                        lanNetworks());
                        case TUNNEL -> new NatConfig.LinkSetup(link, List.of(), List.of());
                    });
        }
        return RuleTranslation.withoutRules(config.instance(), setups, ports)
                .withRules(
                        List.of(),
                        List.of(),
                        RuleTranslation.captures(config.captured(), captureLifetime()),
                        RuleTranslation.allows(config.allows(), timeouts()),
                        switch (config.others()) {
                            case WAN -> NatConfig.Others.WAN;
                            case KERNEL -> NatConfig.Others.KERNEL;
                        })
                .withTranslation(
                        List.of(), RuleTranslation.behaviour(config.translation(), timeouts()))
                .withIpv6(ipv6(links));
    }

    private Ipv6Config ipv6(List<Link> links) {
        List<Ipv6Config.OwnAddress> own = new ArrayList<>();
        for (Link link : links) {
            if (link.zone() == Zone.LAN) {
                own.addAll(RuleTranslation.own6(link, lanAddresses()));
            }
        }
        return new Ipv6Config(
                own,
                List.of(),
                RuleTranslation.captures6(config.captured(), captureLifetime()),
                RuleTranslation.allows6(config.allows(), timeouts()));
    }

    private TimeoutConfig timeouts() {
        return config.instance().timeouts();
    }

    private Lifetime captureLifetime() {
        return RuleTranslation.lifetime(config.captureLifetime(), timeouts());
    }

    /** The router's own addresses on the LAN, from which it sends ICMP errors. */
    private List<InetAddress> lanAddresses() {
        return onLan().map(InterfaceAddress::getAddress).toList();
    }

    private List<Ipv4Prefix> lanNetworks() {
        return RuleTranslation.prefixes(
                onLan().map(own -> new Cidr(own.getAddress(), own.getNetworkPrefixLength()))
                        .toList());
    }

    private Stream<InterfaceAddress> onLan() {
        return InterfaceAddresses.now(config).lan().values().stream().flatMap(List::stream);
    }

    @Override
    public List<String> problems(WireGuardDevice wireguard) {
        List<String> problems = new ArrayList<>();
        for (PeerStatus peer : wireguard.status()) {
            if (peer.sessionAge() == null) {
                problems.add(
                        "the tunnel to the relay at "
                                + config.relay().endpoint()
                                + " is down: captured devices have no internet until it is back"
                                + (peer.lastHandshake() == null ? why(peer) : ""));
            }
        }
        return problems;
    }

    /** Why the relay has never answered, as far as this end can tell. */
    private String why(PeerStatus relay) {
        if (relay.endpoint() == null) {
            return "; its name does not resolve";
        }
        if (relay.failures().getOrDefault(HandshakeFailure.BAD_RESPONSE, 0L) > 0) {
            return "; its answers do not authenticate: do both ends have the same preshared key?";
        }
        return relay.failures().getOrDefault(HandshakeFailure.NO_ANSWER, 0L) > 0
                ? "; nobody answers there: is relay.public-key what `jnat key pub` prints at the relay,"
                        + " is this end's public key that of its site, and is that UDP port open"
                        + " in the relay's firewall?"
                : "";
    }
}
