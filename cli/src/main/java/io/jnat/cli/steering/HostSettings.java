package io.jnat.cli.steering;

import io.jnat.cli.config.PortRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The kernel settings that the engine's packets need, and what depends on them. */
final class HostSettings {
    private static final String EPHEMERAL = "61000 65535";
    private static final int EPHEMERAL_FIRST = 61000;

    private final HostFacts facts;
    private final List<SteeringChange> changes = new ArrayList<>();

    HostSettings(HostFacts facts) {
        this.facts = facts;
    }

    List<SteeringChange> changes() {
        return List.copyOf(changes);
    }

    /** Whether the host forwards IPv4 without jnat. */
    static boolean forwards(HostFacts facts) {
        return facts.setting("ipv4/ip_forward", "0").equals("1");
    }

    /**
     * Whether somebody else wants it to: Docker switches that on itself, which nobody can tell once
     * jnat has done so, and has rules of its own about what passes.
     */
    static boolean forwardsForOthers(HostFacts facts) {
        return forwards(facts) || (facts.foreignNat() && facts.foreignForward());
    }

    /** Whether the host forwards IPv6 without jnat. */
    static boolean forwards6(HostFacts facts) {
        return facts.setting("ipv6/conf/all/forwarding", "0").equals("1");
    }

    /** The host forwards; the kernel then sets every interface's flag and refuses redirects. */
    HostSettings forwarding() {
        if (!forwards(facts)) {
            Map<String, String> besides = new TreeMap<>();
            facts.settings()
                    .forEach((name, value) -> {
                        boolean flag =
                                name.matches("ipv4/conf/[^/]+/forwarding")
                                        && !name.startsWith("ipv4/conf/all/")
                                        && value.equals("1");
                        if (flag || name.equals("ipv4/conf/all/accept_redirects")) {
                            besides.put(name, value);
                        }
                    });
            changes.add(
                    Sysctl.change(
                            "packets may pass through this host",
                            "ipv4/ip_forward",
                            "0",
                            "1",
                            besides));
        }
        return this;
    }

    /** The same for IPv6, where a host that forwards no longer listens to routers by itself. */
    HostSettings forwarding6() {
        if (forwards6(facts)) {
            return this;
        }
        Map<String, String> besides = new TreeMap<>();
        facts.settings()
                .forEach((name, value) -> {
                    if (name.matches("ipv6/conf/[^/]+/accept_ra") && value.equals("1")) {
                        set("goes on listening to routers", name, value, "2");
                    }
                    if (name.matches("ipv6/conf/[^/]+/forwarding")
                            && !name.startsWith("ipv6/conf/all/")
                            && value.equals("1")) {
                        besides.put(name, value);
                    }
                });
        changes.add(
                Sysctl.change(
                        "IPv6 packets may pass through this host",
                        "ipv6/conf/all/forwarding",
                        "0",
                        "1",
                        besides));
        return this;
    }

    /**
     * The larger of an interface's and {@code all}'s value counts, and the TUN needs 0: what {@code
     * all} demanded is demanded of each other interface instead.
     */
    HostSettings reversePathPerInterface(String... tuns) {
        String all = facts.setting("ipv4/conf/all/rp_filter", "0");
        if (all.equals("0")) {
            return this;
        }
        for (String name : facts.interfaces()) {
            if (!List.of(tuns).contains(name)) {
                keepReversePath(name, all);
            }
        }
        keepReversePath("default", all);
        set("the TUN's own value counts", "ipv4/conf/all/rp_filter", all, "0");
        return this;
    }

    private void keepReversePath(String name, String all) {
        String setting = "ipv4/conf/" + name + "/rp_filter";
        String own = facts.setting(setting, "");
        if (!own.isEmpty() && own.compareTo(all) < 0) {
            set("as strict about sources as before", setting, own, all);
        }
    }

    /** The engine sends from the host's own address, and from addresses of the internet. */
    HostSettings tun(String device, boolean ipv6) {
        String conf = "ipv4/conf/" + device + "/";
        set("any source may come out of it", conf + "rp_filter", "0", "0");
        set("this host's own address too", conf + "accept_local", "0", "1");
        if (facts.ipv6()) {
            set(
                    ipv6 ? "IPv6 goes into it" : "nothing of the kernel's own in it",
                    "ipv6/conf/" + device + "/disable_ipv6",
                    "0",
                    ipv6 ? "0" : "1");
        }
        return this;
    }

    /** Answers for the addresses that {@link Rules#neighbour} names. */
    HostSettings neighbourProxy(String device) {
        String name = "ipv6/conf/" + device + "/proxy_ndp";
        if (facts.setting(name, "1").equals("0")) {
            set("answers for the sites' devices", name, "0", "1");
        }
        return this;
    }

    /** The host's own connections stay off the engine's ports. */
    HostSettings ephemeralPorts(List<PortRange> named) {
        String range = facts.setting("ipv4/ip_local_port_range", EPHEMERAL);
        if (Integer.parseInt(range.split(" ", -1)[0]) < EPHEMERAL_FIRST) {
            set(
                    "the host's own connections stay off the engine's ports",
                    "ipv4/ip_local_port_range",
                    range,
                    EPHEMERAL);
        }
        BitSet reserved = new BitSet();
        named.stream()
                .filter(ports -> ports.last() >= EPHEMERAL_FIRST)
                .forEach(ports -> reserved.set(ports.first(), ports.last() + 1));
        if (!reserved.isEmpty()) {
            String before = facts.setting("ipv4/ip_local_reserved_ports", "");
            addRanges(reserved, before);
            set(
                    "nor do they take a port that a forward names",
                    "ipv4/ip_local_reserved_ports",
                    before,
                    ranges(reserved));
        }
        return this;
    }

    private static void addRanges(BitSet ports, String text) {
        for (String range : text.split(",", -1)) {
            if (!range.isBlank()) {
                String[] ends = range.strip().split("-", -1);
                ports.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
            }
        }
    }

    /** As the kernel prints them. */
    private static String ranges(BitSet ports) {
        List<String> ranges = new ArrayList<>();
        for (int from = ports.nextSetBit(0); from >= 0; from = ports.nextSetBit(from)) {
            int to = ports.nextClearBit(from) - 1;
            ranges.add(from == to ? "" + from : from + "-" + to);
            from = to + 1;
        }
        return String.join(",", ranges);
    }

    private void set(String purpose, String name, String before, String now) {
        changes.add(Sysctl.change(purpose, name, before, now));
    }
}
