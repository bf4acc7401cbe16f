package io.jnat.nat.flow;

import io.jnat.core.packet.Slab;
import io.jnat.core.wire.Ipv6;

/**
 * All flows, in memory that is allocated at the start: 110.7 bytes a flow and 16 bytes of index, so
 * that 128 MiB hold 1 Mi flows. Finding, adding, refreshing and removing take constant time. A flow
 * has a number from 1 to the capacity; a number with a direction in its lowest bit is an
 * <em>entry</em>.
 *
 * <p>Owner: engine thread. Allocates nothing after construction.
 */
public final class FlowTable implements AutoCloseable {
    /** {@link #add}: there is no room. */
    public static final int FULL = 0;

    /** {@link #add}: another flow has one of the two keys. */
    public static final int CLASH = -1;

    /** Flows that a search for one to evict looks at, at most. */
    private static final int EVICTION_PROBES = 256;

    private final int capacity;
    private final Slab records;
    private final long base;
    private final OpenIndex index;
    private final KeyHash hash;
    private final ExpiryWheel wheel = new ExpiryWheel(this);
    private final ChangedFlows changed;

    private int firstFree;

    /** Records that were never used; {@link #firstFree} is only for those that were. */
    private int untouched = 1;

    private int size;
    private int evictionHand;

    /**
     * An empty table.
     *
     * @param capacity most flows, at most 16 Mi
     * @param firstSeed unpredictable, except in tests
     * @param secondSeed unpredictable, except in tests
     */
    public FlowTable(int capacity, long firstSeed, long secondSeed) {
        this.capacity = capacity;
        int blocks = (capacity + Flow.PER_BLOCK - 1) / Flow.PER_BLOCK;
        records = Slab.allocate(Math.multiplyExact(blocks + 1, Flow.BLOCK_BYTES));
        base = (records.address() + Flow.BLOCK_BYTES - 1) & -Flow.BLOCK_BYTES;
        hash = new KeyHash(firstSeed, secondSeed);
        index = new OpenIndex(capacity, this::hashOf);
        changed = new ChangedFlows(capacity);
    }

    /** Which flows have to be written down. */
    public ChangedFlows changed() {
        return changed;
    }

    /** Address of a flow's record. */
    public long record(int flow) {
        return Flow.record(base, flow);
    }

    /** Number of flows. */
    public int size() {
        return size;
    }

    /** Most flows. */
    public int capacity() {
        return capacity;
    }

    /** The entry of a flow's direction: 0 original, 1 reply. */
    public static int entry(int flow, int direction) {
        return flow << 1 | direction;
    }

    /** The flow of an entry. */
    public static int flow(int entry) {
        return entry >>> 1;
    }

    /** The direction of an entry: 0 original, 1 reply. */
    public static int direction(int entry) {
        return entry & 1;
    }

    /**
     * Finds the flow and direction of a packet as it came in.
     *
     * @return an entry, or 0
     */
    public int find(
            int domain,
            int protocol,
            int source,
            int destination,
            int sourcePort,
            int destinationPort) {
        return find(
                (long) source << 32 | Integer.toUnsignedLong(destination),
                sourcePort << 16 | destinationPort,
                domain << 8 | protocol);
    }

    /**
     * Finds the flow and direction of answers to a packet, of which somebody complains.
     *
     * @return an entry, or 0
     */
    public int findAnswerTo(
            int domain,
            int protocol,
            int source,
            int destination,
            int sourcePort,
            int destinationPort) {
        return find(
                (long) destination << 32 | Integer.toUnsignedLong(source),
                destinationPort << 16 | sourcePort,
                domain << 8 | protocol);
    }

    private int find(long addresses, int ports, int domainAndProtocol) {
        long key = hash(addresses, ports, domainAndProtocol);
        int slot = index.home(key);
        for (int stored = index.at(slot); stored != 0; stored = index.at(slot)) {
            if (index.maybe(stored, key)) {
                int entry = index.entry(stored);
                long record = record(flow(entry));
                int direction = direction(entry);
                if (Flow.addresses(record, direction) == addresses
                        && Flow.ports(record, direction) == ports
                        && Flow.domainAndProtocol(record, direction) == domainAndProtocol) {
                    return entry;
                }
            }
            slot = index.next(slot);
        }
        return 0;
    }

    /**
     * Finds the flow and direction of an IPv6 packet as it came in.
     *
     * @param ip its IPv6 header, of which the addresses are read
     * @return an entry, or 0
     */
    public int findIpv6(int domain, int protocol, long ip, int sourcePort, int destinationPort) {
        return findIpv6(
                Ipv6.sourceHigh(ip),
                Ipv6.sourceLow(ip),
                Ipv6.destinationHigh(ip),
                Ipv6.destinationLow(ip),
                sourcePort << 16 | destinationPort,
                domain << 8 | protocol);
    }

    /**
     * Finds the flow and direction of answers to an IPv6 packet, of which somebody complains.
     *
     * @param ip the IPv6 header complained about, of which the addresses are read
     * @return an entry, or 0
     */
    public int findAnswerToIpv6(
            int domain, int protocol, long ip, int sourcePort, int destinationPort) {
        return findIpv6(
                Ipv6.destinationHigh(ip),
                Ipv6.destinationLow(ip),
                Ipv6.sourceHigh(ip),
                Ipv6.sourceLow(ip),
                destinationPort << 16 | sourcePort,
                domain << 8 | protocol);
    }

