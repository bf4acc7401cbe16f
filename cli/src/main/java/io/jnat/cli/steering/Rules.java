package io.jnat.cli.steering;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Policy rules and routes with {@code ip}, told from those of others by their protocol, which is
 * part of what makes a rule the same rule.
 */
final class Rules {
    /** Nobody else sets it on rules, and systemd-networkd does not delete what carries it. */
    private static final String RULE_PROTOCOL = "kernel";

    /** Marks routes that jnat made. */
    static final String ROUTE_PROTOCOL = "77";

    /** The table that leads into the TUN of the WAN side. */
    static final int WAN_TABLE = 7700;

    /** The table that leads into the TUN of the LAN side. */
    static final int LAN_TABLE = 7701;

    /** The table of what comes out of the TUN of the WAN side. */
    static final int OUT_TABLE = 7702;

    static final int SSH = 10;
    static final int TUNNEL = 11;
    static final int OWN_SOCKETS = 12;
    static final int HAIRPIN = 13;
    static final int GUARD_HAIRPIN = 14;
    static final int LAN_LOCAL = 15;
    static final int STEER_TUNNEL = 16;
    static final int GUARD_TUNNEL = 17;

    /** Less the length of the network's prefix. */
    static final int WAN_NEIGHBOURS = 52;

    static final int PRIVATE = 53;
    static final int STEER = 100;
    static final int GUARD = 101;
    static final int STEER_OTHERS = 102;
    static final int GUARD_OTHERS = 103;
    static final int ICMP = 110;
    static final int WITHOUT_PORTS = 111;
    static final int LOCAL = 1000;
    static final int OUT = 1001;

    private Rules() {}

    /**
     * A rule at a fixed preference.
     *
     * @param rule selector and action, words apart by spaces
     */
    static SteeringChange rule(Family family, int preference, String purpose, String rule) {
        List<String> words = Arrays.asList(rule.split(" ", -1));
        return new SteeringChange(
                purpose,
                command(family, "add", preference, words),
                command(family, "del", preference, words));
    }

    private static Command command(Family family, String verb, int preference, List<String> words) {
        List<String> arguments =
                new ArrayList<>(
                        List.of("ip", family.option(), "rule", verb, "pref", "" + preference));
        arguments.addAll(words);
        arguments.addAll(List.of("protocol", RULE_PROTOCOL));
        return Command.of(arguments);
    }

    /** The default route of a table of our own. */
    static SteeringChange route(Family family, int table, String device) {
        String purpose = "the way into " + device;
        return new SteeringChange(
                purpose,
                route(family, "replace", table, device),
                route(family, "del", table, device));
    }

    private static Command route(Family family, String verb, int table, String device) {
        return Command.of(
                "ip",
                family.option(),
                "route",
                verb,
                "default",
                "dev",
                device,
                "table",
                "" + table,
                "protocol",
                ROUTE_PROTOCOL);
    }

    /** A way out by the WAN, for what comes out of its TUN; it takes the place of a former one. */
    static SteeringChange wayOut(HostFacts.Route route) {
        String to = route.to().bits() == 0 ? "default" : route.to().toString();
        String by = (route.by() + " dev " + route.device()).strip();
        String table = " table " + OUT_TABLE + " protocol " + ROUTE_PROTOCOL;
        return new SteeringChange(
                "what is translated leaves by the WAN",
                Command.of(("ip -4 route replace " + to + " " + by + table).split(" ", -1)),
                Command.of(("ip -4 route del " + to + table).split(" ", -1)));
    }

    /** The host answers to neighbour discovery for an address that it forwards to. */
    static SteeringChange neighbour(String address, String device) {
        return new SteeringChange(
                "answers its neighbours for " + address,
                Command.of("ip", "-6", "neigh", "replace", "proxy", address, "dev", device),
                Command.of("ip", "-6", "neigh", "del", "proxy", address, "dev", device));
    }

    /** The host's own addresses are looked up behind our rules; first added, then removed. */
    static List<SteeringChange> moveLocal(Family family) {
        return List.of(
                rule(
                        family,
                        LOCAL,
                        "the host's own addresses, behind the steered ports",
                        "lookup local"),
                localMoved(family));
    }

    /** Put back as the kernel had it. */
    static SteeringChange localMoved(Family family) {
        return new SteeringChange(
                "the host's own addresses no longer come first",
                Command.of("ip", family.option(), "rule", "del", "pref", "0", "lookup", "local"),
                Command.of(
                        "ip",
                        family.option(),
                        "rule",
                        "add",
                        "pref",
                        "0",
                        "lookup",
                        "local",
                        "protocol",
                        RULE_PROTOCOL));
    }
}
