package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.RouterConfig;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.nat.Ipv6Config;
import io.jnat.nat.Lifetime;
import io.jnat.nat.NatConfig;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

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
        Cidr tunnel = config.instance().tunnel().address();
        List<NatConfig.LinkSetup> setups = new ArrayList<>();
        for (Link link : links) {
            setups.add(
                    switch (link.zone()) {
                        case WAN ->
                                new NatConfig.LinkSetup(
                                        link, RelayWiring.ipv4(wanAddresses), List.of());
                        case LAN ->
                                new NatConfig.LinkSetup(
                                        link, RelayWiring.ipv4(lanAddresses()), List.of());
                        case TUNNEL -> new NatConfig.LinkSetup(link, List.of(), List.of());
                    });
        }
        return NatConfig.of(
                        setups,
                        RuleTranslation.address(tunnel.address()),
                        RuleTranslation.prefix(tunnel))
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
                .withLimits(
                        RuleTranslation.timeouts(timeouts()),
                        PortTranslation.range(config.instance().engine()),
                        PortTranslation.kept(ports, config.instance().tunnel().listen()),
                        NatConfig.FLOWS_PER_DEVICE,
                        config.instance().engine().tcpPickUp() == EngineConfig.TcpPickUp.ON)
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
        List<InetAddress> addresses = new ArrayList<>();
        for (String name : config.lan()) {
            try {
                NetworkInterface found = NetworkInterface.getByName(name);
                if (found != null) {
                    for (InterfaceAddress each : found.getInterfaceAddresses()) {
                        addresses.add(each.getAddress());
                    }
                }
            } catch (SocketException gone) {
                // an interface that is gone has no addresses
            }
        }
        return addresses;
    }

    @Override
    public List<String> problems(WireGuardDevice wireguard) {
        List<String> problems = new ArrayList<>();
        for (PeerStatus peer : wireguard.status()) {
            if (peer.sessionAge() == null) {
                problems.add(
                        "the tunnel to the relay at "
                                + config.relay().endpoint()
                                + " is down: captured devices have no internet until it is back");
            }
        }
        return problems;
    }
}
