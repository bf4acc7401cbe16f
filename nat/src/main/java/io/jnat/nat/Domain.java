package io.jnat.nat;

/**
 * Routing domains: an address means something in its domain only, so that two sites may use the
 * same network. Part of every key.
 */
final class Domain {
    /** The internet. */
    static final int WAN = 0;

    /** All LAN links of this machine. */
    static final int LAN = 1;

    private static final int FIRST_PEER = 2;

    private Domain() {}

    /** The domain behind a peer of the tunnel. */
    static int ofPeer(int peer) {
        return FIRST_PEER + peer;
    }

    /** The peer of a domain; -1 when it is not behind the tunnel. */
    static int peer(int domain) {
        return domain < FIRST_PEER ? -1 : domain - FIRST_PEER;
    }
}
