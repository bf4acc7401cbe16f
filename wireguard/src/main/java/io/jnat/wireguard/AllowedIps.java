package io.jnat.wireguard;

import java.util.HashMap;
import java.util.Map;

/**
 * Which peer may use which addresses, by longest prefix, for each routing domain (W23). Owner:
 * engine, in the section; look-ups allocate nothing.
 */
final class AllowedIps {
    /** No peer. */
    static final int NONE = -1;

    private record Entry(int domain, AllowedIp prefix) {}

    private final Map<Entry, Integer> entries = new HashMap<>();
    private Entry[] list = new Entry[0];
    private int[] peers = new int[0];

    /** Gives a prefix to a peer and says who had it, or {@link #NONE}. */
    int put(int domain, AllowedIp prefix, int peer) {
        Integer before = entries.put(new Entry(domain, prefix), peer);
        flatten();
        return before == null ? NONE : before;
    }

    /** Takes a prefix away from a peer, if it has it. */
    void remove(int domain, AllowedIp prefix, int peer) {
        entries.remove(new Entry(domain, prefix), peer);
        flatten();
    }

    /** The peer that an address belongs to, or {@link #NONE}. */
    int find(int domain, boolean v6, long high, long low) {
        int best = NONE;
        int length = -1;
        for (int at = 0; at < list.length; at++) {
            AllowedIp prefix = list[at].prefix();
            if (list[at].domain() == domain
                    && prefix.v6() == v6
                    && prefix.prefixLength() > length
                    && matches(prefix, high, low)) {
                best = peers[at];
                length = prefix.prefixLength();
            }
        }
        return best;
    }

    private static boolean matches(AllowedIp prefix, long high, long low) {
        int bits = prefix.v6() ? prefix.prefixLength() : prefix.prefixLength() + 96;
        long highMask = bits == 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
        long lowMask = bits <= 64 ? 0 : -1L << (128 - bits);
        if (!prefix.v6()) {
            lowMask &= 0xffff_ffffL;
        }
        return (high & highMask) == prefix.high() && (low & lowMask) == prefix.low();
    }

    private void flatten() {
        list = new Entry[entries.size()];
        peers = new int[list.length];
        int at = 0;
        for (Map.Entry<Entry, Integer> entry : entries.entrySet()) {
            list[at] = entry.getKey();
            peers[at++] = entry.getValue();
        }
    }
}
