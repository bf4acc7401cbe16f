package io.jnat.nat.rewrite;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;

/**
 * ICMPv6 errors about packets that can't be sent on, rate-limited (RFC 4443 section 2.4).
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class Icmpv6Sender {
    private static final int HOP_LIMIT = 64;
    private static final int MULTICAST = 0xff;

    private final ErrorLimit limit;

    /** A sender that shares a limit with others. */
    public Icmpv6Sender(ErrorLimit limit) {
        this.limit = limit;
    }

    /**
     * Tells the sender of a packet why it was dropped, from the address that it wanted to reach,
     * unless RFC 4443 section 2.4(e) forbids it or too many errors were sent.
     *
     * @param rest what stands behind the checksum: the MTU of type 2, else 0
     */
    public void sendError(
            Packet about, int type, int code, int rest, Emitter emitter, long nowNanos) {
        long asked = about.address;
        sendError(
                about,
                type,
                code,
                rest,
                Ipv6.destinationHigh(asked),
                Ipv6.destinationLow(asked),
                emitter,
                nowNanos);
    }

    /** The same from an address of this machine. */
    public void sendError(
            Packet about,
            int type,
            int code,
            int rest,
            long fromHigh,
            long fromLow,
            Emitter emitter,
            long nowNanos) {
        if (!mayCauseError(about) || !limit.take(nowNanos)) {
            return;
        }
        int headers = Ipv6.HEADER_BYTES + Icmpv6.HEADER_BYTES;
        int quoted = Math.min(about.length, Ipv6.MIN_MTU_BYTES - headers);
        Packet error = emitter.make(headers + quoted);
        if (error == null) {
            return;
        }
        long ip = error.address;
        long icmp = ip + Ipv6.HEADER_BYTES;
        int bytes = Icmpv6.HEADER_BYTES + quoted;
        Memory.copy(about.address, icmp + Icmpv6.HEADER_BYTES, quoted);
        Ipv6.write(ip, 0, bytes, Protocol.ICMPV6, HOP_LIMIT);
        Ipv6.setSource(ip, fromHigh, fromLow);
        long sender = about.address;
        Ipv6.setDestination(ip, Ipv6.sourceHigh(sender), Ipv6.sourceLow(sender));
        Icmpv6.write(icmp, ip, type, code, rest, bytes);
        error.outLink = about.inLink;
        error.outPeer = about.inPeer;
        error.inLink = about.inLink;
        error.inPeer = about.inPeer;
        emitter.emit(error);
    }

    private static boolean mayCauseError(Packet packet) {
        long ip = packet.address;
        boolean nobody = Ipv6.sourceHigh(ip) == 0 && Ipv6.sourceLow(ip) == 0;
        boolean error =
                packet.protocol == Protocol.ICMPV6
                        && (packet.transportHeaderLength == 0
                                || Icmpv6.isError(Icmpv6.type(ip + packet.transportOffset)));
        return packet.ipVersion == 6
                && !nobody
                && !error
                && Ipv6.sourceHigh(ip) >>> 56 != MULTICAST
                && Ipv6.destinationHigh(ip) >>> 56 != MULTICAST;
    }
}
