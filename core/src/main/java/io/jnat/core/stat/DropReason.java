package io.jnat.core.stat;

/**
 * Why a packet went no further. The id is stable: it stands in counters, JSON and captures. Ids
 * below 100 are the engine's, 100–199 the tunnel's, 200–299 NAT's and the rules', 300–399 the
 * devices'.
 */
public enum DropReason {
    // engine: what is wrong with the packet itself
    TRUNCATED(1, "shorter than its headers say"),
    BAD_IP_VERSION(2, "neither IPv4 nor IPv6"),
    BAD_IP_HEADER(3, "IP header length or total length makes no sense"),
    BAD_IP_CHECKSUM(4, "IPv4 header checksum is wrong"),
    BAD_TRANSPORT_HEADER(5, "TCP, UDP or ICMP header is cut off or its length makes no sense"),
    BAD_TRANSPORT_CHECKSUM(6, "TCP, UDP or ICMP checksum is wrong"),
    BAD_SUPER_FRAME(7, "segment size or checksum position of a super-frame makes no sense"),
    BAD_EXTENSION_HEADERS(8, "IPv6 extension headers are cut off or too many"),
    BURST_FULL(9, "no room left in the burst for a packet that a step wanted to make"),
    TOO_BIG(10, "larger than the way out takes, and it must not be fragmented"),

    // tunnel
    TUNNEL_BAD_MESSAGE(100, "not a WireGuard message: wrong type, reserved bytes or length"),
    TUNNEL_UNKNOWN_INDEX(101, "no session has this receiver index"),
    TUNNEL_BAD_TAG(102, "authentication failed: wrong key or altered on the way"),
    TUNNEL_REPLAY(103, "counter was seen already, or is too old"),
    TUNNEL_EXPIRED_KEY(104, "session is older than 180 s or has sent too many messages"),
    TUNNEL_BAD_INNER_PACKET(105, "decrypted, but the inner IP version or length makes no sense"),
    TUNNEL_NOT_ALLOWED_SOURCE(106, "inner source address is not among the peer's AllowedIPs"),
    TUNNEL_NO_PEER(107, "no peer's AllowedIPs cover the destination"),
    TUNNEL_NO_ENDPOINT(108, "the peer's address is not known yet"),
    TUNNEL_STAGE_OVERFLOW(109, "no session, and 128 newer packets wait for one"),
    TUNNEL_NO_SESSION(110, "no session came about within 90 s"),
    TUNNEL_BAD_MAC(111, "handshake message is not meant for this key (mac1)"),
    TUNNEL_UNDER_LOAD(
            112, "handshake flood: sender must prove its address first, or sends too often"),
    TUNNEL_HANDSHAKE_QUEUE_FULL(113, "handshake flood: the queue is full"),
    TUNNEL_BAD_HANDSHAKE(114, "handshake message does not authenticate, or is replayed"),
    TUNNEL_MEMORY(115, "no memory left to keep packets that wait for a session"),
    TUNNEL_SEND_FAILED(116, "the kernel did not take the datagram"),
    TUNNEL_CONGESTION(117, "met congestion on its way through the tunnel and knows no ECN"),
    TUNNEL_LOOP(
            118,
            "the tunnel's own message is routed into the tunnel: give the peer's endpoint a route"
                    + " outside of it, or the tunnel a firewall mark"),
    TUNNEL_UNKNOWN_PEER(119, "handshake under a public key that no peer has"),

    // NAT, firewall, policy routing
    SPOOFED_SOURCE(200, "source address can't be on the side that it came from"),
    MARTIAN(201, "source or destination address is not allowed on any wire"),
    NO_FORWARD(202, "no forward or flow for this destination"),
    NOT_ALLOWED(203, "no rule allows it"),
    DENIED_BY_RULE(204, "a rule denies it"),
    FILTERED(205, "the filter keeps out whom the device has not spoken to"),
    NO_FREE_PORT(207, "no external port that it may have is free"),
    FLOW_TABLE_FULL(208, "flow table is full of established flows"),
    FLOW_LIMIT(209, "device has as many flows as it may, or opens them too fast"),
    TCP_OUT_OF_STATE(210, "TCP segment that starts no connection and belongs to none"),
    TCP_RESET_OUT_OF_WINDOW(211, "TCP reset that is not in the window"),
    ICMP_UNRELATED(212, "ICMP error for a flow that does not exist"),
    ICMP_MALFORMED(213, "ICMP error without a usable inner packet"),
    FRAGMENT_MALFORMED(214, "fragment overlaps, is tiny, or reaches past 65,535 bytes"),
    FRAGMENT_TIMEOUT(215, "first fragment did not come in time"),
    FRAGMENT_MEMORY(216, "too many fragments wait"),
    SOURCE_ROUTED(217, "source route: IPv4 option, or IPv6 routing header"),
    UNSUPPORTED_PROTOCOL(218, "protocol that can't be translated here without a rule"),
    UNTRANSLATED_EGRESS(219, "private source address on its way to the internet"),
    HOP_LIMIT(220, "TTL or hop limit has run out"),
    CAPTURED_TO_PRIVATE(
            221, "captured device's packet to a private network that the kernel should have kept"),
    IPV6_NOT_ROUTED(222, "IPv6, and the configuration has no IPv6 network"),
    RATE_LIMITED(223, "more than the rule's rate"),
    NOT_READY(224, "rules are not loaded yet, or the WAN has no IPv4 address"),
    LINK_SCOPE(225, "IPv6 link-local or multicast address: never forwarded"),
    ICMPV6_NOT_FORWARDED(226, "ICMPv6 that is neither an error nor an echo: never forwarded"),
    ICMP_REDIRECT(227, "ICMP redirect: it names a router that the other side does not know"),
    FRAGMENT_LARGE(228, "fragment came before its first one, and is too large to wait for it"),

    // devices
    DEVICE_WRITE_FAILED(300, "the TUN device did not take the packet"),
    DEVICE_QUEUE_FULL(301, "the TUN device's queue is full"),
    DEVICE_DOWN(302, "the TUN device is down or gone"),
    RECEIVE_TRUNCATED(303, "datagram larger than the receive buffer"),
    BAD_RECEIVE_METADATA(304, "the kernel's offload header makes no sense");

    private final int id;
    private final String explanation;

    DropReason(int id, String explanation) {
        this.id = id;
        this.explanation = explanation;
    }

    /** Stable number. */
    public int id() {
        return id;
    }

    /** One line for people. */
    public String explanation() {
        return explanation;
    }

    /** How many there are; counters are indexed by {@link #ordinal}. */
    static int count() {
        return values().length;
    }
}
