package io.jnat.cli.e2e;

import io.jnat.cli.lab.Namespace;
import java.io.IOException;
import java.util.stream.Collectors;

/**
 * Everything of a namespace that steering may touch, as text: devices, addresses, rules, routes,
 * nftables, sysctls. Equal before and after means put back exactly.
 */
final class HostState {

    private HostState() {}

    static String of(Namespace namespace) throws IOException {
        return String.join(
                "\n",
                "# devices",
                namespace.run("ip", "-br", "link"),
                "# addresses",
                namespace.run("ip", "-o", "addr").replaceAll(" (valid|preferred)_lft \\S+", ""),
                "# rules",
                namespace.run("ip", "rule"),
                namespace.run("ip", "-6", "rule"),
                "# routes",
                namespace.run("ip", "route", "show", "table", "all"),
                namespace.run("ip", "-6", "route", "show", "table", "all"),
                namespace.run("ip", "-6", "neigh", "show", "proxy"),
                "# nftables",
                namespace.run("nft", "list", "ruleset"),
                "# sysctl",
                namespace
                        .run("sysctl", "-a", "-r", "^net\\.ipv[46]\\.(conf|ip_|tcp_|udp_|fwmark)")
                        .lines()
                        .sorted()
                        .collect(Collectors.joining("\n")));
    }
}
