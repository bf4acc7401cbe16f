package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.NatConfig;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A relay: forwards lead from its public addresses to the sites' devices. Each site is a routing
 * domain of its own, so that two may use the same networks (N49).
 */
final class RelayWiring implements RoleWiring {
    private final RelayConfig config;

    RelayWiring(RelayConfig config) {
        this.config = config;
    }

    @Override
    public String name() {
        return "relay";
    }

    @Override
    public boolean hasLan() {
        return false;
    }

    @Override
    public List<PeerConfig> peers() throws IOException {
        List<PeerConfig> peers = new ArrayList<>();
        for (SiteConfig site : config.sites()) {
            List<AllowedIp> allowed = new ArrayList<>();
            allowed.add(WireGuardKeys.allowedIp(Cidr.host(site.address())));
            site.networks().forEach(network -> allowed.add(WireGuardKeys.allowedIp(network)));
            peers.add(
                    new PeerConfig(
                            site.name(),
                            WireGuardKeys.of(site.publicKey()),
                            WireGuardKeys.readOptional(site.presharedKeyFile()),
                            null,
                            allowed,
                            (int) config.instance().tunnel().keepalive().toSeconds(),
                            peers.size()));
        }
        return peers;
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
                    new NatConfig.LinkSetup(
                            link,
                            link.zone() == Zone.WAN
                                    ? RuleTranslation.ipv4(wanAddresses)
                                    : List.of(),
                            List.of()));
        }
        List<NatConfig.Site> sites = new ArrayList<>();
        for (SiteConfig site : config.sites()) {
            List<Ipv4Prefix> networks = new ArrayList<>(RuleTranslation.prefixes(site.networks()));
            networks.add(Ipv4Prefix.host(RuleTranslation.address(site.address())));
            sites.add(
                    new NatConfig.Site(
                            wireguard.peerIndex(WireGuardKeys.of(site.publicKey())),
                            site.name(),
                            networks,
                            RuleTranslation.behaviour(site.translation(), timeouts())));
        }
        return RuleTranslation.withoutRules(config.instance(), setups, ports)
                .withRules(sites, forwards(sites), List.of(), List.of(), NatConfig.Others.KERNEL)
                .withTranslation(
                        config.pool().stream().map(RuleTranslation::address).toList(),
                        Behaviour.DEFAULT)
                .withIpv6(ipv6(links, wireguard, wanAddresses));
    }

    /** What is let through to the sites' IPv6 networks; nothing while no site has any. */
    private Ipv6Config ipv6(
            List<Link> links, WireGuardDevice wireguard, List<InetAddress> wanAddresses) {
        List<Ipv6Config.OwnAddress> own = new ArrayList<>();
        for (Link link : links) {
            if (link.zone() == Zone.WAN) {
                own.addAll(RuleTranslation.own6(link, wanAddresses));
            }
        }
        List<Ipv6Config.Site> sites = new ArrayList<>();
        for (SiteConfig site : config.sites()) {
            int peer = wireguard.peerIndex(WireGuardKeys.of(site.publicKey()));
            sites.add(new Ipv6Config.Site(peer, RuleTranslation.prefixes6(site.networks())));
        }
        List<Ipv6Config.Allow> allows = new ArrayList<>();
        for (ForwardConfig forward : config.forwards()) {
            allows.addAll(RuleTranslation.forwards6(forward, timeouts()));
        }
        return new Ipv6Config(own, sites, List.of(), allows);
    }

    private List<NatConfig.Forward> forwards(List<NatConfig.Site> sites) {
        List<NatConfig.Forward> forwards = new ArrayList<>();
        for (ForwardConfig rule : config.forwards()) {
            String wanted = rule.to().site().orElse("");
            for (NatConfig.Site site : sites) {
                if (site.name().equals(wanted)) {
                    forwards.addAll(RuleTranslation.forwards(rule, site.peer(), timeouts()));
                }
            }
        }
        return forwards;
    }

    private TimeoutConfig timeouts() {
        return config.instance().timeouts();
    }

    @Override
    public List<String> problems(WireGuardDevice wireguard) {
        List<String> problems = new ArrayList<>();
        for (PeerStatus peer : wireguard.status()) {
            if (peer.sessionAge() == null) {
                problems.add(
                        "site "
                                + peer.config().name()
                                + " is not connected"
                                + (peer.lastHandshake() == null ? why(peer, wireguard) : ""));
            }
        }
        return problems;
    }

    /** Why a site has never been connected, as far as this end can tell. */
    private String why(PeerStatus site, WireGuardDevice wireguard) {
        if (site.sessions() > 0) {
            return ": it calls, and goes no further: do both ends have the same preshared key, and do"
                    + " this relay's UDP packets reach it?";
        }
        String silent = ": it has not called since this relay started";
        if (wireguard.drops(DropReason.TUNNEL_UNKNOWN_PEER) > 0) {
            return silent
                    + ", but calls come under a key that no site has: is its public-key what `jnat key"
                    + " pub` prints there?";
        }
        if (wireguard.drops(DropReason.TUNNEL_BAD_MAC) > 0) {
            return silent
                    + ", but calls come that are meant for another key: is relay.public-key there what"
                    + " `jnat key pub` prints here?";
        }
        boolean reached =
                wireguard.drops(DropReason.TUNNEL_BAD_HANDSHAKE) > 0
                        || wireguard.status().stream().anyMatch(peer -> peer.sessions() > 0);
        return reached
                ? silent
                : silent
                        + ": if it runs, is UDP port "
                        + config.instance().tunnel().listen()
                        + " open in the firewall here, and in the provider's?";
    }
}
