package io.jnat.cli.why;

import io.jnat.core.stat.DropReason;

/** What people can do about a drop. */
public final class Advice {
    private Advice() {}

    /** One sentence; empty where there is nothing to do but to leave it. */
    public static String about(DropReason reason) {
        return switch (reason) {
            case NO_FORWARD ->
                    "add a [[forward]] for this protocol and port on the relay, or widen its `from`; over"
                            + " IPv6, the address must lie in a site's `networks`";
            case NOT_ALLOWED ->
                    "add an [[allow]] for this device and port on the router, or widen its `sources`; over"
                            + " IPv6 a [[forward]] on the relay, too";
            case DENIED_BY_RULE -> "change the rule that denies it, or put one in front of it";
            case FILTERED ->
                    "the device must first send something to this address from that port; or add a"
                            + " [[forward]], or set `filtering` of the forward or site";
            case SPOOFED_SOURCE ->
                    "nobody there may use this address: correct the sender's address, or add its"
                            + " network to the site's `networks`";
            case MARTIAN, SOURCE_ROUTED, UNTRANSLATED_EGRESS ->
                    "no rule can allow it; correct the sender";
            case TUNNEL_UNKNOWN_PEER ->
                    "set a peer's public-key to what `jnat key pub` prints at the end that calls";
            case TUNNEL_BAD_MAC ->
                    "give the end that calls this end's public key, which `jnat status` shows";
            case TUNNEL_BAD_HANDSHAKE ->
                    "look at `jnat status`, which counts what failed by peer: often preshared keys that"
                            + " differ, or a clock that went back";
            case TUNNEL_NOT_ALLOWED_SOURCE ->
                    "add the sender's network to the site's `networks` on the relay";
            case TUNNEL_NO_SESSION, TUNNEL_STAGE_OVERFLOW, TUNNEL_NO_ENDPOINT ->
                    "the tunnel has no session: look at `jnat status` at both ends";
            case NO_FREE_PORT ->
                    "too many flows to one address, or a second host behind the same port: look at"
                            + " `jnat flows`; with `static-port` another device has this one, or it is"
                            + " the host's";
            case FLOW_TABLE_FULL ->
                    "raise engine.flows, or find who fills the table: jnat flows state=established";
            case FLOW_LIMIT ->
                    "find what opens so many flows: jnat flows src=ADDRESS; end them with --kill";
            case TCP_OUT_OF_STATE ->
                    "the connection is not known here (any more): it must be opened anew";
            case ICMP_UNRELATED, ICMP_MALFORMED ->
                    "an error about a packet that did not pass here; nothing to do";
            case CAPTURED_TO_PRIVATE ->
                    "it is meant for a local network of the site and came to the relay: look at the"
                            + " site's routes";
            case IPV6_NOT_ROUTED ->
                    "put the device's IPv6 address, or its prefix, into the configuration";
            case UNSUPPORTED_PROTOCOL ->
                    "only TCP, UDP and ICMP share an address; another protocol needs it for itself";
            case TOO_BIG -> "lower the sender's MTU, or let path MTU discovery through";
            case NOT_READY ->
                    "wait, look again; what is wrong with the WAN stands in `jnat status`";
            case RATE_LIMITED -> "wait a second and try again";
            default -> "";
        };
    }
}
