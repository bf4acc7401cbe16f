package io.jnat.core.wire;

/** Upper-layer protocol and IPv6 extension header numbers, as IANA assigned them. */
public final class Protocol {
    /** IPv6 hop-by-hop options; an extension header. */
    public static final int HOP_BY_HOP = 0;

    /** Internet control messages of IPv4. */
    public static final int ICMP = 1;

    /** IPv4 in IP. */
    public static final int IPV4 = 4;

    /** Transmission control. */
    public static final int TCP = 6;

    /** User datagrams. */
    public static final int UDP = 17;

    /** IPv6 in IP. */
    public static final int IPV6 = 41;

    /** IPv6 routing header; an extension header. */
    public static final int ROUTING = 43;

    /** IPv6 fragment header; an extension header. */
    public static final int FRAGMENT = 44;

    /** Generic routing encapsulation. */
    public static final int GRE = 47;

    /** Encapsulating security payload. */
    public static final int ESP = 50;

    /** Authentication header; taken for an upper-layer protocol here. */
    public static final int AH = 51;

    /** Internet control messages of IPv6. */
    public static final int ICMPV6 = 58;

    /** Nothing follows the IPv6 header. */
    public static final int NO_NEXT_HEADER = 59;

    /** IPv6 destination options; an extension header. */
    public static final int DESTINATION_OPTIONS = 60;

    /** Stream control transmission. */
    public static final int SCTP = 132;

    /** User datagrams with partial checksums. */
    public static final int UDP_LITE = 136;

    private Protocol() {}
}
