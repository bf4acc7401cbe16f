package io.jnat.cli.steering;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.RouterConfig;
import java.util.List;

/**
 * What has to be changed on a host, in order.
 *
 * @param guards fail closed: made before the engine exists, kept when it dies
 * @param steering what leads packets into the TUN devices, made once these exist
 * @param ports that belong to the engine
 * @param warnings what will not work, and what to do
 * @param problems the same of what keeps packets from passing altogether
 */
record SteeringPlan(
        List<SteeringChange> guards,
        List<SteeringChange> steering,
        EnginePorts ports,
        List<String> warnings,
        List<String> problems) {
    /** Copies the lists. */
    SteeringPlan {
        guards = List.copyOf(guards);
        steering = List.copyOf(steering);
        warnings = List.copyOf(warnings);
        problems = List.copyOf(problems);
    }

    /**
     * What would be changed.
     *
     * @param tunnelPort UDP port of the tunnel's socket; 0 when there is none yet
     */
    static SteeringPlan of(JnatConfig config, HostFacts facts, int tunnelPort) {
        return switch (config) {
            case RelayConfig relay -> RelayPlan.of(relay, facts, tunnelPort);
            case RouterConfig router -> RouterPlan.of(router, facts, tunnelPort);
        };
    }

    /**
     * Without an address of its own, the engine can't tell a sender that its packets are too big.
     */
    static List<String> namelessWarnings(HostFacts facts, List<String> interfaces) {
        if (interfaces.stream().anyMatch(facts::hasIpv6)) {
            return List.of();
        }
        return List.of(
                String.join(", ", interfaces)
                        + ": no IPv6 address other than link-local ones, so senders are not told when"
                        + " packets are too big for the tunnel; give it one");
    }
}