    private int findIpv6(
            long fromHigh,
            long fromLow,
            long toHigh,
            long toLow,
            int ports,
            int domainAndProtocol) {
        int kind = Flow.IPV6_DOMAIN << 8 | domainAndProtocol;
        long key = hashIpv6(fromHigh, fromLow, toHigh, toLow, ports, kind);
        int slot = index.home(key);
        for (int stored = index.at(slot); stored != 0; stored = index.at(slot)) {
            if (index.maybe(stored, key)) {
                int entry = index.entry(stored);
                long record = record(flow(entry));
                int direction = direction(entry);
                if (Flow.domainAndProtocol(record, direction) == kind
                        && Ipv6Key.ports(record, direction) == ports
                        && Ipv6Key.sourceLow(record, direction) == fromLow
                        && Ipv6Key.destinationLow(record, direction) == toLow
                        && Ipv6Key.sourceHigh(record, direction) == fromHigh
                        && Ipv6Key.destinationHigh(record, direction) == toHigh) {
                    return entry;
                }
            }
            slot = index.next(slot);
        }
        return 0;
    }

    /**
     * Takes a draft over as a new flow.
     *
     * @return its number, {@link #FULL} or {@link #CLASH}
     */
    public int add(FlowDraft draft, long nowNanos) {
        if (clashes(draft)) {
            return CLASH;
        }
        int flow = firstFree;
        if (flow != 0) {
            firstFree = Flow.next(record(flow));
        } else if (untouched <= capacity) {
            flow = untouched++;
        } else {
            return FULL;
        }
        long record = record(flow);
        draft.writeTo(record);
        int nowMillis = millis(nowNanos);
        Flow.deadlineMillis(record, nowMillis + draft.idleLimitSeconds * 1000);
        index.insert(hashOf(entry(flow, 0)), entry(flow, 0));
        index.insert(hashOf(entry(flow, 1)), entry(flow, 1));
        wheel.link(flow, nowMillis);
        changed.mark(flow);
        size++;
        return flow;
    }

    /** Whether one of a draft's two keys belongs to a flow already, or they are the same. */
    public boolean clashes(FlowDraft draft) {
        if (draft.ipv6) {
            return clashesIpv6(draft);
        }
        boolean same =
                draft.domain == draft.replyDomain
                        && draft.source == draft.replySource
                        && draft.destination == draft.replyDestination
                        && draft.sourcePort == draft.replySourcePort
                        && draft.destinationPort == draft.replyDestinationPort;
        return same
                || find(
                                draft.domain,
                                draft.protocol,
                                draft.source,
                                draft.destination,
                                draft.sourcePort,
                                draft.destinationPort)
                        != 0
                || isReplyKeyTaken(draft);
    }

    private boolean clashesIpv6(FlowDraft draft) {
        boolean same =
                draft.domain == draft.replyDomain
                        && draft.sourceHigh == draft.destinationHigh
                        && draft.sourceLow == draft.destinationLow
                        && draft.sourcePort == draft.destinationPort;
        return same
                || findIpv6(
                                draft.sourceHigh,
                                draft.sourceLow,
                                draft.destinationHigh,
                                draft.destinationLow,
                                draft.sourcePort << 16 | draft.destinationPort,
                                draft.domain << 8 | draft.protocol)
                        != 0
                || findIpv6(
                                draft.destinationHigh,
                                draft.destinationLow,
                                draft.sourceHigh,
                                draft.sourceLow,
                                draft.destinationPort << 16 | draft.sourcePort,
                                draft.replyDomain << 8 | draft.protocol)
                        != 0;
    }

    /** Whether answers to a draft would be taken for another flow's packets. */
    private boolean isReplyKeyTaken(FlowDraft draft) {
        return find(
                        draft.replyDomain,
                        draft.protocol,
                        draft.replySource,
                        draft.replyDestination,
                        draft.replySourcePort,
                        draft.replyDestinationPort)
                != 0;
    }

    /** Ends a flow. */
    public void remove(int flow) {
        index.remove(hashOf(entry(flow, 0)), entry(flow, 0));
        index.remove(hashOf(entry(flow, 1)), entry(flow, 1));
        wheel.unlink(flow);
        changed.mark(flow);
        long record = record(flow);
        Flow.state(record, FlowState.NONE);
        Flow.next(record, firstFree);
        firstFree = flow;
        size--;
    }

    /** Counts a packet or super-frame, and lets the flow live on if {@code refresh}. */
    public void count(
            long record, int direction, int packets, int bytes, boolean refresh, long nowNanos) {
        Flow.count(record, direction, packets, bytes);
        if (refresh) {
            Flow.deadlineMillis(record, millis(nowNanos) + Flow.idleLimitSeconds(record) * 1000);
        }
    }

    /** Changes a flow's state, not its time. */
    public void become(int flow, int state) {
        Flow.state(record(flow), state);
        changed.mark(flow);
    }

