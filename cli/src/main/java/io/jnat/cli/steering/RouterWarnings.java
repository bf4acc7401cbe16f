package io.jnat.cli.steering;

import io.jnat.cli.config.DeviceConfig;
import io.jnat.cli.config.RouterConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What of a site's router does not fit its configuration, for people. */
final class RouterWarnings {
    private final RouterConfig config;
    private final HostFacts facts;

    private RouterWarnings(RouterConfig config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    static List<String> of(RouterConfig config, HostFacts facts) {
        return new RouterWarnings(config, facts).all();
    }

    private List<String> all() {
        List<String> warnings = new ArrayList<>();
        if (config.captured().stream().anyMatch(DeviceConfig::v6)) {
            if (facts.ipv6()) {
                warnings.addAll(SteeringPlan.namelessWarnings(facts, config.lan()));
            } else {
                warnings.add("this host's kernel has no IPv6: no IPv6 address is captured");
            }
        }
        warnings.addAll(misplaced());
        if (HostSettings.forwards6(facts)) {
            config.captured().forEach(device -> behindARouter(device).ifPresent(warnings::add));
        }
        return warnings;
    }

    /** Its own hardware address is never seen, and the one that is stands for others, too. */
    private Optional<String> behindARouter(DeviceConfig device) {
        return device.ipv6Direct()
                ? Optional.empty()
                : facts.routerTo(device.address(), config.lan())
                        .map(via ->
                                device.place()
                                        + ": device \""
                                        + device.name()
                                        + "\": "
                                        + device.target()
                                        + " is behind another router, "
                                        + via
                                        + ", whose hardware address is all that is seen of it: no"
                                        + " IPv6 of that router, and of what else is behind it,"
                                        + " leaves uncaptured; ipv6 = \"direct\" for the device lets it go");
    }

    /**
     * Devices that the kernel looks for elsewhere than on the LAN: a mistyped address, mostly. Not
     * while an interface to the LAN has no network yet.
     */
    private List<String> misplaced() {
        Set<DeviceConfig> devices = new LinkedHashSet<>(config.captured());
        config.allows().forEach(allow -> devices.addAll(allow.to()));
        boolean complete =
                config.lan().stream()
                        .allMatch(lan ->
                                facts.routes().stream().anyMatch(route -> route.isIpv4By(lan)));
        if (!complete) {
            return List.of();
        }
        return devices.stream()
                .filter(device -> !device.v6() && !isBehindTheLan(device.address()))
                .map(device ->
                        device.place()
                                + ": device \""
                                + device.name()
                                + "\": "
                                + device.target()
                                + " is in no network of "
                                + String.join(", ", config.lan())
                                + ", so nothing reaches it from there; correct its address, or give"
                                + " this host a route to it")
                .toList();
    }

    private boolean isOnTheLan(HostFacts.Route route) {
        return config.lan().stream().anyMatch(route::isIpv4By);
    }

    private boolean isBehindTheLan(InetAddress device) {
        return facts.routes().stream()
                .filter(route -> route.to().contains(device))
                .max(Comparator.comparingInt(route -> route.to().bits()))
                .filter(this::isOnTheLan)
                .isPresent();
    }
}
