package io.jnat.nat;

import io.jnat.core.packet.Ipv6Text;
import io.jnat.core.stat.DropReason;
import io.jnat.nat.flow.CountedKeys;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowState;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.Ipv6Key;
import io.jnat.nat.flow.OpeningRates;
import io.jnat.nat.rule.Ipv4Prefix;
import org.jspecify.annotations.Nullable;

/**
 * Begins and ends flows, and with them the use of mappings and the count of flows per device. When
 * the table is full, expired flows go first, then half-open ones, then closing ones; established
 * ones never (N52).
 *
 * <p>Owner: engine thread. Allocates nothing per call.
 */
final class FlowKeeper {
    /** Flows that are looked at for expiry before one is evicted. */
    private static final int EXPIRY_BEFORE_EVICTION = 64;

    /** Flows that are looked at for one that is over, at most. */
    private static final int PROBES_FOR_ONE_THAT_IS_OVER = 256;

    private final FlowTable table;
    private final Mapper mapper;

    /** Flows per inside device that opened them. */
    private final CountedKeys devices;

    /**
     * Flows per outside address (of IPv6: network) that opened them; apart, so that a flood can't
     * fill the former.
     */
    private final CountedKeys strangers;

    private final OpeningRates rates;
    private int flowsPerDevice = Integer.MAX_VALUE;
    private int openingsPerSecond = Integer.MAX_VALUE;

    /** Where the search for flows that are over goes on. */
    private int hand = 1;

    /** For whose flows, a key; and how many others were passed in vain since one was over. */
    private long searched = -1;

    private int vainProbes;

    /** Who was refused last, a key; -1: nobody. */
    private long limited = -1;

    private boolean limitedInbound;
    private long limitedIpv6High;
    private long limitedIpv6Low;
    private long evicted;
    private long refusedForSpace;

    FlowKeeper(
            FlowTable table,
            Mapper mapper,
            CountedKeys devices,
            CountedKeys strangers,
            OpeningRates rates) {
        this.table = table;
        this.mapper = mapper;
        this.devices = devices;
        this.strangers = strangers;
        this.rates = rates;
    }

    void limit(int newFlowsPerDevice, int newOpeningsPerSecond) {
        flowsPerDevice = newFlowsPerDevice;
        openingsPerSecond = newOpeningsPerSecond;
    }

    /**
     * Why a draft's initiator may not have one more flow now; null when it may. Who has as many as
     * it may loses one of its own for it that is over, and kept only for what may still be on its
     * way: a busy server's proxy has hundreds of those a second.
     */
    @Nullable DropReason refusal(FlowDraft draft, long nowNanos) {
        boolean inbound = (draft.flags & Flow.INBOUND) != 0;
        boolean room = flowsOfOpener(draft) < flowsPerDevice;
        int over = room ? 0 : ownThatIsOver(draft);
        if ((room || over != 0)
                && (inbound || rates.take(opener(draft, false), openingsPerSecond, nowNanos))) {
            if (over != 0) {
                end(over, nowNanos);
            }
            return null;
        }
        limited = opener(draft, inbound);
        limitedInbound = inbound;
        limitedIpv6High = draft.sourceHigh;
        limitedIpv6Low = draft.sourceLow;
        return DropReason.FLOW_LIMIT;
    }

    /** What {@link #refusal} and {@link #begin} would say, without anything being taken. */
    @Nullable DropReason refusalAhead(FlowDraft draft, long nowNanos) {
        boolean inbound = (draft.flags & Flow.INBOUND) != 0;
        if ((flowsOfOpener(draft) >= flowsPerDevice && ownThatIsOver(draft) == 0)
                || (!inbound && !rates.has(opener(draft, false), openingsPerSecond, nowNanos))) {
            return DropReason.FLOW_LIMIT;
        }
        return table.size() == table.capacity() && table.victim() == 0
                ? DropReason.FLOW_TABLE_FULL
                : null;
    }

    /**
     * A TCP flow that a draft's initiator has opened and that is over; 0 when a bounded search
     * finds none. The last flow of the mapping that lets the draft in must stay.
     */
    private int ownThatIsOver(FlowDraft draft) {
        boolean inbound = (draft.flags & Flow.INBOUND) != 0;
        long opener = opener(draft, inbound);
        vainProbes = opener == searched ? vainProbes : 0;
        searched = opener;
        if (vainProbes >= table.numbersEnd()) {
            return 0; // whoever floods makes no work: there is none
        }
        for (int probe = 0; probe < PROBES_FOR_ONE_THAT_IS_OVER; probe++) {
            hand = hand < table.numbersEnd() ? hand : 1;
            if (table.isLive(hand)) {
                long record = table.record(hand);
                boolean own =
                        FlowState.isOver(Flow.state(record))
                                && (Flow.flags(record) & Flow.INBOUND) != 0 == inbound
                                && opener(record, inbound) == opener;
                if (own && !mapper.isLastOf(draft.mapping, Flow.mapping(record))) {
                    vainProbes = 0;
                    return hand;
                }
            }
            hand++;
        }
        vainProbes += PROBES_FOR_ONE_THAT_IS_OVER;
        return 0;
    }

    /** Flows that a draft's initiator has opened and that are there now. */
    int flowsOfOpener(FlowDraft draft) {
        boolean inbound = (draft.flags & Flow.INBOUND) != 0;
        return openers(inbound).count(opener(draft, inbound));
    }

    /** How many flows an initiator may have. */
    int flowsPerOpener() {
        return flowsPerDevice;
    }