    /** Changes a flow's state and idle limit; its time starts anew. */
    public void enter(int flow, int state, int idleLimitSeconds, long nowNanos) {
        long record = record(flow);
        Flow.state(record, state);
        Flow.idleLimitSeconds(record, idleLimitSeconds);
        changed.mark(flow);
        endIn(flow, idleLimitSeconds * 1000, nowNanos);
    }

    /** Changes a flow's idle limit; the time that it has been idle stays. */
    public void limit(int flow, int idleLimitSeconds, long nowNanos) {
        long record = record(flow);
        int before = Flow.idleLimitSeconds(record);
        Flow.idleLimitSeconds(record, idleLimitSeconds);
        int more = Flow.idleLimitSeconds(record) - before;
        if (more != 0) {
            endIn(flow, remainingMillis(record, nowNanos) + more * 1000, nowNanos);
            changed.mark(flow);
        }
    }

    /** Lets a flow end at another time, unless it is refreshed. */
    void endIn(int flow, int millis, long nowNanos) {
        long record = record(flow);
        int nowMillis = millis(nowNanos);
        int deadline = nowMillis + millis;
        boolean sooner = deadline - Flow.deadlineMillis(record) < 0;
        Flow.deadlineMillis(record, deadline);
        if (sooner) {
            wheel.unlink(flow);
            wheel.link(flow, nowMillis);
        }
    }

    /** Gives a flow to another rule, with the flags that a rule decides about. */
    public void adopt(int flow, int rule, int flags) {
        long record = record(flow);
        Flow.rule(record, rule);
        Flow.flags(record, (Flow.flags(record) & ~Flow.JUDGED) | flags);
    }

    /**
     * The next flow whose time is over; the caller removes it.
     *
     * @param budget how many flows may be looked at
     * @return a flow; 0: none; -1: the budget is used up, and there may be more
     */
    public int due(long nowNanos, int budget) {
        return wheel.due(millis(nowNanos), budget);
    }

    /** Nanoseconds until {@link #due} may have something; a day when there are no flows. */
    public long nanosToExpiry(long nowNanos) {
        return size == 0
                ? 86_400_000_000_000L
                : wheel.millisToNextTick(millis(nowNanos)) * 1_000_000L;
    }

    /**
     * A flow that may be ended to make room, looked for in a bounded number of steps from where the
     * last search stopped: one that was heard from one side only, else one that is closing; never
     * an established one.
     *
     * @return a flow, which the caller removes, or 0
     */
    public int victim() {
        int closing = 0;
        int probes = Math.min(EVICTION_PROBES, capacity);
        for (int probe = 0; probe < probes; probe++) {
            evictionHand = evictionHand >= capacity ? 1 : evictionHand + 1;
            if (evictionHand >= untouched) {
                evictionHand = 1;
            }
            int state = Flow.state(record(evictionHand));
            if (FlowState.isHalfOpen(state)) {
                return evictionHand;
            }
            if (closing == 0 && state >= FlowState.TCP_ORIGINAL_CLOSED) {
                closing = evictionHand;
            }
        }
        return closing;
    }

    /** Whether a number stands for a living flow. */
    public boolean isLive(int flow) {
        return flow > 0 && flow < untouched && Flow.state(record(flow)) != FlowState.NONE;
    }

    /** One more than the highest number that was ever given out. */
    public int numbersEnd() {
        return untouched;
    }

    /** Milliseconds since the last packet that kept a flow alive. */
    public int idleMillis(long record, long nowNanos) {
        return Flow.idleLimitSeconds(record) * 1000 - remainingMillis(record, nowNanos);
    }

    /** Milliseconds until a flow ends if nothing refreshes it. */
    public int remainingMillis(long record, long nowNanos) {
        return Flow.deadlineMillis(record) - millis(nowNanos);
    }

    @Override
    public void close() {
        index.close();
        records.close();
    }

    private long hashOf(int entry) {
        long record = record(flow(entry));
        int direction = direction(entry);
        if (Flow.isIpv6(record)) {
            return hashIpv6(
                    Ipv6Key.sourceHigh(record, direction),
                    Ipv6Key.sourceLow(record, direction),
                    Ipv6Key.destinationHigh(record, direction),
                    Ipv6Key.destinationLow(record, direction),
                    Ipv6Key.ports(record, direction),
                    Flow.domainAndProtocol(record, direction));
        }
        return hash(
                Flow.addresses(record, direction),
                Flow.ports(record, direction),
                Flow.domainAndProtocol(record, direction));
    }

    private long hash(long addresses, int ports, int domainAndProtocol) {
        return hash.of(addresses, (long) ports << 32 | domainAndProtocol);
    }

    private long hashIpv6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int ports,
            int domainAndProtocol) {
        // Two independent halves, so that they run side by side.
        long source = hash.of(sourceHigh, sourceLow);
        long destination = hash.of(destinationLow, destinationHigh);
        return hash.of(source + 31 * destination, (long) ports << 32 | domainAndProtocol);
    }

    private static int millis(long nowNanos) {
        return (int) (nowNanos / 1_000_000);
    }
}
