package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.PortRange;
import io.jnat.cli.config.PortRange.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks {@code ip}, {@code ss}, {@code nft} and {@code /proc}, in one go. */
final class HostFactsReader {
    private static final String MARK = "@@";

    private static final String RULES =
            """
            exec 2>/dev/null
            own() { echo "${4%%/*}"; }
            show() { ip -force "$1" -batch - <<END
            rule show
            route show table %d
            route show table %d
            END
            }
            echo @@rule; show -4
            echo @@rule6; [ ! -e /proc/net/if_inet6 ] || show -6
            echo @@out; ip -4 route show table %d
            echo @@led; [ -z "$3" ] || from=$(own $(ip -o -4 addr show dev "$3"))
            [ -z "$from" ] || for to in 8.8.8.8 192.0.2.1; do
              ip -4 route get $to from "$from" iif "$4"
            done
            """
                    .formatted(Rules.WAN_TABLE, Rules.LAN_TABLE, Rules.OUT_TABLE);

    /** A section that fails is empty; nft's in particular, on a host without nf_tables. */
    private static final String SCRIPT =
            RULES
                    + """
                    echo @@place; cat /proc/sys/kernel/random/boot_id; readlink /proc/self/ns/net
                    echo @@link; ip -o link show
                    echo @@address; ip -o addr show
                    echo @@route; ip -4 route show table main
                    echo @@route6; [ ! -e /proc/net/if_inet6 ] || ip -6 route show table main
                    echo @@default; ip -4 route show table all default
                    [ ! -e /proc/net/if_inet6 ] || ip -6 route show table all default
                    echo @@socket; ss -Hantu
                    echo @@neighbour; ip neigh show
                    echo @@learned; nft list set inet "$1" hardware
                    echo @@chain; nft list chains
                    echo @@match; printf '%s' "$2" | nft -c -f - && echo yes
                    echo @@iptables; cat /proc/net/ip_tables_names
                    echo @@legacy; ! grep -qx filter /proc/net/ip_tables_names ||
                      iptables-legacy -S || iptables -S
                    echo @@setting
                    cd /proc/sys/net && grep -sH . ipv4/ip_forward ipv4/ip_local_port_range \\
                      ipv4/ip_local_reserved_ports ipv4/conf/*/forwarding ipv4/conf/*/rp_filter \\
                      ipv4/conf/*/accept_local ipv4/conf/*/accept_redirects ipv6/conf/*/forwarding \\
                      ipv6/conf/*/accept_ra ipv6/conf/*/disable_ipv6 ipv6/conf/*/proxy_ndp
                    :
                    """;

    private static final String PROBE =
            "add table inet jnat-probe\n"
                    + "add chain inet jnat-probe own { type filter hook prerouting priority -150; }\n"
                    + "add rule inet jnat-probe own "
                    + NftTable.HAS_SOCKET
                    + " accept\n";

    /** More sockets than that would be more rules than a lookup should walk through. */
    private static final int MOST_SOCKETS = 256;

    private static final Pattern MAC = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");
    private static final Pattern WAY =
            Pattern.compile(" dev (\\S+) .*proto " + Rules.ROUTE_PROTOCOL + "\\b");

    /** Without a selector, but for the mark that a VPN client's own packets have. */
    private static final Pattern FOREIGN =
            Pattern.compile(
                    "^(\\d+):\\s+(?:from all|not from all fwmark \\S+) lookup (?!local\\b)\\S+"
                            + "(?: suppress_\\S+ \\S+)*(?: proto \\S+)?$");

    private static final Pattern ROUTE = Pattern.compile(" ((?:via (?:inet6 )?\\S+ )?)dev (\\S+)");
    private static final Pattern ROUTE_MTU = Pattern.compile("\\bmtu (?:lock )?\\d+");

    private final CommandRunner runner;
    private final String table;
    private final String wan;
    private final String tunPrefix;
    private final Map<String, List<String>> sections = new HashMap<>();
    private Set<PortRange> sockets = Set.of();

    HostFactsReader(CommandRunner runner, String table, String wan, String tunPrefix) {
        this.runner = runner;
        this.table = table;
        this.wan = wan;
        this.tunPrefix = tunPrefix;
    }

