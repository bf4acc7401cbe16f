package io.jnat.cli.config;

import java.time.Duration;

/** What a {@code timeout} table may set: the kinds of idle flows. */
public enum IdleLimit {
    /** UDP. */
    UDP("udp", Duration.ofMinutes(5), Duration.ofMinutes(2), "RFC 4787 REQ-5"),
    /** An open TCP connection. */
    TCP("tcp", Duration.ofMinutes(124), Duration.ofMinutes(124), "RFC 5382 REQ-5"),
    /** A TCP connection that opens or closes. */
    TCP_TRANSITORY(
            "tcp-transitory", Duration.ofMinutes(4), Duration.ofMinutes(4), "RFC 5382 REQ-5"),
    /** An ICMP query. */
    ICMP("icmp", Duration.ofSeconds(60), Duration.ofSeconds(60), "RFC 5508 REQ-2"),
    /** GRE of which one side was heard; the floor, like the next two, is a choice of ours. */
    GRE_ONE_WAY("gre-one-way", Duration.ofSeconds(30), Duration.ofSeconds(30), ""),
    /** GRE of which both sides were heard. */
    GRE("gre", Duration.ofMinutes(3), Duration.ofSeconds(30), ""),
    /** Every other protocol. */
    OTHER("other", Duration.ofMinutes(10), Duration.ofSeconds(30), "");

    private final String key;
    private final Duration standard;
    private final Duration floor;
    private final String source;

    IdleLimit(String key, Duration standard, Duration floor, String source) {
        this.key = key;
        this.standard = standard;
        this.floor = floor;
        this.source = source;
    }

    /** As in the configuration. */
    public String key() {
        return key;
    }

    /** What holds when the configuration says nothing. */
    Duration standard() {
        return standard;
    }

    /** The least that is safe. */
    public Duration floor() {
        return floor;
    }

    /** {@code 2m, RFC 4787 REQ-5}: the floor, and who says so. */
    public String floorText() {
        return Values.text(floor) + (source.isEmpty() ? "" : ", " + source);
    }
}
