package io.jnat.wireguard;

import io.jnat.core.route.PrefixTable;

/**
 * Which peer may use which addresses, by longest prefix, for each routing domain (W23). Owner:
 * engine, in the section; look-ups allocate nothing.
 */
final class AllowedIps {
    /** No peer. */
    static final int NONE = PrefixTable.NONE;

    private final PrefixTable table = new PrefixTable();

    /** Gives a prefix to a peer and says who had it, or {@link #NONE}. */
    int put(int domain, AllowedIp prefix, int peer) {
        return prefix.v6()
                ? table.putIpv6(domain, prefix.high(), prefix.low(), prefix.prefixLength(), peer)
                : table.putIpv4(domain, (int) prefix.low(), prefix.prefixLength(), peer);
    }

    /** Takes all of a peer's prefixes away. */
    void removeAll(int peer) {
        table.removeAll(peer);
    }

    /** The peer that an address belongs to, or {@link #NONE}. */
    int find(int domain, boolean v6, long high, long low) {
        return v6 ? table.findIpv6(domain, high, low) : table.findIpv4(domain, (int) low);
    }
}
