package io.jnat.cli.config.toml;

import io.jnat.cli.config.AllowConfig;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.ForwardConfig;
import io.jnat.cli.config.PortRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Rules that get in each other's way. The first match wins: a rule that an earlier one leaves
 * nothing to is never reached.
 */
final class RuleOverlaps {
    private static final Cidr ALL4 = Cidr.of("0.0.0.0/0");
    private static final Cidr ALL6 = Cidr.of("::/0");

    private final Problems problems;

    RuleOverlaps(Problems problems) {
        this.problems = problems;
    }

    /**
     * Who may talk to a device: the networks of its own family. No networks mean anybody; networks
     * of the other family only, nobody.
     */
    static List<Cidr> sources(List<Cidr> networks, boolean v6) {
        return networks.isEmpty()
                ? List.of(v6 ? ALL6 : ALL4)
                : networks.stream().filter(network -> network.v6() == v6).toList();
    }

    /** Whether every address of some networks is one of others. */
    static boolean covers(List<Cidr> outer, List<Cidr> inner) {
        return inner.stream().allMatch(in -> outer.stream().anyMatch(out -> out.contains(in)));
    }

    /** Whether two lists of networks have an address in common. */
    static boolean meet(List<Cidr> some, List<Cidr> others) {
        return some.stream()
                .anyMatch(a -> others.stream().anyMatch(b -> a.contains(b) || b.contains(a)));
    }

    /** Allow rules that an earlier one makes useless, as a whole or for one device. */
    void allows(List<AllowConfig> allows) {
        for (int at = 0; at < allows.size(); at++) {
            AllowConfig later = allows.get(at);
            for (AllowConfig earlier : allows.subList(0, at)) {
                if (leavesNothing(earlier, later)) {
                    problems.warning(
                            later.place(),
                            "allow",
                            '"'
                                    + later.name()
                                    + "\": never reached; \""
                                    + earlier.name()
                                    + "\" at "
                                    + earlier.place()
                                    + " allows all of it already");
                    break;
                }
            }
        }
    }

    private static boolean leavesNothing(AllowConfig earlier, AllowConfig later) {
        return later.to().stream()
                        .allMatch(device ->
                                covers(
                                                sources(earlier.sources(), device.v6()),
                                                sources(later.sources(), device.v6()))
                                        && earlier.to().stream()
                                                .anyMatch(first ->
                                                        first.network().contains(device.network())))
                && (earlier.ports().isEmpty()
                        || (!later.ports().isEmpty()
                                && later.ports().stream()
                                        .allMatch(ports -> isWithin(ports, earlier.ports()))));
    }

    /** Whether every port of a range is in one of the others, or in several together. */
    private static boolean isWithin(PortRange ports, List<PortRange> others) {
        int next = ports.first();
        boolean moved = true;
        while (moved && next <= ports.last()) {
            moved = false;
            for (PortRange other : others) {
                if (other.protocol() == ports.protocol()
                        && other.first() <= next
                        && other.last() >= next) {
                    next = other.last() + 1;
                    moved = true;
                }
            }
        }
        return next > ports.last();
    }

    /** Two names for one address: rules for one of them count for the other too. */
    void devices(List<DeviceConfig> devices) {
        List<DeviceConfig> before = new ArrayList<>();
        for (DeviceConfig device : devices) {
            for (DeviceConfig other : before) {
                if (!device.address().isLoopbackAddress()
                        && other.network().equals(device.network())
                        && other.site().equals(device.site())) {
                    problems.warning(
                            device.place(),
                            "device." + device.name(),
                            device.target()
                                    + ": device \""
                                    + other.name()
                                    + "\" at "
                                    + other.place()
                                    + " has this address too; rules for one count for both");
                }
            }
            before.add(device);
        }
    }

    /** Nobody on the internet sends from a private address. */
    void forward(ForwardConfig forward, List<Cidr> privateNetworks) {
        List<Cidr> from = sources(forward.from(), forward.to().v6());
        if (forward.to().v6() && covers(privateNetworks, List.of(forward.to().network()))) {
            problems.warning(
                    forward.place(),
                    "forward",
                    '"'
                            + forward.name()
                            + "\": "
                            + forward.to().target()
                            + " is a unique local address, which nobody on the internet reaches");
        }
        if (!from.isEmpty() && covers(privateNetworks, from)) {
            problems.warning(
                    forward.place(),
                    "forward",
                    '"'
                            + forward.name()
                            + "\": from holds private networks only, and nobody on the internet sends"
                            + " from those");
        }
    }
}
