package io.jnat.nat.flow;

/**
 * A flow that is about to be made: the rules fill it in, {@link FlowTable#add} takes it over.
 * Mutable, reused. Directions and words as in {@link Flow}.
 *
 * <p>Owner: engine thread.
 */
public final class FlowDraft {
    /** Protocol number. */
    public int protocol;

    /** Whether it is IPv6: the four halves of addresses count, not {@link #source} and the like. */
    public boolean ipv6;

    /** IPv6 source address of the first packet, upper half. */
    public long sourceHigh;

    /** IPv6 source address of the first packet, lower half. */
    public long sourceLow;

    /** IPv6 destination address of the first packet, upper half. */
    public long destinationHigh;

    /** IPv6 destination address of the first packet, lower half. */
    public long destinationLow;

    /** Domain, link and key of the first packet as it came in. */
    public int domain;

    /** Link of the first packet. */
    public int link;

    /** Source address of the first packet. */
    public int source;

    /** Destination address of the first packet. */
    public int destination;

    /** Source port or query identifier of the first packet. */
    public int sourcePort;

    /** Destination port or query identifier of the first packet. */
    public int destinationPort;

    /** Domain that answers come from. */
    public int replyDomain;

    /** Link that answers come in by, and the flow's packets leave by. */
    public int replyLink;

    /** Source address of an answer as it comes in. */
    public int replySource;

    /** Destination address of an answer as it comes in. */
    public int replyDestination;

    /** Source port of an answer as it comes in. */
    public int replySourcePort;

    /** Destination port of an answer as it comes in. */
    public int replyDestinationPort;

    /** Number of the rule that lets it in. */
    public int rule;

    /** Mapping that it uses; 0 for none. */
    public int mapping;

    /** Flags of {@link Flow}. */
    public int flags;

    /** First state, of {@link FlowState}. */
    public int state;

    /** Idle limit of the first state, seconds. */
    public int idleLimitSeconds;

    /** A blank draft. */
    public FlowDraft() {}

    /** Starts a draft with the first packet's key; answers are its mirror image until changed. */
    public void start(
            int inDomain, int inLink, int ipProtocol, int from, int to, int fromPort, int toPort) {
        ipv6 = false;
        domain = inDomain;
        link = inLink;
        protocol = ipProtocol;
        source = from;
        destination = to;
        sourcePort = fromPort;
        destinationPort = toPort;
        replyDomain = inDomain;
        replyLink = inLink;
        replySource = to;
        replyDestination = from;
        replySourcePort = toPort;
        replyDestinationPort = fromPort;
        rule = 0;
        mapping = 0;
        flags = 0;
        state = FlowState.ONE_WAY;
        idleLimitSeconds = 0;
    }

    /** Starts a draft of an IPv6 flow; {@link #sourceHigh} and so on are set by the caller. */
    public void startIpv6(int inDomain, int inLink, int ipProtocol, int fromPort, int toPort) {
        start(inDomain, inLink, ipProtocol, 0, 0, fromPort, toPort);
        ipv6 = true;
    }

    void writeTo(long record) {
        int scales =
                state == FlowState.TCP_PICKED_UP
                        ? TcpWindow.SCALES_WIDEST
                        : TcpWindow.SCALES_UNKNOWN;
        Flow.clear(record);
        int version = ipv6 ? Flow.IPV6_DOMAIN : 0;
        if (ipv6) {
            Ipv6Key.write(record, this);
        } else {
            Flow.key(record, 0, source, destination, sourcePort, destinationPort);
            Flow.key(
                    record,
                    1,
                    replySource,
                    replyDestination,
                    replySourcePort,
                    replyDestinationPort);
        }
        Flow.side(record, 0, version | domain, link);
        Flow.side(record, 1, version | replyDomain, replyLink);
        Flow.kind(record, protocol, rule, mapping);
        Flow.state(record, state);
        Flow.flags(record, flags | scales);
        Flow.idleLimitSeconds(record, idleLimitSeconds);
    }
}
