package io.jnat.wireguard.uapi;

/**
 * How much configuration the Java heap has room for; by default (64 MB) 160,000 prefixes, or 8000
 * peers. What goes beyond is refused before anything is changed: a heap that is full is no place to
 * go on from.
 */
final class Room {
    /** With two sessions, as measured. */
    private static final int PEER_BYTES = 6 * 1024;

    /** As configured and in the device's table, as measured. */
    private static final int PREFIX_BYTES = 300;

    private final long bytes;

    /** Of what the heap may grow to, a quarter is left for the change itself, and for all else. */
    Room() {
        this(Runtime.getRuntime().maxMemory() / 4 * 3);
    }

    Room(long bytes) {
        this.bytes = bytes;
    }

    void check(long peers, long prefixes) throws UapiException {
        if (peers * PEER_BYTES + prefixes * PREFIX_BYTES > bytes) {
            throw new UapiException(
                    UapiError.TOO_MUCH,
                    "no memory for %d peers with %d allowed IPs (JNAT_JAVA_OPTS=-Xmx256m gives more)"
                            .formatted(peers, prefixes));
        }
    }
}
