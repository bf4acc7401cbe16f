package io.jnat.cli.steering;

import java.util.ArrayList;
import java.util.List;

/** Firewalls of this host that drop what jnat has the kernel forward, and what opens them. */
final class Firewalls {
    /** Where a firewall drops it all, and lets through what a program of its own has allowed. */
    private static final String FIREWALLD = "inet firewalld ";

    private Firewalls() {}

    /**
     * Names each, with what is to be done.
     *
     * @param tuns the TUN devices
     * @param ipv6 whether IPv6 passes them
     */
    static List<String> problems(HostFacts facts, List<String> tuns, boolean ipv6) {
        return facts.closedForwardChains().stream()
                .filter(chain -> !chain.family().equals("bridge"))
                .filter(chain -> ipv6 || !chain.family().equals("ip6"))
                .map(chain ->
                        (isLegacy(chain) ? "iptables (legacy) chain " : "nftables chain ")
                                + chain.name()
                                + " drops what is forwarded and does not name jnat's devices; allow"
                                + " them: "
                                + String.join("; ", remedies(chain, tuns)))
                .toList();
    }

    private static boolean isLegacy(HostFacts.ClosedChain chain) {
        return chain.family().equals("legacy");
    }

    private static List<String> remedies(HostFacts.ClosedChain chain, List<String> tuns) {
        List<String> remedies = new ArrayList<>();
        boolean firewalld = chain.name().startsWith(FIREWALLD);
        for (String tun : tuns) {
            if (firewalld) {
                remedies.add("firewall-cmd --permanent --zone=trusted --add-interface=" + tun);
            } else if (chain.table().contains("ufw-")) {
                remedies.add("ufw route allow in on " + tun);
                remedies.add("ufw route allow out on " + tun);
            } else if (isLegacy(chain)) {
                remedies.add("iptables -I FORWARD -i " + tun + " -j ACCEPT");
                remedies.add("iptables -I FORWARD -o " + tun + " -j ACCEPT");
            } else {
                String insert = "nft insert rule " + chain.name();
                remedies.add(insert + " iifname \"" + tun + "\" accept");
                remedies.add(insert + " oifname \"" + tun + "\" accept");
            }
        }
        if (firewalld) {
            String policy = "firewall-cmd --permanent --policy=jnat ";
            remedies.add("firewall-cmd --permanent --new-policy=jnat");
            remedies.add(policy + "--add-ingress-zone=ANY");
            remedies.add(policy + "--add-egress-zone=trusted");
            remedies.add(policy + "--set-target=ACCEPT");
            remedies.add("firewall-cmd --reload");
        }
        return remedies;
    }
}
