package io.jnat.cli.steering;

import io.jnat.cli.config.RouterConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The steering of a site's router: captured devices, and on request all others, go into the LAN's
 * TUN device; what the engine sends for the others comes back through the WAN's.
 *
 * <p>Two things keep a captured device off the WAN and any other way out, each by itself: a
 * blackhole behind the rule that steers, and a chain that drops what the kernel would forward to
 * anywhere but the engine and what is near ({@link RouterRules}, {@link RouterTable}).
 */
final class RouterPlan {
    private RouterPlan() {}

    static SteeringPlan of(RouterConfig config, HostFacts facts, int tunnelPort) {
        RouterFacts router = RouterFacts.of(config, facts, tunnelPort);
        RouterRules rules = new RouterRules(router);
        return new SteeringPlan(
                guards(router, rules),
                steering(router, rules),
                router.others() ? router.wan().ports() : EnginePorts.none(),
                RouterWarnings.of(config, facts),
                Firewalls.problems(
                        facts,
                        router.others()
                                ? List.of(router.lanTun(), router.wanTun())
                                : List.of(router.lanTun()),
                        router.ipv6()));
    }

    /** Before there is an engine. */
    private static List<SteeringChange> guards(RouterFacts router, RouterRules rules) {
        List<SteeringChange> guards = new ArrayList<>();
        if (router.others()) {
            guards.addAll(new HostSettings(router.host()).ephemeralPorts(List.of()).changes());
        }
        guards.addAll(rules.exceptions());
        guards.add(RouterTable.of(router));
        guards.addAll(rules.blackholes());
        guards.addAll(rules.answersDirect());
        if (router.ipv6()) {
            guards.addAll(rules.guards6());
        }
        return guards;
    }

    /** Once there is one. */
    private static List<SteeringChange> steering(RouterFacts router, RouterRules rules) {
        List<SteeringChange> steering = new ArrayList<>(settings(router).changes());
        steering.add(Rules.route(Family.IPV4, Rules.LAN_TABLE, router.lanTun()));
        steering.addAll(rules.captures());
        if (router.others()) {
            steering.addAll(router.wan().guards());
            steering.addAll(router.wan().steering());
        }
        steering.addAll(rules.answersSteered());
        steering.addAll(rules.jumps());
        if (router.ipv6()) {
            steering.add(Rules.route(Family.IPV6, Rules.LAN_TABLE, router.lanTun()));
            steering.addAll(rules.captures6());
        }
        return steering;
    }

    private static HostSettings settings(RouterFacts router) {
        HostSettings settings =
                new HostSettings(router.host())
                        .reversePathPerInterface(router.lanTun(), router.wanTun())
                        .tun(router.lanTun(), router.ipv6());
        if (router.others()) {
            settings.tun(router.wanTun(), false);
        }
        settings.forwarding();
        if (router.ipv6()) {
            settings.forwarding6();
        }
        return settings;
    }
}
