package io.jnat.cli.wiring;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.IdleLimit;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.LifetimeConfig;
import io.jnat.cli.config.TimeoutConfig;
import io.jnat.cli.config.TranslationConfig;
import io.jnat.cli.steering.EnginePorts;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.Ipv4Prefix;
import io.jnat.nat.rule.Ipv6Config;
import io.jnat.nat.rule.Ipv6Prefix;
import io.jnat.nat.rule.Lifetime;
import io.jnat.nat.rule.NatConfig;
import io.jnat.nat.rule.PortRange;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * From the configuration's words to the engine's. Each rule is taken apart by family: what is for
 * IPv4 is translated, what is for IPv6 is let through ({@code …6}).
 */
final class RuleTranslation {
    private RuleTranslation() {}

    /** An IPv4 address as the engine has it. */
    static int address(InetAddress address) {
        if (!isIpv4(address)) {
            throw new IllegalArgumentException(
                    address.getHostAddress() + " (expected: an IPv4 address)");
        }
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    /** The IPv4 addresses among others. */
    static List<Integer> ipv4(List<InetAddress> addresses) {
        return addresses.stream()
                .filter(RuleTranslation::isIpv4)
                .map(RuleTranslation::address)
                .toList();
    }

    /** What relay and router have in common: the tunnel, limits, and ports that are not given. */
    static NatConfig withoutRules(
            InstanceConfig instance, List<NatConfig.LinkSetup> links, EnginePorts ports) {
        Cidr tunnel = instance.tunnel().address();
        return NatConfig.of(links, address(tunnel.address()), prefix(tunnel))
                .withLimits(
                        timeouts(instance.timeouts()),
                        PortTranslation.range(instance.engine()),
                        PortTranslation.kept(ports, instance.tunnel().listen()),
                        NatConfig.FLOWS_PER_DEVICE,
                        instance.engine().tcpPickUp() == EngineConfig.TcpPickUp.ON);
    }

    private static boolean isIpv4(InetAddress address) {
        return address instanceof Inet4Address;
    }

    static Ipv4Prefix prefix(Cidr cidr) {
        Cidr network = cidr.network();
        return new Ipv4Prefix(address(network.address()), network.bits());
    }

    static List<Ipv4Prefix> prefixes(List<Cidr> cidrs) {
        return cidrs.stream().filter(cidr -> !cidr.v6()).map(RuleTranslation::prefix).toList();
    }

    /** The IPv6 networks among others. */
    static List<Ipv6Prefix> prefixes6(List<Cidr> cidrs) {
        List<Ipv6Prefix> prefixes = new ArrayList<>();
        for (Cidr cidr : cidrs) {
            if (cidr.address() instanceof Inet6Address six) {
                prefixes.add(Ipv6Prefix.of(six, cidr.bits()));
            }
        }
        return prefixes;
    }

    private static List<Ipv6Prefix> hosts6(List<DeviceConfig> devices) {
        return prefixes6(devices.stream().map(DeviceConfig::network).toList());
    }

    /** Addresses of this host on a link that others can answer to. */
    static List<Ipv6Config.OwnAddress> own6(Link link, List<InetAddress> addresses) {
        return prefixes6(
                        addresses.stream()
                                .filter(address -> !address.isLinkLocalAddress())
                                .map(Cidr::host)
                                .toList())
                .stream()
                .map(own -> new Ipv6Config.OwnAddress(link.id(), own.high(), own.low()))
                .toList();
    }

    static PortRange ports(io.jnat.cli.config.PortRange range) {
        int protocol =
                switch (range.protocol()) {
                    case TCP -> Protocol.TCP;
                    case UDP -> Protocol.UDP;
                };
        return new PortRange(protocol, range.first(), range.last());
    }

    /**
     * Whether a rule is for nobody over IPv4. An empty list is anybody; a list of which nothing is
     * left must not become one.
     */
    private static boolean isForNobody(List<Cidr> sources) {
        return !sources.isEmpty() && prefixes(sources).isEmpty();
    }

    /**
     * One NAT forward for each range that a rule listens on; they share the rule's name and
     * counters.
     */
    static List<NatConfig.Forward> forwards(ForwardConfig rule, int peer, TimeoutConfig general) {
        if (isForNobody(rule.from()) || !isIpv4(rule.to().address())) {
            return List.of();
        }
        List<NatConfig.Forward> forwards = new ArrayList<>();
        for (io.jnat.cli.config.PortRange range : rule.listen()) {
            forwards.add(
                    new NatConfig.Forward(
                            rule.name(),
                            ports(range),
                            rule.address().map(RuleTranslation::address).orElse(0),
                            prefixes(rule.from()),
                            peer,
                            address(rule.to().address()),
                            rule.toPort().orElse(range.first()),
                            rule.masquerade(),
                            rule.filtering(),
                            lifetime(rule.lifetime(), general)));
        }
        return forwards;
    }

    /** What lets packets in to the device of a forward, if it speaks IPv6. */
    static List<Ipv6Config.Allow> forwards6(ForwardConfig rule, TimeoutConfig general) {
        return allows6(
                "forward " + rule.name(),
                Zone.WAN,
                rule.from(),
                List.of(rule.to()),
                rule.listen(),
                lifetime(rule.lifetime(), general));
    }

    private static List<Ipv6Config.Allow> allows6(
            String name,
            Zone zone,
            List<Cidr> sources,
            List<DeviceConfig> to,
            List<io.jnat.cli.config.PortRange> ports,
            Lifetime lifetime) {
        List<Ipv6Prefix> who = prefixes6(sources);
        List<Ipv6Prefix> devices = hosts6(to);
        boolean nobody = !sources.isEmpty() && who.isEmpty();
        return nobody || devices.isEmpty()
                ? List.of()
                : List.of(
                        new Ipv6Config.Allow(
                                name,
                                zone,
                                who,
                                devices,
                                ports.stream().map(RuleTranslation::ports).toList(),
                                NatConfig.Action.ACCEPT,
                                lifetime));
    }

    /** The captured devices with IPv6 addresses. */
    static List<Ipv6Config.Capture> captures6(List<DeviceConfig> devices, Lifetime lifetime) {
        return devices.stream()
                .filter(DeviceConfig::v6)
                .map(device ->
                        new Ipv6Config.Capture(device.name(), hosts6(List.of(device)), lifetime))
                .toList();
    }

    /** The allow rules that are for somebody and something over IPv6. */
    static List<Ipv6Config.Allow> allows6(List<AllowConfig> rules, TimeoutConfig general) {
        return rules.stream()
                .flatMap(rule ->
                        allows6(
                                "allow " + rule.name(),
                                Zone.TUNNEL,
                                rule.sources(),
                                rule.to(),
                                rule.ports(),
                                lifetime(rule.lifetime(), general))
                                .stream())
                .toList();
    }

    /** The captured devices with IPv4 addresses. */
    static List<NatConfig.Capture> captures(List<DeviceConfig> devices, Lifetime lifetime) {
        return devices.stream()
                .filter(device -> isIpv4(device.address()))
                .map(device ->
                        new NatConfig.Capture(device.name(), hosts(List.of(device)), lifetime))
                .toList();
    }

    /** The allow rules that are for somebody and something over IPv4. */
    static List<NatConfig.Allow> allows(List<AllowConfig> rules, TimeoutConfig general) {
        return rules.stream()
                .filter(rule -> !isForNobody(rule.sources()) && !hosts(rule.to()).isEmpty())
                .map(rule -> allow(rule, general))
                .toList();
    }

    private static NatConfig.Allow allow(AllowConfig rule, TimeoutConfig general) {
        return new NatConfig.Allow(
                rule.name(),
                Zone.TUNNEL,
                prefixes(rule.sources()),
                hosts(rule.to()),
                rule.ports().stream().map(RuleTranslation::ports).toList(),
                NatConfig.Action.ACCEPT,
                lifetime(rule.lifetime(), general));
    }

    private static List<Ipv4Prefix> hosts(List<DeviceConfig> devices) {
        return devices.stream()
                .filter(device -> isIpv4(device.address()))
                .map(device -> Ipv4Prefix.host(address(device.address())))
                .toList();
    }

    static FlowTimeouts timeouts(TimeoutConfig timeouts) {
        return new FlowTimeouts(
                seconds(timeouts, IdleLimit.UDP),
                seconds(timeouts, IdleLimit.TCP),
                seconds(timeouts, IdleLimit.TCP_TRANSITORY),
                seconds(timeouts, IdleLimit.ICMP),
                seconds(timeouts, IdleLimit.GRE_ONE_WAY),
                seconds(timeouts, IdleLimit.GRE),
                seconds(timeouts, IdleLimit.OTHER));
    }

    private static int seconds(TimeoutConfig timeouts, IdleLimit limit) {
        return (int) timeouts.of(limit).toSeconds();
    }

    /** What a rule says, over what all rules have in common. */
    static Lifetime lifetime(LifetimeConfig rule, TimeoutConfig general) {
        boolean own = !rule.timeouts().own().isEmpty();
        return new Lifetime(
                rule.inboundRefresh(), own ? timeouts(rule.timeouts().over(general)) : null);
    }

    static Behaviour behaviour(TranslationConfig translation, TimeoutConfig general) {
        return new Behaviour(
                translation.mapping(),
                translation.filtering(),
                translation.staticPort(),
                lifetime(translation.lifetime(), general));
    }
}