    /**
     * Makes a flow.
     *
     * @return its number, {@link FlowTable#FULL} or {@link FlowTable#CLASH}
     */
    int begin(FlowDraft draft, long nowNanos) {
        int flow = table.add(draft, nowNanos);
        if (flow == FlowTable.FULL) {
            flow = beginInFullTable(draft, nowNanos);
        }
        if (flow > 0) {
            boolean inbound = (draft.flags & Flow.INBOUND) != 0;
            if (draft.mapping != 0) {
                mapper.use(draft.mapping);
                if (deviceSpeaks(inbound, draft.state)) {
                    mapper.speak(draft.mapping, inbound ? draft.source : draft.destination);
                }
            }
            openers(inbound).add(opener(draft, inbound));
        }
        return flow;
    }

    /** Ends a flow. */
    void end(int flow, long nowNanos) {
        long record = table.record(flow);
        int flags = Flow.flags(record);
        boolean inbound = (flags & Flow.INBOUND) != 0;
        int mapping = Flow.mapping(record);
        openers(inbound).remove(opener(record, inbound));
        if (mapping != 0 && deviceSpeaks(inbound, Flow.state(record))) {
            mapper.unspeak(mapping, remote(record, inbound));
        }
        table.remove(flow);
        if (mapping != 0) {
            mapper.leave(mapping, (flags & Flow.TRACKED_TO_END) != 0, nowNanos);
        }
    }

    /** A flow has another state: one from outside may have been answered now. */
    void onState(long record, int before) {
        vainProbes = FlowState.isOver(Flow.state(record)) ? 0 : vainProbes;
        int mapping = Flow.mapping(record);
        boolean inbound = (Flow.flags(record) & Flow.INBOUND) != 0;
        boolean spoke = deviceSpeaks(inbound, before);
        boolean speaks = deviceSpeaks(inbound, Flow.state(record));
        if (mapping == 0 || spoke == speaks) {
            return;
        }
        if (speaks) {
            mapper.speak(mapping, remote(record, inbound));
        } else {
            mapper.unspeak(mapping, remote(record, inbound));
        }
    }

    /** Whether the device has sent something in a flow: it opened it, or has answered. */
    private static boolean deviceSpeaks(boolean inbound, int state) {
        return !inbound || !FlowState.isHalfOpen(state);
    }

    /**
     * Ends flows whose time is over.
     *
     * @param budget how many flows may be looked at
     * @return how many ended; -1 - that when there may be more to do
     */
    int expire(int budget, long nowNanos) {
        int ended = 0;
        for (int looked = 0; looked < budget; looked++) {
            int flow = table.due(nowNanos, budget - looked);
            if (flow <= 0) {
                return flow == 0 ? ended : -1 - ended;
            }
            end(flow, nowNanos);
            ended++;
        }
        return -1 - ended;
    }

    /** The device that has opened the most flows; null when none has any. */
    NatReport.@Nullable Opener busiest() {
        long key = devices.most();
        return key < 0 ? null : describe(devices, key, "an IPv6 device");
    }

    /** Who was refused last; null when nobody was. */
    NatReport.@Nullable Opener limited() {
        String six = Ipv6Text.of(limitedIpv6High, limitedIpv6Low);
        return limited < 0 ? null : describe(openers(limitedInbound), limited, six);
    }

    /** The key of an IPv6 address does not hold it. */
    private static NatReport.Opener describe(CountedKeys openers, long key, String six) {
        boolean ipv6 = CountedKeys.isIpv6(key);
        return new NatReport.Opener(
                ipv6 ? -1 : Domain.peer((int) (key >>> 32)),
                ipv6 ? six : Ipv4Prefix.format((int) key),
                openers.count(key));
    }

    /** Flows that were ended to make room for others. */
    long evicted() {
        return evicted;
    }

    /** Flows that were refused because all others are established. */
    long refusedForSpace() {
        return refusedForSpace;
    }

    private int beginInFullTable(FlowDraft draft, long nowNanos) {
        if (draft.mapping != 0) {
            mapper.hold(draft.mapping); // its last other flow may be the one that makes room
        }
        expire(EXPIRY_BEFORE_EVICTION, nowNanos);
        int flow = table.add(draft, nowNanos);
        if (flow == FlowTable.FULL) {
            int victim = table.victim();
            if (victim == 0) {
                refusedForSpace++;
            } else {
                end(victim, nowNanos);
                evicted++;
                flow = table.add(draft, nowNanos);
            }
        }
        if (draft.mapping != 0) {
            mapper.letGo(draft.mapping);
        }
        return flow;
    }

    private static int remote(long record, boolean inbound) {
        return inbound ? Flow.source(record, 0) : Flow.destination(record, 0);
    }

    private CountedKeys openers(boolean inbound) {
        return inbound ? strangers : devices;
    }

    private long opener(FlowDraft draft, boolean inbound) {
        return draft.ipv6
                ? openerIpv6(draft.domain, draft.sourceHigh, draft.sourceLow, inbound)
                : CountedKeys.key(draft.domain, draft.source);
    }

    private long opener(long record, boolean inbound) {
        int domain = Flow.domain(record, 0);
        return Flow.isIpv6(record)
                ? openerIpv6(
                        domain,
                        Ipv6Key.sourceHigh(record, 0),
                        Ipv6Key.sourceLow(record, 0),
                        inbound)
                : CountedKeys.key(domain, Flow.source(record, 0));
    }

    /** Whoever is outside has a whole /64, or more, to send from. */
    private long openerIpv6(int domain, long high, long low, boolean inbound) {
        return openers(inbound).keyIpv6(domain, high, inbound ? 0 : low);
    }
}
