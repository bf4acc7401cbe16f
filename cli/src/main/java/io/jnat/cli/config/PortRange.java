package io.jnat.cli.config;

import java.util.Locale;

/**
 * Ports of one protocol: {@code udp/55193} or {@code udp/50000-50100}.
 *
 * @param protocol TCP or UDP
 * @param first lowest port, 1 to 65535
 * @param last highest port, itself included
 */
public record PortRange(Protocol protocol, int first, int last) {

    /** What has ports. */
    public enum Protocol {
        /** IP protocol 6. */
        TCP,
        /** IP protocol 17. */
        UDP;

        /** As in configuration and in {@code ip} and {@code nft}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Refuses what is not a range of ports. */
    public PortRange {
        if (first < 1 || last > 65535 || first > last) {
            throw new IllegalArgumentException(protocol + "/" + first + "-" + last);
        }
    }

    /** {@code udp/55193} or {@code udp/50000-50100}. */
    public static PortRange parse(String text) throws BadValue {
        String example = "a protocol and ports such as udp/55193 or udp/50000-50100";
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new BadValue(example);
        }
        Protocol protocol =
                switch (text.substring(0, slash)) {
                    case "tcp" -> Protocol.TCP;
                    case "udp" -> Protocol.UDP;
                    default -> throw new BadValue("tcp/… or udp/…");
                };
        String ports = text.substring(slash + 1);
        if (!ports.matches("\\d{1,5}(-\\d{1,5})?")) {
            throw new BadValue(example);
        }
        int dash = ports.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? ports : ports.substring(0, dash));
        int last = Integer.parseInt(ports.substring(dash + 1));
        if (first < 1 || first > 65535 || last < 1 || last > 65535) {
            throw new BadValue("ports from 1 to 65535");
        }
        if (first > last) {
            throw new BadValue(
                    "the lower port first: " + protocol.text() + "/" + last + "-" + first);
        }
        return new PortRange(protocol, first, last);
    }

    /** How many ports. */
    public int count() {
        return last - first + 1;
    }

    /** Whether they have a port in common. */
    public boolean overlaps(PortRange other) {
        return protocol == other.protocol && first <= other.last && other.first <= last;
    }

    /** As written: {@code udp/50000-50100}. */
    @Override
    public String toString() {
        return protocol.text() + "/" + (first == last ? "" + first : first + "-" + last);
    }
}