    /** Asks again. */
    void read() throws IOException {
        Set<PortRange> before = socketsNow();
        boolean first = sections.isEmpty();
        read(SCRIPT);
        sockets = socketsNow();
        if (!first) {
            // A resolver's sockets come and go; what stays is a service.
            sockets.removeIf(socket -> !before.contains(socket));
        }
    }

    /** Asks for what {@link #rules} says again, and for nothing else. */
    void readRules() throws IOException {
        read(RULES + ":");
    }

    private void read(String script) throws IOException {
        CommandRunner.Result result =
                runner.run(
                        Command.of("sh", "-c", script, "sh", table, PROBE, wan, tunPrefix + "wan"));
        if (result.exitCode() != 0) {
            throw new SteeringException("the host could not be looked at: " + result.output());
        }
        List<String> section = new ArrayList<>();
        for (String line : result.output().split("\n", -1)) {
            if (line.startsWith(MARK)) {
                section = new ArrayList<>();
                sections.put(line.substring(MARK.length()), section);
            } else {
                section.add(line.strip());
            }
        }
    }

    /** Which boot, and which network namespace. */
    String place() {
        return String.join(" ", section("place"));
    }

    /** The policy rules, and the routes of our own tables, as they are now. */
    String rules() {
        return rulesAndWays() + "\n" + String.join("\n", section("out"));
    }

    private String rulesAndWays() {
        return String.join("\n", section("rule")) + "\n" + String.join("\n", section("rule6"));
    }

    /**
     * By what else than the WAN the kernel would send what comes out of the WAN's TUN device, with
     * the WAN's address, to two places on the internet; empty when by nothing else.
     */
    Set<String> ledElsewhere() {
        Set<String> devices = new LinkedHashSet<>();
        for (String line : section("led")) {
            Matcher way = ROUTE.matcher(line);
            if (!line.startsWith("local ") && way.find() && !way.group(2).equals(wan)) {
                devices.add(way.group(2));
            }
        }
        return devices;
    }

    /** A TUN device of another instance that packets are led into; empty when there is none. */
    String devicesOfOthers() {
        for (String line : rulesAndWays().lines().toList()) {
            Matcher way = WAY.matcher(line);
            if (way.find() && !isOurs(way.group(1))) {
                return way.group(1);
            }
        }
        return "";
    }

    /** One of our TUN devices that a process has open already; empty when there is none. */
    String deviceInUse() {
        for (String line : section("link")) {
            String[] words = line.split("[:@ ]+", 3);
            if (words.length == 3 && isOurs(words[1]) && words[2].contains("LOWER_UP")) {
                return words[1];
            }
        }
        return "";
    }

    private boolean isOurs(String device) {
        return device.equals(tunPrefix + "wan") || device.equals(tunPrefix + "lan");
    }

    /** Whether jnat's nftables table is there. */
    boolean hasTable() {
        return chains().hasOurs();
    }

    private HostChains chains() {
        return new HostChains(
                section("chain"), section("iptables"), section("legacy"), table, tunPrefix);
    }

    /**
     * The facts, with what jnat has changed taken out of them.
     *
     * @param made changes that the journal holds
     */
    HostFacts facts(List<SteeringChange> made) throws IOException {
        Map<String, String> settings = settings();
        settings.putAll(Sysctl.originals(made));
        boolean moved = made.stream().anyMatch(Rules.localMoved(Family.IPV4)::replaces);
        List<HostFacts.Route> routes = new ArrayList<>(routes("route", "0.0.0.0/0"));
        routes.addAll(routes("route6", "::/0"));
        HostChains chains = chains();
        return new HostFacts(
                interfaces(),
                settings,
                moved || section("rule").contains("0:\tfrom all lookup local"),
                foreignFirst("rule"),
                foreignFirst("rule6"),
                routes.stream().filter(route -> route.to().bits() > 0).toList(),
                routes.stream().filter(route -> route.to().bits() == 0).toList(),
                uplinks(),
                addresses(),
                sockets,
                matchesSockets(),
                chains.foreignNat(),
                chains.foreignForward(),
                chains.closedForward(runner),
                hardware());
    }

    private Set<String> uplinks() {
        Set<String> devices = new TreeSet<>();
        for (String line : section("default")) {
            Matcher way = ROUTE.matcher(line);
            if (way.find() && !WAY.matcher(line).find()) {
                devices.add(way.group(2));
            }
        }
        return devices;
    }

