package io.jnat.nat.rewrite;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Icmp;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;

/**
 * The ICMP messages that jnat sends itself: errors about packets that it can't forward,
 * rate-limited (RFC 1812 section 4.3.2.8), and answers to echo requests for its own addresses.
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class IcmpSender {
    /** RFC 1812 section 4.3.2.3: as much of the packet as fits into 576 bytes. */
    private static final int MAX_ERROR_BYTES = 576;

    private static final int TTL = 64;

    /** DSCP CS6, internetwork control (RFC 1812 section 4.3.2.5). */
    private static final int TOS = 0xc0;

    private final ErrorLimit limit;

    /** A sender that shares a limit with others. */
    public IcmpSender(ErrorLimit limit) {
        this.limit = limit;
    }

    /**
     * Tells the sender of a packet why it was dropped, unless RFC 1812 section 4.3.2.7 forbids it
     * or too many errors were sent. The packet must look as it did when it came in.
     *
     * @param source address that the error comes from; 0: the packet's destination
     * @param rest what stands behind the checksum: the MTU of 3/4, else 0
     * @return whether it was sent
     */
    public boolean sendError(
            Packet about,
            int type,
            int code,
            int rest,
            int source,
            Emitter emitter,
            long nowNanos) {
        if (!mayCauseError(about) || !limit.take(nowNanos)) {
            return false;
        }
        int quoted =
                Math.min(about.length, MAX_ERROR_BYTES - Ipv4.MIN_HEADER_BYTES - Icmp.HEADER_BYTES);
        int bytes = Ipv4.MIN_HEADER_BYTES + Icmp.HEADER_BYTES + quoted;
        Packet error = emitter.make(bytes);
        if (error == null) {
            return false;
        }
        long ip = error.address;
        long icmp = ip + Ipv4.MIN_HEADER_BYTES;
        Memory.copy(about.address, icmp + Icmp.HEADER_BYTES, quoted);
        Icmp.write(icmp, type, code, rest, Icmp.HEADER_BYTES + quoted);
        int from = source == 0 ? Ipv4.destination(about.address) : source;
        Ipv4.write(ip, TOS, bytes, TTL, Protocol.ICMP, from, Ipv4.source(about.address));
        error.outLink = about.inLink;
        error.outPeer = about.inPeer;
        error.inLink = about.inLink;
        error.inPeer = about.inPeer;
        emitter.emit(error);
        return true;
    }

    /**
     * Makes an echo request, or any fragment of one, the answer to itself, on its way back. Each
     * fragment is answered by itself, so that nothing is reassembled.
     */
    public static void answerEcho(Packet request) {
        long ip = request.address;
        int source = Ipv4.source(ip);
        Ipv4.setSourceUpdatingChecksum(ip, Ipv4.destination(ip));
        Ipv4.setDestinationUpdatingChecksum(ip, source);
        Ipv4.setTtlUpdatingChecksum(ip, TTL);
        if (request.fragmentOffset == 0) {
            long icmp = ip + request.transportOffset;
            int before = Memory.getShort(icmp);
            int after = Icmp.ECHO_REPLY << 8 | (before & 0xff);
            Memory.putShort(icmp, after);
            Icmp.updateChecksum(icmp, Checksum.difference16(before, after));
        }
        request.outLink = request.inLink;
        request.outPeer = request.inPeer;
        request.flow = -1;
    }

    private static boolean mayCauseError(Packet packet) {
        if (packet.ipVersion != 4 || packet.fragmentOffset != 0) {
            return false;
        }
        long ip = packet.address;
        int source = Ipv4.source(ip) >>> 24;
        int destination = Ipv4.destination(ip) >>> 24;
        if (source == 0 || source == 127 || source >= 224 || destination >= 224) {
            return false;
        }
        return packet.protocol != Protocol.ICMP
                || Icmp.isQuery(Icmp.type(ip + packet.transportOffset));
    }
}
