package io.jnat.cli.steering;

import io.jnat.cli.config.Cidr;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * jnat's own nftables table, loaded as a whole and removed as a whole: defragmentation, no tracking
 * of what the engine tracks itself, and the guards that keep captured devices off the WAN.
 *
 * <p>Every packet of this host passes it, those of the engine several times, and a packet of a call
 * finds its rules out of the processor's caches. So one rule sends a packet to those of the
 * interface by which it came, and these end as soon as they have decided.
 */
final class NftTable {
    /** Stands, among addresses, for what the table itself has learned. */
    static final InetAddress LEARNED = InetAddress.getLoopbackAddress();

    /** What {@code private} means; N41. */
    static final List<String> PRIVATE =
            List.of(
                    "10.0.0.0/8",
                    "172.16.0.0/12",
                    "192.168.0.0/16",
                    "100.64.0.0/10",
                    "169.254.0.0/16",
                    "127.0.0.0/8",
                    "224.0.0.0/4",
                    "255.255.255.255/32");

    /** The same for IPv6, without what belongs to one link. */
    static final List<String> PRIVATE6 = List.of("fc00::/7");

    /** Matches a packet for which this host has a socket, bound to one address or to all. */
    static final String HAS_SOCKET = "socket wildcard { 0, 1 }";

    /** What such a packet is marked with; one bit among those that few use. */
    static final String OWN_MARK = "0x08000000";

    /** The engine tracks it, so the kernel need not; that is all that is to be said of a packet. */
    static final String UNTRACKED = "notrack accept";

    /** Of a set of IPv6 networks, which may lie in each other. */
    static final String NETWORKS6 = "type ipv6_addr; flags interval; auto-merge;";

    private static final int ICMP_HEADER_BITS = 64;
    private static final int IPV4_DESTINATION_BITS = 128;
    private static final int IPV6_DESTINATION_BITS = 192;

    private final String name;
    private final List<String> body = new ArrayList<>();

    NftTable(String instance) {
        this.name = instance;
    }

    /** Instance names may hold dots, table names may not begin with a digit. */
    static String nameFor(String instance) {
        String name = instance.replace('.', '_');
        return name.startsWith("jnat") ? name : "jnat-" + name;
    }

    void set(String set, String properties, Collection<String> elements) {
        body.add("set " + set + " {");
        body.add("  " + properties);
        if (!elements.isEmpty()) {
            body.add("  elements = { " + String.join(", ", elements) + " }");
        }
        body.add("}");
    }

    static List<String> text(Collection<Cidr> networks) {
        return networks.stream().map(Cidr::toString).distinct().toList();
    }

    /** Rules that nothing passes but what another chain sends there. */
    void chain(String chain, List<String> rules) {
        body.add("chain " + chain + " {");
        rules.forEach(rule -> body.add("  " + rule));
        body.add("}");
    }

    /**
     * Rules that everything passes at a hook, such as {@code type filter hook forward priority 0}.
     */
    void chain(String chain, String hook, List<String> rules) {
        List<String> all = new ArrayList<>(List.of(hook + "; policy accept;"));
        all.addAll(rules);
        chain(chain, all);
    }

    /**
     * The kernel puts fragments together wherever any rule asks for a connection, also this one.
     */
    void defragment() {
        chain("defragment", List.of("ct state invalid"));
    }

    /** Replaces the table in one transaction. */
    SteeringChange change() {
        String gone = "add table inet " + name + "\ndelete table inet " + name + "\n";
        String table =
                body.stream()
                        .map(line -> "  " + line)
                        .collect(Collectors.joining("\n", "table inet " + name + " {\n", "\n}\n"));
        return new SteeringChange(
                "nftables table " + name,
                new Command(List.of("nft", "-f", "-"), gone + table),
                new Command(List.of("nft", "-f", "-"), gone));
    }

    /** A rule that says what becomes of what came by each of the interfaces. */
    static String cameBy(SortedMap<String, String> verdicts) {
        return verdicts.entrySet().stream()
                .map(each -> '"' + each.getKey() + "\" : " + each.getValue())
                .collect(Collectors.joining(", ", "iifname vmap { ", " }"));
    }

    /** Matches an ICMP error about a packet to a network, by where an error quotes that. */
    static String quotedTo(Cidr network) {
        byte[] address = network.address().getAddress();
        int offset =
                ICMP_HEADER_BITS + (network.v6() ? IPV6_DESTINATION_BITS : IPV4_DESTINATION_BITS);
        BigInteger prefix =
                new BigInteger(1, address).shiftRight(address.length * Byte.SIZE - network.bits());
        return "@th," + offset + "," + network.bits() + " 0x" + prefix.toString(16);
    }

    static String names(Collection<String> interfaces) {
        return interfaces.stream()
                .map(each -> '"' + each + '"')
                .collect(Collectors.collectingAndThen(Collectors.toList(), NftTable::anyOf));
    }

    static String anyOf(Collection<String> values) {
        return "{ " + String.join(", ", values) + " }";
    }
}