    private int foreignFirst(String section) {
        for (String line : section(section)) {
            Matcher foreign = FOREIGN.matcher(line);
            if (foreign.find()) {
                return Integer.parseInt(foreign.group(1));
            }
        }
        return Integer.MAX_VALUE;
    }

    private List<String> section(String name) {
        return sections.getOrDefault(name, List.of());
    }

    /** The kernel's number of an interface, another one when it comes back; empty without it. */
    String numberOf(String name) {
        for (String line : section("link")) {
            String[] words = line.split("[:@ ]+", 3);
            if (words.length > 1 && words[1].equals(name)) {
                return words[0];
            }
        }
        return "";
    }

    private Set<String> interfaces() {
        Set<String> names = new LinkedHashSet<>();
        for (String line : section("link")) {
            String[] words = line.split("[:@ ]+", -1);
            if (words.length > 1) {
                names.add(words[1]);
            }
        }
        return names;
    }

    /** Below {@code /proc/sys/net/}, as they are now; tabs as spaces. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        for (String line : section("setting")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                settings.put(
                        line.substring(0, colon), line.substring(colon + 1).replace('\t', ' '));
            }
        }
        return settings;
    }

    /** One for each way out of a route that has several. */
    private List<HostFacts.Route> routes(String section, String everything) {
        List<HostFacts.Route> routes = new ArrayList<>();
        String to = "";
        for (String line : section(section)) {
            String first = line.split(" ", 2)[0];
            if (!first.equals("nexthop")) {
                to = first.equals("default") ? everything : first;
            }
            boolean prefix = to.indexOf(':') >= 0 || to.matches("[0-9./]+");
            Matcher way = ROUTE.matcher(line);
            if (prefix && way.find() && !line.contains(" dead")) {
                Matcher mtu = ROUTE_MTU.matcher(line);
                String by = way.group(1).isEmpty() ? "" : way.group(1) + "onlink ";
                by += mtu.find() ? mtu.group() : "";
                routes.add(new HostFacts.Route(Cidr.of(to), way.group(2), by.strip()));
            }
        }
        return routes;
    }

    private List<HostFacts.Address> addresses() {
        List<HostFacts.Address> addresses = new ArrayList<>();
        for (String line : section("address")) {
            String[] words = line.split(" +", -1);
            if (words.length > 3 && words[2].startsWith("inet")) {
                addresses.add(new HostFacts.Address(words[1], Cidr.of(words[3])));
            }
        }
        return addresses;
    }

    /** Whether nftables can tell packets that a socket of the host has. */
    boolean matchesSockets() {
        return section("match").contains("yes");
    }

    private Set<PortRange> socketsNow() {
        Set<PortRange> found = new LinkedHashSet<>();
        Set<String> states =
                matchesSockets()
                        ? Set.of("LISTEN", "UNCONN")
                        : Set.of("LISTEN", "UNCONN", "ESTAB", "SYN-SENT");
        for (String line : section("socket")) {
            String[] words = line.split(" +", -1);
            if (words.length < 5 || !states.contains(words[1]) || found.size() == MOST_SOCKETS) {
                continue;
            }
            String local = words[4];
            int colon = local.lastIndexOf(':');
            String port = local.substring(colon + 1);
            boolean loopback = local.startsWith("127.") || local.startsWith("[::1]");
            if (!loopback && port.matches("\\d{1,5}") && !port.equals("0")) {
                Protocol protocol = words[0].equals("udp") ? Protocol.UDP : Protocol.TCP;
                int number = Integer.parseInt(port);
                found.add(new PortRange(protocol, number, number));
            }
        }
        return found;
    }

    private Map<InetAddress, Set<String>> hardware() {
        Map<InetAddress, Set<String>> hardware = new LinkedHashMap<>();
        for (String line : section("neighbour")) {
            String[] words = line.split(" +", -1);
            for (int at = 1; at + 1 < words.length; at++) {
                if (words[at].equals("lladdr")) {
                    hardware.computeIfAbsent(
                                    Cidr.of(words[0]).address(), address -> new LinkedHashSet<>())
                            .add(words[at + 1]);
                }
            }
        }
        Matcher learned = MAC.matcher(String.join(" ", section("learned")));
        Set<String> found = new LinkedHashSet<>();
        while (learned.find()) {
            found.add(learned.group());
        }
        hardware.put(NftTable.LEARNED, found);
        return hardware;
    }
}
