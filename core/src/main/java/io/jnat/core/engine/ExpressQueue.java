package io.jnat.core.engine;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Ip;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;

/**
 * Lets calls overtake bulk that came out of the tunnel's socket before them and waits to be opened.
 *
 * <p>Which flow a datagram belongs to is seen when it is open; that it is small is seen before. So
 * small ones are taken out of the bursts that wait, opened together, and looked at: UDP of a flow
 * that has no large packets ({@link LargeFlows}), ICMP and keepalives go on at once. The others are
 * put back where they were, open. So the packets of a flow keep their order.
 *
 * <p>Owner: one engine thread. Allocates nothing after construction.
 */
final class ExpressQueue {
    /** What the tunnel adds to a packet at most: header, tag and padding are within this. */
    private static final int OVERHEAD_BYTES = 32;

    private static final int MAX_PACKETS = 128;

    /** A call that pauses, or a ping a second, is one still. */
    private static final long CALLS_LAST_NANOS = 10_000_000_000L;

    private static final int FRAGMENT_MASK = Ipv4.MORE_FRAGMENTS | Ipv4.OFFSET_MASK;
    private static final int ICMP_HEADER_BYTES = 8;

    private final Forwarder forwarder;
    private final LargeFlows largeFlows;
    private final Burst lane = Burst.withoutReceiver();

    // By packet of the lane: where it was.
    private final Burst[] bursts = new Burst[MAX_PACKETS];
    private final int[] places = new int[MAX_PACKETS];

    /** Some were left behind: nobody else passes them. */
    private boolean closed;

    /** Whether and when one overtook. */
    private boolean used;

    private long usedNanos;

    ExpressQueue(Forwarder forwarder) {
        this.forwarder = forwarder;
        largeFlows = forwarder.largeFlows();
    }

    /** Takes the small datagrams out of a burst that has just been received. */
    void take(Burst burst) {
        for (int at = 0; at < burst.count && !closed; at++) {
            Packet packet = burst.packets[at];
            if (packet.verdict != Packet.FORWARD
                    || packet.length > LargeFlows.SMALL_BYTES + OVERHEAD_BYTES) {
                continue;
            }
            if (lane.count == MAX_PACKETS) {
                closed = true;
            } else {
                bursts[lane.count] = burst;
                places[lane.count] = at;
                burst.packets[at] = lane.packets[lane.count];
                burst.packets[at].reset(0, 0);
                burst.packets[at].verdict = Packet.TAKEN;
                lane.packets[lane.count++] = packet;
            }
        }
    }

    /**
     * Whether there are calls to look for in what waits: some have overtaken within the last
     * {@value #CALLS_LAST_NANOS} ns. Not while some were left behind: so they are soon done with.
     */
    boolean hasCalls(long nowNanos) {
        used &= nowNanos - usedNanos < CALLS_LAST_NANOS;
        return used && !closed;
    }

    /** No burst waits any more. */
    void reopen() {
        closed = false;
    }

    /** Forwards those that may overtake, and puts the others back. */
    void forward(long nowNanos) {
        if (lane.count == 0) {
            return;
        }
        lane.sealed = true;
        lane.nowNanos = nowNanos;
        try {
            forwarder.open(lane);
            putBack();
            forwarder.forwardBurst(lane);
        } finally {
            lane.reset(nowNanos);
        }
    }

    private void putBack() {
        int kept = 0;
        for (int at = 0; at < lane.count; at++) {
            Packet packet = lane.packets[at];
            boolean open = packet.verdict == Packet.FORWARD;
            if (open && !mayOvertake(packet)) {
                lane.packets[at] = bursts[at].packets[places[at]];
                bursts[at].packets[places[at]] = packet;
            } else {
                if (open && packet.length > 0) {
                    used = true;
                    usedNanos = lane.nowNanos;
                }
                lane.packets[at] = lane.packets[kept];
                lane.packets[kept++] = packet;
            }
        }
        lane.count = kept;
    }

    private boolean mayOvertake(Packet packet) {
        long ip = packet.address;
        if (packet.length == 0) {
            return true; // a keepalive
        }
        if (packet.length >= Ipv4.MIN_HEADER_BYTES + ICMP_HEADER_BYTES
                && Ip.version(ip) == 4
                && Ipv4.headerLength(ip) == Ipv4.MIN_HEADER_BYTES
                && (Ipv4.flagsAndOffset(ip) & FRAGMENT_MASK) == 0) {
            return mayOvertake(ip, Ipv4.MIN_HEADER_BYTES, Ipv4.protocol(ip));
        }
        return packet.length >= Ipv6.HEADER_BYTES + ICMP_HEADER_BYTES
                && Ip.version(ip) == 6
                && mayOvertake(ip, Ipv6.HEADER_BYTES, Ipv6.nextHeader(ip));
    }

    private boolean mayOvertake(long ip, int headerBytes, int protocol) {
        return switch (protocol) {
            case Protocol.UDP -> !largeFlows.contains(ip, headerBytes);
            case Protocol.ICMP, Protocol.ICMPV6 -> true;
            default -> false;
        };
    }

    /** Frees the memory; after the thread has ended. */
    void release() {
        lane.release();
    }
}
