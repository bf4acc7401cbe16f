package io.jnat.nat;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.rule.Ipv6Rules;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * {@link Judge} for IPv6: a stateful firewall, without translation, that lets nothing in without a
 * rule (RFC 6092's simple security). Writes into the ruling of the judge that asks it.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class Ipv6Judge {
    private static final int MULTICAST = 0xff;

    /** fe80::/10. */
    private static final int LINK_LOCAL = 0xfe80 >>> 6;

    /** fc00::/7. */
    private static final int UNIQUE_LOCAL = 0xfc >>> 1;

    private final RuleSet rules;
    private final Ipv6Rules ipv6;
    private final Judge judge;
    private final Ruling ruling;

    Ipv6Judge(RuleSet rules, Judge judge) {
        this.rules = rules;
        this.ipv6 = rules.ipv6();
        this.judge = judge;
        ruling = judge.ruling;
    }

    /** Judges a packet that belongs to no flow; returns what {@link Judge#judge} returns. */
    int judge(FlowDraft first) {
        Zone zone = rules.links().get(first.link).zone();
        DropReason wrong = wrongAddress(zone, first);
        if (wrong != null) {
            return ruling.drop(wrong);
        }
        if (ipv6.isEmpty()) {
            return ruling.drop(DropReason.IPV6_NOT_ROUTED);
        }
        return switch (zone) {
            case WAN -> fromWan(first);
            case TUNNEL -> ipv6.hasSites() ? fromSite(first) : fromRelay(first);
            case LAN -> fromLan(first);
        };
    }

    /**
     * Addresses that must not come in from a zone, whoever else is meant: scoped to a link (RFC
     * 4291 sections 2.5.6 and 2.7), reserved, or unique local on the internet (RFC 6092 REC-7).
     */
    private static @Nullable DropReason wrongAddress(Zone zone, FlowDraft first) {
        long source = first.sourceHigh;
        long destination = first.destinationHigh;
        if (isLinkScoped(source) || isLinkScoped(destination)) {
            return source >>> 56 == MULTICAST ? DropReason.MARTIAN : DropReason.LINK_SCOPE;
        }
        boolean same = source == destination && first.sourceLow == first.destinationLow;
        boolean local =
                zone == Zone.WAN
                        && (source >>> 57 == UNIQUE_LOCAL || destination >>> 57 == UNIQUE_LOCAL);
        // ::/64 holds no unicast address but the unspecified, loopback and embedded IPv4 ones.
        return same || local || source == 0 || destination == 0 ? DropReason.MARTIAN : null;
    }

    static boolean isLinkScoped(long high) {
        return high >>> 56 == MULTICAST || high >>> 54 == LINK_LOCAL;
    }

    private int fromWan(FlowDraft first) {
        if (isOwnSource(first) || ipv6.peerOf(first.sourceHigh, first.sourceLow) >= 0) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        judge.note(Asked.SOURCE, 0);
        int peer = ipv6.peerOf(first.destinationHigh, first.destinationLow);
        if (peer < 0) {
            return ruling.drop(DropReason.NO_FORWARD);
        }
        int allow = findAllow(Zone.WAN, first);
        return allow >= 0
                ? allow(allow, judge.toTunnel(peer))
                : ruling.drop(DropReason.NOT_ALLOWED);
    }

    /** From a site to a relay: to the internet, or by a rule to another site. */
    private int fromSite(FlowDraft first) {
        int from = Domain.peer(first.domain);
        if (ipv6.peerOf(first.sourceHigh, first.sourceLow) != from) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        judge.note(Asked.SOURCE, 0);
        if (ipv6.isOwn(first.destinationHigh, first.destinationLow)) {
            return ruling.drop(DropReason.NOT_ALLOWED);
        }
        int to = ipv6.peerOf(first.destinationHigh, first.destinationLow);
        if (to == from) {
            return ruling.drop(DropReason.NO_FORWARD);
        }
        if (to >= 0) {
            // What is open to the internet is open to the other sites.
            int allow = findAllow(Zone.TUNNEL, first);
            allow = allow >= 0 ? allow : findAllow(Zone.WAN, first);
            return allow >= 0
                    ? allow(allow, judge.toTunnel(to))
                    : ruling.drop(DropReason.NOT_ALLOWED);
        }
        if (ipv6.isPrivate(first.destinationHigh, first.destinationLow)) {
            return ruling.drop(DropReason.CAPTURED_TO_PRIVATE);
        }
        if (ipv6.isPrivate(first.sourceHigh, first.sourceLow)) {
            return ruling.drop(DropReason.UNTRANSLATED_EGRESS);
        }
        ruling.rule = rules.siteRule(from);
        judge.noteRule(Asked.EGRESS, ruling.rule);
        return ruling.to(rules.links().wan(), Domain.WAN);
    }

    /** From the tunnel to a router: by a rule to a device. */
    private int fromRelay(FlowDraft first) {
        if (isOwnSource(first) || ipv6.findCapture(first.sourceHigh, first.sourceLow) >= 0) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        judge.note(Asked.SOURCE, 0);
        int allow = findAllow(Zone.TUNNEL, first);
        return allow >= 0
                ? allow(allow, ruling.to(rules.links().lan(), Domain.LAN))
                : ruling.drop(DropReason.NOT_ALLOWED);
    }

    /** From the LAN: only captured devices' packets are led here. */
    private int fromLan(FlowDraft first) {
        int capture = ipv6.findCapture(first.sourceHigh, first.sourceLow);
        judge.noteRule(Asked.CAPTURE, capture < 0 ? -1 : ipv6.captureRule(capture));
        if (capture < 0) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        if (ipv6.isOwn(first.destinationHigh, first.destinationLow)
                || ipv6.isPrivate(first.destinationHigh, first.destinationLow)) {
            judge.note(Asked.DESTINATION, Trace.TO_LOCAL);
            return Ruling.HAND_BACK;
        }
        ruling.rule = ipv6.captureRule(capture);
        ruling.flags = Flow.CAPTURED | Ruling.refreshFlag(ipv6.captureRefreshes(capture));
        return judge.toTunnel(0);
    }

    private boolean isOwnSource(FlowDraft first) {
        return ipv6.isOwn(first.sourceHigh, first.sourceLow);
    }

    private int findAllow(Zone zone, FlowDraft first) {
        int allow =
                ipv6.findAllow(
                        zone,
                        first.protocol,
                        first.sourceHigh,
                        first.sourceLow,
                        first.destinationHigh,
                        first.destinationLow,
                        first.destinationPort);
        Asked asked = zone == Zone.WAN ? Asked.FORWARD : Asked.ALLOW;
        judge.noteRule(asked, allow < 0 ? -1 : ipv6.allowRule(allow));
        return allow;
    }

    private int allow(int at, int verdict) {
        ruling.rule = ipv6.allowRule(at);
        Action action = ipv6.action(at);
        if (action != Action.ACCEPT) {
            return ruling.refuse(action);
        }
        ruling.flags = Flow.INBOUND | Ruling.refreshFlag(ipv6.allowRefreshes(at));
        return verdict;
    }
}
