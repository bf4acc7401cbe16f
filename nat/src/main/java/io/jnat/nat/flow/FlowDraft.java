package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;

/**
 * A flow that is about to be made: the rules fill it in, {@link FlowTable#add} takes it over.
 * Mutable, reused. Directions and words as in {@link Flow}.
 *
 * <p>Owner: engine thread.
 */
public final class FlowDraft {
    /** Protocol number. */
    public int protocol;

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

    /** Whether the packet leaves with other addresses or ports than it came with. */
    public boolean translates() {
        return replySource != destination
                || replyDestination != source
                || replySourcePort != destinationPort
                || replyDestinationPort != sourcePort;
    }

    void writeTo(long record) {
        int scales =
                state == FlowState.TCP_PICKED_UP
                        ? TcpWindow.SCALES_WIDEST
                        : TcpWindow.SCALES_UNKNOWN;
        for (int at = 0; at < Flow.BYTES; at += Long.BYTES) {
            Memory.putLong(record + at, 0);
        }
        Memory.putInt(record, source);
        Memory.putInt(record + 4, destination);
        Memory.putShort(record + 8, sourcePort);
        Memory.putShort(record + 10, destinationPort);
        Memory.putInt(record + 12, replySource);
        Memory.putInt(record + 16, replyDestination);
        Memory.putShort(record + 20, replySourcePort);
        Memory.putShort(record + 22, replyDestinationPort);
        Memory.putShort(record + 36, domain);
        Memory.putShort(record + 38, replyDomain);
        Memory.putByte(record + 40, protocol);
        Memory.putByte(record + 41, state);
        Memory.putShort(record + 42, flags | scales);
        Memory.putByte(record + 44, link);
        Memory.putByte(record + 45, replyLink);
        Memory.putShort(record + 46, rule);
        Memory.putInt(record + 48, mapping);
        Memory.putInt(record + 52, idleLimitSeconds);
    }
}
