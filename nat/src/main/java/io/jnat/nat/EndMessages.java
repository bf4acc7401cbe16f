package io.jnat.nat;

import io.jnat.core.engine.Emitter;
import io.jnat.core.engine.Zone;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Udp;
import io.jnat.nat.rule.RuleSet;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * UDP datagrams between the two ends of the tunnel themselves, by which {@code jnat why} asks the
 * other end and the path is measured. They are made and taken here and reach no socket. The tunnel
 * has authenticated who sent them; their number and size are bounded, and nothing is done with them
 * on this thread.
 *
 * <p>Owner: engine thread. Allocates per message, of which there are few.
 */
final class EndMessages {
    /** Source and destination port: a choice of ours, seen inside the tunnel only. */
    static final int PORT = 7700;

    /**
     * All routers on this link (RFC 1112): for an end that does not know the other one's address.
     */
    static final int ALL_ROUTERS = 0xe0000002;

    /** Messages that one peer may send in a second. */
    static final int PER_SECOND = 20;

    private static final int MOST_WAITING = 64;
    private static final int TTL = 1;
    private static final long EARN_NANOS = 1_000_000_000L / PER_SECOND;

    /**
     * One message on its way out.
     *
     * @param packetBytes of the packet that measures the path with it; 0: as short as it gets
     */
    private record Outgoing(int peer, int to, ByteBuffer bytes, int packetBytes) {}

    private final Deque<Outgoing> waiting = new ArrayDeque<>();

    /**
     * By number of the peer: when it may be heard again, were it to have no burst; a token bucket
     * (GCRA).
     */
    private long[] dueNanos = new long[0];

    private boolean[] started = new boolean[0];
    private @Nullable EndMessageListener listener;

    void listen(EndMessageListener newListener) {
        listener = newListener;
    }

    /** Whether a packet is addressed to this end itself. */
    boolean isOne(RuleSet rules, Packet packet) {
        if (packet.ipVersion != 4
                || packet.protocol != Protocol.UDP
                || packet.destinationPort != PORT
                || packet.sourcePort != PORT
                || packet.fragment
                || rules.links().get(packet.inLink).zone() != Zone.TUNNEL) {
            return false;
        }
        int to = Ipv4.destination(packet.address);
        return to == rules.config().tunnelAddress() || to == ALL_ROUTERS;
    }

    /** Takes a message over, or drops it. */
    void take(RuleSet rules, Packet packet, long nowNanos) {
        int from = Ipv4.source(packet.address);
        int start = packet.transportOffset + Udp.HEADER_BYTES;
        int bytes = packet.length - start;
        EndMessageListener taker = listener;
        boolean known =
                rules.isTunnelNetwork(from)
                        && (!rules.hasSites() || rules.isOfSite(packet.inPeer, from));
        if (taker == null || !known || packet.gsoSize != 0 || bytes < 1) {
            packet.drop(DropReason.NOT_ALLOWED);
        } else if (!mayReceive(packet.inPeer, nowNanos)) {
            packet.drop(DropReason.RATE_LIMITED);
        } else {
            byte[] copy = new byte[Math.min(bytes, EndMessageListener.MAX_BYTES)];
            Memory.copy(packet.address + start, copy, 0, copy.length);
            packet.verdict = Packet.TAKEN;
            taker.onMessage(packet.inPeer, from, ByteBuffer.wrap(copy), packet.length);
        }
    }

    private boolean mayReceive(int peer, long nowNanos) {
        if (peer >= started.length) {
            dueNanos = Arrays.copyOf(dueNanos, 2 * peer + 1);
            started = Arrays.copyOf(started, 2 * peer + 1);
        }
        if (!started[peer] || dueNanos[peer] - nowNanos < 0) {
            started[peer] = true;
            dueNanos[peer] = nowNanos;
        }
        if (dueNanos[peer] - nowNanos > EARN_NANOS * (PER_SECOND - 1)) {
            return false;
        }
        dueNanos[peer] += EARN_NANOS;
        return true;
    }

    /** Queues a message; {@link #sendWaiting} sends it. Too many: it is lost. */
    void send(int peer, int to, ByteBuffer bytes, int packetBytes) {
        if (waiting.size() < MOST_WAITING && bytes.remaining() <= EndMessageListener.MAX_BYTES) {
            waiting.add(new Outgoing(peer, to, bytes, packetBytes));
        }
    }

    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    void sendWaiting(RuleSet rules, Emitter emitter) {
        Outgoing message = waiting.poll();
        while (message != null) {
            send(rules, message, emitter);
            message = waiting.poll();
        }
    }

    private static void send(RuleSet rules, Outgoing message, Emitter emitter) {
        int said = message.bytes().remaining();
        int headers = Ipv4.MIN_HEADER_BYTES + Udp.HEADER_BYTES;
        int bytes = Math.max(headers + said, message.packetBytes());
        Packet packet = rules.links().tunnel() < 0 ? null : emitter.make(bytes);
        if (packet == null) {
            return;
        }
        long ip = packet.address;
        long udp = ip + Ipv4.MIN_HEADER_BYTES;
        byte[] copy = new byte[bytes - headers]; // zeros behind what is said
        message.bytes().duplicate().get(copy, 0, said);
        Memory.copy(copy, 0, udp + Udp.HEADER_BYTES, copy.length);
        int own = rules.config().tunnelAddress();
        Ipv4.write(ip, 0, bytes, TTL, Protocol.UDP, own, message.to());
        // Without a checksum, which is optional here (RFC 768): the tunnel authenticates.
        Udp.write(udp, PORT, PORT, Udp.HEADER_BYTES + copy.length);
        packet.inLink = -1; // nobody is told when it can't be delivered
        packet.outLink = rules.links().tunnel();
        packet.outPeer = message.peer();
        packet.flow = -1;
        packet.measuresPath = message.packetBytes() > 0;
        emitter.emit(packet);
    }
}
