package io.jnat.nat.rule;

/**
 * Ports of one protocol.
 *
 * @param protocol IP protocol number; {@link #ANY_PROTOCOL} for all
 * @param first first port; 0 to 65535 together with {@code last} for protocols without ports
 * @param last last port
 */
public record PortRange(int protocol, int first, int last) {
    /** Matches every protocol. */
    public static final int ANY_PROTOCOL = -1;

    /** Everything. */
    public static final PortRange ANY = new PortRange(ANY_PROTOCOL, 0, 65_535);

    /** Checks the bounds. */
    public PortRange {
        if (protocol < ANY_PROTOCOL || protocol > 255) {
            throw new IllegalArgumentException("protocol " + protocol + " (expected: 0 to 255)");
        }
        if (first < 0 || last > 65_535 || first > last) {
            throw new IllegalArgumentException(
                    "ports " + first + "-" + last + " (expected: a range in 0 to 65535)");
        }
    }

    /** Whether a packet's protocol and destination port match. */
    public boolean contains(int packetProtocol, int port) {
        return (protocol == ANY_PROTOCOL || protocol == packetProtocol)
                && port >= first
                && port <= last;
    }
}
