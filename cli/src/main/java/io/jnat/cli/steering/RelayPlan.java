package io.jnat.cli.steering;

import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.RelayConfig;
import java.util.ArrayList;
import java.util.List;

/** The steering of a relay: the public interface's ports go into one TUN device. */
final class RelayPlan {
    private final RelayConfig config;
    private final HostFacts facts;
    private final String tun;
    private final WanSide wan;
    private final List<Family> families = new ArrayList<>(List.of(Family.IPV4));

    private RelayPlan(RelayConfig config, HostFacts facts, int tunnelPort) {
        this.config = config;
        this.facts = facts;
        this.tun = Steering.wanDevice(config);
        List<PortRange> forwarded = new ArrayList<>();
        config.forwards().forEach(forward -> forwarded.addAll(forward.listen()));
        this.wan = new WanSide(facts, config.wan(), tun, List.of(), tunnelPort, forwarded);
        if (usesIpv6() && facts.localFirst6()) {
            families.add(Family.IPV6);
        }
    }

    static SteeringPlan of(RelayConfig config, HostFacts facts, int tunnelPort) {
        return new RelayPlan(config, facts, tunnelPort).plan();
    }

    private SteeringPlan plan() {
        HostSettings early = new HostSettings(facts).ephemeralPorts(wan.named());
        HostSettings settings =
                new HostSettings(facts)
                        .reversePathPerInterface(tun)
                        .tun(tun, families.contains(Family.IPV6))
                        .forwarding();
        if (families.contains(Family.IPV6)) {
            settings.forwarding6();
        }
        List<SteeringChange> guards = new ArrayList<>(early.changes());
        guards.add(table());
        List<SteeringChange> steering = new ArrayList<>(settings.changes());
        for (Family family : families) {
            steering.addAll(wan.guards(family));
            steering.addAll(wan.steering(family));
        }
        List<String> warnings = new ArrayList<>(wan.warnings());
        warnings.addAll(Steering.closedForwardWarnings(facts, List.of(tun)));
        return new SteeringPlan(guards, steering, wan.ports(), warnings);
    }

    private boolean usesIpv6() {
        return config.forwards().stream()
                .map(ForwardConfig::to)
                .anyMatch(device -> device.address().getAddress().length == 16);
    }

    private SteeringChange table() {
        NftTable table = new NftTable(NftTable.nameFor(config.instance().name()));
        List<String> track = wan.markOwn();
        if (families.contains(Family.IPV6)) {
            track.add(wan.markErrors6());
        }
        if (!facts.foreignNat()) {
            track.add("iifname \"" + tun + "\" meta l4proto != { icmp, ipv6-icmp } notrack");
            track.addAll(wan.untracked());
        }
        table.chain("track", "type filter hook prerouting priority raw", track);
        table.chain(
                "defragment",
                "type filter hook prerouting priority -290",
                List.of("ct state invalid"));
        List<String> guard = new ArrayList<>();
        if (!HostSettings.forwards(facts)) {
            guard.add(
                    "iifname != \""
                            + tun
                            + "\" oifname != \""
                            + tun
                            + "\" meta nfproto ipv4 counter drop");
        }
        table.chain("guard", "type filter hook forward priority -5", guard);
        return table.change();
    }
}
