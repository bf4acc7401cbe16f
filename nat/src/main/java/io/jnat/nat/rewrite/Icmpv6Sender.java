package io.jnat.nat.rewrite;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Icmpv6;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;

/**
 * ICMPv6 errors about packets that can't be forwarded, rate-limited, from the address that the
 * packet was for (RFC 4443 section 2.4).
 *
 * <p>Owner: engine thread. Allocates nothing.
 */
public final class Icmpv6Sender {
    private static final int HOP_LIMIT = 64;

    /** Multicast is ff00::/8. */
    private static final int MULTICAST = 0xff;

    private final ErrorLimit limit;

    /** A sender that shares a limit with others. */
    public Icmpv6Sender(ErrorLimit limit) {
        this.limit = limit;
    }

    /**
     * Tells the sender of a packet, which must look as it did when it came in, why it was dropped.
     *
     * @param rest what stands behind the checksum: the MTU of a packet too big, else 0
     * @return whether it was sent
     */
    public boolean sendError(
            Packet about, int type, int code, int rest, Emitter emitter, long nowNanos) {
        if (!mayCauseError(about) || !limit.take(nowNanos)) {
            return false;
        }
        int headers = Ipv6.HEADER_BYTES + Icmpv6.HEADER_BYTES;
        int quoted = Math.min(about.length, Ipv6.MIN_MTU_BYTES - headers);
        Packet error = emitter.make(headers + quoted);
        if (error == null) {
            return false;
        }
        long ip = error.address;
        long icmp = ip + Ipv6.HEADER_BYTES;
        Memory.copy(about.address, icmp + Icmpv6.HEADER_BYTES, quoted);
        Ipv6.write(ip, 0, Icmpv6.HEADER_BYTES + quoted, Protocol.ICMPV6, HOP_LIMIT);
        Ipv6.setSource(ip, Ipv6.destinationHigh(about.address), Ipv6.destinationLow(about.address));
        Ipv6.setDestination(ip, Ipv6.sourceHigh(about.address), Ipv6.sourceLow(about.address));
        Icmpv6.write(icmp, ip, type, code, rest, Icmpv6.HEADER_BYTES + quoted);
        error.outLink = about.inLink;
        error.outPeer = about.inPeer;
        error.inLink = about.inLink;
        error.inPeer = about.inPeer;
        emitter.emit(error);
        return true;
    }

    private static boolean mayCauseError(Packet packet) {
        if (packet.ipVersion != 6 || packet.fragmentOffset != 0) {
            return false;
        }
        long ip = packet.address;
        boolean unspecified = Ipv6.sourceHigh(ip) == 0 && Ipv6.sourceLow(ip) == 0;
        if (unspecified
                || Ipv6.sourceHigh(ip) >>> 56 == MULTICAST
                || Ipv6.destinationHigh(ip) >>> 56 == MULTICAST) {
            return false;
        }
        return packet.protocol != Protocol.ICMPV6
                || Icmpv6.isQuery(Icmpv6.type(ip + packet.transportOffset));
    }
}
