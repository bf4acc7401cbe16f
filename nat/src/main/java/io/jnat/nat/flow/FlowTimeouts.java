package io.jnat.nat.flow;

import io.jnat.core.wire.Protocol;

/**
 * How long flows live without a packet, in seconds.
 *
 * @param udp UDP (RFC 4787 REQ-5: at least 120, by default 300)
 * @param tcpEstablished TCP with both sides open (RFC 5382 REQ-5: at least 7440)
 * @param tcpTransitory TCP while it opens or closes (RFC 5382 REQ-5: at least 240)
 * @param icmp ICMP queries (RFC 5508 REQ-2: at least 60)
 * @param greOneWay GRE, one side heard
 * @param gre GRE, both sides heard
 * @param other all other protocols
 */
public record FlowTimeouts(
        int udp,
        int tcpEstablished,
        int tcpTransitory,
        int icmp,
        int greOneWay,
        int gre,
        int other) {
    /** What the RFCs recommend. */
    public static final FlowTimeouts DEFAULTS = new FlowTimeouts(300, 7440, 240, 60, 30, 180, 600);

    /** The idle limit of a flow in a state. */
    public int seconds(int protocol, int state) {
        return switch (protocol) {
            case Protocol.TCP -> keepsLong(state) ? tcpEstablished : tcpTransitory;
            case Protocol.UDP -> udp;
            case Protocol.ICMP, Protocol.ICMPV6 -> icmp;
            case Protocol.GRE -> state == FlowState.TWO_WAY ? gre : greOneWay;
            default -> other;
        };
    }

    /** RFC 6146 section 3.5.2.2: half closed still is a connection. */
    private static boolean keepsLong(int state) {
        return state == FlowState.TCP_ESTABLISHED
                || state == FlowState.TCP_ORIGINAL_CLOSED
                || state == FlowState.TCP_REPLY_CLOSED;
    }
}
