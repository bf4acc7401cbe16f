package io.jnat.nat;

import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.rule.Behaviour.Dependence;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.NatConfig.Forward;
import io.jnat.nat.rule.NatConfig.Others;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides about the first packet of a flow: which rule, which way out, which translation. Changes
 * nothing, so that the flows of a reloaded rule set are judged by the same code. One method for
 * each zone that a packet can come from; the order of the questions in them is the order of
 * precedence.
 *
 * <p>The answer stands in {@link #ruling} until the next question. Owner: engine thread. Allocates
 * nothing.
 */
final class Judge {
    /** The first half of 169.254.0.0/16 (RFC 3927), which no router passes on. */
    private static final int LINK_LOCAL = 169 << 8 | 254;

    private final RuleSet rules;
    private final ExternalAddresses externals;
    private final Mapper mapper;
    private final @Nullable Trace trace;
    private final Ipv6Judge ipv6;

    /** What it has decided. */
    final Ruling ruling = new Ruling();

    /**
     * A judge for one rule set.
     *
     * @param trace writes the questions down; null for packets that nobody asks about
     */
    Judge(RuleSet rules, ExternalAddresses externals, Mapper mapper, @Nullable Trace trace) {
        this.rules = rules;
        this.externals = externals;
        this.mapper = mapper;
        this.trace = trace;
        ipv6 = new Ipv6Judge(rules, this);
    }

    /** Writes down an answer, for whoever asks about one packet; see {@link Trace#note}. */
    void note(Asked asked, int answer) {
        Trace writing = trace;
        if (writing != null) {
            writing.note(asked, answer);
        }
    }

    /** Writes down which rule matched, by its number in the set; -1: none did. */
    void noteRule(Asked asked, int matched) {
        Trace writing = trace;
        if (writing != null) {
            writing.noteRule(asked, matched);
        }
    }

    /**
     * Judges a packet that belongs to no flow.
     *
     * @param first its key, started and otherwise blank
     * @param echoRequest whether it is an ICMP echo request, or a fragment of ICMP
     * @return the verdict: {@link Ruling#DROP} to {@link Ruling#REFLECT}
     */
    int judge(FlowDraft first, boolean echoRequest) {
        ruling.begin(first);
        if (first.ipv6) {
            return ipv6.judge(first);
        }
        boolean outside = rules.links().get(first.link).zone() != Zone.LAN;
        if (isMartian(first.source)
                || first.source == first.destination
                || (outside && isMartian(first.destination))
                || (outside && rules.links().isBroadcast(first.destination))) {
            return ruling.drop(DropReason.MARTIAN);
        }
        return switch (rules.links().get(first.link).zone()) {
            case WAN -> fromWan(first);
            case TUNNEL -> fromTunnel(first, echoRequest);
            case LAN -> fromLan(first, echoRequest);
        };
    }

    private int fromWan(FlowDraft first) {
        if (first.source == rules.config().tunnelAddress()) {
            return fromHost(first);
        }
        if (externals.isPublic(first.source) || rules.isAnySite(first.source)) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        note(Asked.SOURCE, 0);
        if (!externals.isPublic(first.destination)) {
            return ruling.drop(DropReason.NO_FORWARD);
        }
        note(Asked.DESTINATION, Trace.TO_PUBLIC);
        int forward =
                rules.findForward(
                        first.protocol, first.source, first.destination, first.destinationPort);
        note(Asked.FORWARD, forward);
        if (forward >= 0) {
            return toForward(first, forward, first.source);
        }
        int mapping = mapper.findExternal(first.protocol, first.destination, first.destinationPort);
        note(Asked.MAPPING, mapping);
        if (mapping != 0 && first.protocol != Protocol.ICMP) {
            return isFiltered(mapping, first.source)
                    ? ruling.drop(DropReason.FILTERED)
                    : toTranslated(mapping);
        }
        // The kernel steers all ICMP and all protocols without ports here; what is not ours is the
        // host's own.
        return NatState.hasPorts(first.protocol) && first.protocol != Protocol.ICMP
                ? ruling.drop(DropReason.NO_FORWARD)
                : Ruling.HAND_BACK;
    }

    private int fromTunnel(FlowDraft first, boolean echoRequest) {
        int peer = Domain.peer(first.domain);
        boolean spoofed =
                rules.hasSites()
                        ? !rules.isOfSite(peer, first.source)
                        : rules.links().isLanAddress(first.source);
        if (spoofed || isOwn(first.source)) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        note(Asked.SOURCE, 0);
        if (first.destination == rules.config().tunnelAddress()) {
            note(Asked.DESTINATION, Trace.TO_TUNNEL_END);
            return echoRequest ? Ruling.ANSWER_ECHO : ruling.drop(DropReason.NOT_ALLOWED);
        }
        if (externals.isPublic(first.destination)) {
            note(Asked.DESTINATION, Trace.TO_PUBLIC);
            int verdict = hairpin(first, peer);
            return echoRequest && isNobodys(verdict) ? Ruling.ANSWER_ECHO : verdict;
        }
        int allow =
                rules.findAllow(
                        Zone.TUNNEL,
                        first.protocol,
                        first.source,
                        first.destination,
                        first.destinationPort);
        note(Asked.ALLOW, allow);
        if (allow >= 0) {
            return allow(first, allow);
        }
        if (rules.links().hasLan()) {
            return toCaptured(first);
        }
        if (rules.isPrivate(first.destination) || rules.isAnySite(first.destination)) {
            return ruling.drop(DropReason.CAPTURED_TO_PRIVATE);
        }
        return toInternet(first, peer, rules.siteRule(peer));
    }

    /** The relay translates for captured devices and filters; what it lets in, a speaker gets. */
    private int toCaptured(FlowDraft first) {
        int mapping = mapper.findExternal(first.protocol, first.destination, first.destinationPort);
        note(Asked.MAPPING, mapping);
        int capture = rules.findCapture(first.destination);
        if (mapping == 0 || capture < 0 || first.protocol == Protocol.ICMP) {
            return ruling.drop(DropReason.NOT_ALLOWED);
        }
        ruling.rule = rules.captureRule(capture);
        return toMapping(mapping, rules.captureRefreshes(capture));
    }

    private int fromLan(FlowDraft first, boolean echoRequest) {
        if (first.source == rules.config().tunnelAddress()) {
            return fromHost(first);
        }
        if (rules.isTunnelNetwork(first.destination)) {
            note(Asked.DESTINATION, Trace.TO_TUNNEL_NETWORK);
            return toTunnelNetwork(first, echoRequest);
        }
        if (isHairpin(first)) {
            if (!rules.links().isBehind(first.link, first.source)) {
                return ruling.drop(DropReason.SPOOFED_SOURCE);
            }
            note(Asked.DESTINATION, Trace.TO_PUBLIC);
            int verdict = hairpin(first, -1);
            return isNobodys(verdict) ? Ruling.HAND_BACK : verdict;
        }
        boolean toPrivate = rules.isPrivate(first.destination);
        if (toPrivate && !isOwn(first.source) && isBehindWan(first.destination)) {
            note(Asked.DESTINATION, Trace.TO_WAN_SIDE);
            return toInternet(first, -1, RuleSet.RULE_OTHERS);
        }
        if (toPrivate || isOwn(first.source) || isOwn(first.destination)) {
            note(Asked.DESTINATION, Trace.TO_LOCAL);
            return Ruling.HAND_BACK;
        }
        int capture = rules.findCapture(first.source);
        note(Asked.CAPTURE, capture);
        if (capture >= 0) {
            return captured(capture);
        }
        if (!rules.links().isBehind(first.link, first.source)) {
            return ruling.drop(DropReason.SPOOFED_SOURCE);
        }
        note(Asked.SOURCE, 0);
        if (rules.config().others() == Others.KERNEL) {
            return Ruling.HAND_BACK;
        }
        return toInternet(first, -1, RuleSet.RULE_OTHERS);
    }

    private int captured(int at) {
        ruling.rule = rules.captureRule(at);
        ruling.flags = Flow.CAPTURED | Ruling.refreshFlag(rules.captureRefreshes(at));
        ruling.sourceKind = Ruling.SOURCE_REMEMBERED;
        return toTunnel(0);
    }

    /**
     * The tunnel's own network is no local one: it must not go back to the kernel, which knows the
     * default route only. Devices answer there to what is masqueraded, which belongs to a flow.
     */
    private int toTunnelNetwork(FlowDraft first, boolean echoRequest) {
        if (first.destination == rules.config().tunnelAddress()) {
            return echoRequest ? Ruling.ANSWER_ECHO : ruling.drop(DropReason.NOT_ALLOWED);
        }
        int capture = rules.findCapture(first.source);
        note(Asked.CAPTURE, capture);
        return capture >= 0 ? captured(capture) : ruling.drop(DropReason.NOT_ALLOWED);
    }

    /** This machine itself speaks to the other end of the tunnel. */
    private int fromHost(FlowDraft first) {
        note(Asked.DESTINATION, Trace.FROM_HOST);
        ruling.rule = RuleSet.RULE_HOST;
        int peer = rules.hasSites() ? rules.peerOf(first.destination) : 0;
        boolean known = rules.hasSites() ? peer >= 0 : rules.isTunnelNetwork(first.destination);
        return known ? toTunnel(peer) : ruling.drop(DropReason.NO_FORWARD);
    }

    /**
     * Whether a LAN's device asks where the internet sees the others of this router. Captured ones
     * are seen at the relay's address and have nothing here.
     */
    private boolean isHairpin(FlowDraft first) {
        return rules.config().others() == Others.WAN
                && externals.isPublic(first.destination)
                && !isOwn(first.source)
                && rules.findCapture(first.source) < 0;
    }

    /**
     * From a device to one beside it that is asked for at the public address: as if the packet had
     * left and come back (N7), so the source is the external one, and the other device's filter
     * asks for that. Two devices that speak to each other there open both filters: a packet that is
     * kept out counts as spoken.
     *
     * @param peer that the device is behind; -1: this router's own
     */
    private int hairpin(FlowDraft first, int peer) {
        int from = externals.pairedWith(first.source);
        int fromAddress = externals.address(from);
        int forward =
                rules.findForward(
                        first.protocol, fromAddress, first.destination, first.destinationPort);
        note(Asked.FORWARD, forward);
        int verdict;
        if (forward >= 0) {
            verdict = toForward(first, forward, fromAddress);
        } else {
            int mapping =
                    mapper.findExternal(first.protocol, first.destination, first.destinationPort);
            note(Asked.MAPPING, mapping);
            if (mapping == 0 || first.protocol == Protocol.ICMP) {
                return ruling.drop(DropReason.NO_FORWARD);
            }
            verdict = toTranslated(mapping);
            if (verdict == Ruling.FLOW
                    && !isSameDevice(first)
                    && isFiltered(mapping, fromAddress)) {
                verdict = ruling.drop(DropReason.FILTERED);
            }
        }
        if (verdict == Ruling.FLOW
                && isSameDevice(first)
                && ruling.destinationPort == first.sourcePort) {
            return Ruling.REFLECT;
        }
        boolean filtered = verdict == Ruling.DROP && ruling.reason == DropReason.FILTERED;
        if ((verdict != Ruling.FLOW && !filtered) || ruling.sourceKind != Ruling.SOURCE_KEPT) {
            return verdict;
        }
        ruling.held = filtered;
        ruling.reason = null;
        ruling.inboundMapping = 0;
        // It is the sender's own flow, and the other device keeps it alive by answering.
        ruling.flags = Flow.INBOUND_REFRESHES;
        translateSource(first, peer);
        return Ruling.FLOW;
    }

    /** Whether what was asked for at a public address belongs to no device: it is this host's. */
    private boolean isNobodys(int verdict) {
        return verdict == Ruling.DROP && ruling.reason == DropReason.NO_FORWARD;
    }

    /** Whether the way of a hairpin leads back to where it came from. */
    private boolean isSameDevice(FlowDraft first) {
        return ruling.destination == first.source && ruling.outDomain == first.domain;
    }

    /** Whether the filter of a dynamic mapping keeps a remote address out. */
    private boolean isFiltered(int mapping, int remote) {
        int peer = Domain.peer(mapper.insideDomain(mapping));
        boolean lets = mapper.lets(mapping, remote, rules.translation(peer).filtering());
        note(Asked.FILTER, lets ? Trace.LETS_IN : Trace.KEEPS_OUT);
        return !lets;
    }

    /**
     * To a forward's device, if the forward's filter lets it.
     *
     * @param remote the source as the internet sees it
     */
    private int toForward(FlowDraft first, int at, int remote) {
        Forward forward = rules.forward(at);
        ruling.rule = rules.forwardRule(at);
        ruling.flags = Flow.INBOUND | Ruling.refreshFlag(forward.lifetime().inboundRefreshes());
        ruling.destination = forward.device();
        ruling.destinationPort =
                first.destinationPort == 0
                        ? 0
                        : first.destinationPort
                                - forward.ports().first()
                                + forward.firstDevicePort();
        if (forward.masquerade()) {
            ruling.sourceKind = Ruling.SOURCE_MAPPED;
            ruling.external = externals.indexOf(rules.config().tunnelAddress());
        }
        int verdict = forward.peer() >= 0 ? toTunnel(forward.peer()) : toLan(forward.device());
        boolean itself = first.source == ruling.destination && first.domain == ruling.outDomain;
        if (verdict != Ruling.FLOW || itself || forward.filtering() == Dependence.NOTHING) {
            return verdict;
        }
        int device = ruling.destination;
        int port = ruling.destinationPort;
        int protocol = first.protocol;
        ruling.inboundMapping = mapper.findForwarded(ruling.outDomain, protocol, device, port);
        boolean lets =
                mapper.letsForwarded(
                        ruling.outDomain, protocol, device, port, remote, forward.filtering());
        note(Asked.FILTER, lets ? Trace.LETS_IN : Trace.KEEPS_OUT);
        return lets ? Ruling.FLOW : ruling.drop(DropReason.FILTERED);
    }

    /** To the device of a dynamic mapping; its flow is the rule's that the device sends by. */
    private int toTranslated(int mapping) {
        int peer = Domain.peer(mapper.insideDomain(mapping));
        ruling.rule = peer >= 0 ? rules.siteRule(peer) : RuleSet.RULE_OTHERS;
        return toMapping(mapping, rules.translation(peer).lifetime().inboundRefreshes());
    }

    private int toMapping(int mapping, boolean inboundRefreshes) {
        ruling.flags = Flow.INBOUND | Ruling.refreshFlag(inboundRefreshes);
        ruling.inboundMapping = mapping;
        ruling.destination = mapper.insideAddress(mapping);
        ruling.destinationPort = mapper.insidePort(mapping);
        int peer = Domain.peer(mapper.insideDomain(mapping));
        return peer >= 0 ? toTunnel(peer) : toLan(ruling.destination);
    }

    private int allow(FlowDraft first, int at) {
        ruling.rule = rules.allowRule(at);
        Action action = rules.action(at);
        if (action != Action.ACCEPT) {
            return ruling.refuse(action);
        }
        ruling.flags = Flow.INBOUND | Ruling.refreshFlag(rules.allowRefreshes(at));
        if (rules.links().hasLan()) {
            return toLan(first.destination);
        }
        int peer = rules.peerOf(first.destination);
        return peer >= 0 ? toTunnel(peer) : ruling.drop(DropReason.NO_FORWARD);
    }

    private int toInternet(FlowDraft first, int peer, int asRule) {
        ruling.rule = asRule;
        note(Asked.EGRESS, asRule);
        if (rules.links().wan() < 0 || externals.pairedWith(first.source) < 0) {
            return ruling.drop(DropReason.NOT_READY);
        }
        ruling.outLink = rules.links().wan();
        ruling.outDomain = Domain.WAN;
        int forward = translateSource(first, peer);
        if (forward >= 0) {
            note(Asked.TRANSLATION, forward);
            ruling.rule = rules.forwardRule(forward);
            ruling.flags = Ruling.refreshFlag(rules.forward(forward).lifetime().inboundRefreshes());
        }
        return Ruling.FLOW;
    }

    /**
     * To the forward's public port if a forward leads to this very endpoint (N4), else mapped.
     *
     * @return the forward, or -1
     */
    private int translateSource(FlowDraft first, int peer) {
        ruling.external = externals.pairedWith(first.source);
        ruling.sourceKind = Ruling.SOURCE_MAPPED;
        ruling.translation = rules.translation(peer);
        ruling.flags |= Ruling.refreshFlag(ruling.translation.lifetime().inboundRefreshes());
        int at = rules.findForwardTo(first.protocol, peer, first.source, first.sourcePort);
        if (at < 0) {
            return -1;
        }
        Forward forward = rules.forward(at);
        int chosen = externals.indexOf(forward.publicAddress());
        ruling.external = chosen >= 0 ? chosen : ruling.external;
        ruling.fixedPort =
                first.sourcePort == 0
                        ? 0
                        : first.sourcePort - forward.firstDevicePort() + forward.ports().first();
        ruling.sourceKind = Ruling.SOURCE_FIXED;
        return at;
    }

    int toTunnel(int peer) {
        return ruling.to(rules.links().tunnel(), Domain.ofPeer(peer));
    }

    private int toLan(int device) {
        ruling.outLink = rules.links().lanTo(device);
        ruling.outDomain = Domain.LAN;
        return ruling.outLink < 0 ? ruling.drop(DropReason.NO_FORWARD) : Ruling.FLOW;
    }

    /**
     * Whether a private address that was asked for by the LAN is on the WAN's side: a modem's page,
     * a carrier's server. Steering keeps out what has a route of its own; what it leads here has
     * the default route only, and without translation its answers would find no way back.
     */
    private boolean isBehindWan(int address) {
        return rules.config().others() == Others.WAN
                && !isMartian(address)
                && address >>> 16 != LINK_LOCAL
                && !isOwn(address)
                && !rules.links().isLanAddress(address);
    }

    private boolean isOwn(int address) {
        return externals.isPublic(address) || isLinkAddress(address);
    }

    private boolean isLinkAddress(int address) {
        for (int link = 0; rules.links().has(link); link++) {
            if (rules.links().address(link) == address) {
                return true;
            }
        }
        return address == rules.config().tunnelAddress();
    }

    /**
     * Sources that are allowed on no wire (RFC 6890): this network, loopback, multicast, class E.
     */
    static boolean isMartian(int address) {
        int first = address >>> 24;
        return first == 0 || first == 127 || first >= 224;
    }
}
