package io.jnat.cli.config;

import java.time.Duration;

/**
 * How long an idle flow lives. The floors are RFC 4787 REQ-5, RFC 5382 REQ-5 and RFC 5508 REQ-2.
 *
 * @param udp of UDP, at least 2 min
 * @param tcpEstablished of an open TCP connection, at least 2 h 4 min
 * @param tcpTransitory of a TCP connection that opens or closes, at least 4 min
 * @param icmp of an ICMP query, at least 60 s
 * @param other of every other protocol
 */
public record TimeoutConfig(
        Duration udp,
        Duration tcpEstablished,
        Duration tcpTransitory,
        Duration icmp,
        Duration other) {
    /** What holds when the configuration says nothing. */
    public static final TimeoutConfig DEFAULT =
            new TimeoutConfig(
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(124),
                    Duration.ofMinutes(4),
                    Duration.ofSeconds(60),
                    Duration.ofMinutes(10));
}
