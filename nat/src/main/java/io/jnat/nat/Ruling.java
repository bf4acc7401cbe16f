package io.jnat.nat;

import io.jnat.core.stat.DropReason;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.rule.Behaviour;
import io.jnat.nat.rule.NatConfig.Action;
import io.jnat.nat.rule.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Judge} has decided about the first packet of a flow. Beside the verdict, which
 * {@link Judge#judge} returns, it says why, by which rule, which way out and which translation.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
final class Ruling {
    /** Drop it for {@link #reason}. */
    static final int DROP = 0;

    /** Drop it and tell the sender. */
    static final int REJECT = 1;

    /** It is the host's: back to the kernel, as it is. */
    static final int HAND_BACK = 2;

    /** An echo request for an own address. */
    static final int ANSWER_ECHO = 3;

    /** Make a flow. */
    static final int FLOW = 4;

    /** An endpoint speaks to its own external endpoint: back to it, with both ends exchanged. */
    static final int REFLECT = 5;

    /** {@link #sourceKind}: the source stays. */
    static final int SOURCE_KEPT = 0;

    /** {@link #sourceKind}: the source gets a mapping at {@link #external}. */
    static final int SOURCE_MAPPED = 1;

    /** {@link #sourceKind}: the source gets {@link #external}'s address and {@link #fixedPort}. */
    static final int SOURCE_FIXED = 2;

    /** {@link #sourceKind}: the source stays, and it is remembered that it speaks. */
    static final int SOURCE_REMEMBERED = 3;

    /** Why it is dropped. */
    @Nullable DropReason reason;

    /** Whether a rejected TCP segment is answered with a reset. */
    boolean withReset;

    /** Number of the rule in the rule set. */
    int rule;

    /** Way out. */
    int outLink;

    /** Domain of the way out. */
    int outDomain;

    /** Destination behind the translation. */
    int destination;

    /** Destination port behind the translation. */
    int destinationPort;

    /** What becomes of the source. */
    int sourceKind;

    /** Index of the external address; -1 for none. */
    int external;

    /** External port of a fixed source. */
    int fixedPort;

    /** How a mapped source is mapped. */
    Behaviour translation = Behaviour.DEFAULT;

    /** Mapping that let it in; 0: none. */
    int inboundMapping;

    /** Flags of {@link Flow} for the new flow. */
    int flags;

    /**
     * Whether the new flow leads to a device whose filter keeps its packets out as yet: it says
     * that its own device speaks there, and begins as {@link FlowState#HELD}.
     */
    boolean held;

    /** Nothing is decided yet: the packet keeps its addresses and belongs to no rule. */
    void begin(FlowDraft first) {
        reason = null;
        withReset = false;
        rule = RuleSet.RULE_NONE;
        destination = first.destination;
        destinationPort = first.destinationPort;
        sourceKind = SOURCE_KEPT;
        external = -1;
        fixedPort = 0;
        inboundMapping = 0;
        flags = 0;
        held = false;
        translation = Behaviour.DEFAULT;
    }

    int drop(DropReason why) {
        reason = why;
        return DROP;
    }

    /** What an allow rule answers that does not accept. */
    int refuse(Action action) {
        reason = DropReason.DENIED_BY_RULE;
        withReset = action == Action.RESET;
        return action == Action.DROP ? DROP : REJECT;
    }

    /** A flow out by a link, if there is one. */
    int to(int link, int domain) {
        outLink = link;
        outDomain = domain;
        return link < 0 ? drop(DropReason.NOT_READY) : FLOW;
    }

    /** What lets packets from outside keep a flow alive. */
    static int refreshFlag(boolean inboundRefreshes) {
        return inboundRefreshes ? Flow.INBOUND_REFRESHES : 0;
    }
}
