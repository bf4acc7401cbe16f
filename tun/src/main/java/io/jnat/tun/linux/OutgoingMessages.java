package io.jnat.tun.linux;

import static io.jnat.tun.linux.SocketConstants.IPV6_PKTINFO;
import static io.jnat.tun.linux.SocketConstants.IPV6_TCLASS;
import static io.jnat.tun.linux.SocketConstants.IP_PKTINFO;
import static io.jnat.tun.linux.SocketConstants.IP_TOS;
import static io.jnat.tun.linux.SocketConstants.SOL_IP;
import static io.jnat.tun.linux.SocketConstants.SOL_IPV6;
import static io.jnat.tun.linux.SocketConstants.SOL_UDP;
import static io.jnat.tun.linux.SocketConstants.UDP_SEGMENT;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;

/** Lays out what is to be sent: where to, from where, with which TOS, cut at which size. */
final class OutgoingMessages {
    private static final int PKTINFO_BYTES = 12;
    private static final int PKTINFO6_BYTES = 20;

    /** fe80::/10 */
    private static final long LINK_LOCAL_MASK = 0xffc0_0000_0000_0000L;

    private static final long LINK_LOCAL = 0xfe80_0000_0000_0000L;

    private OutgoingMessages() {}

    /**
     * Fills message {@code at} of the vector.
     *
     * @param segmentBytes where the kernel cuts the payload; 0 sends it as one datagram
     */
    static void prepare(
            MessageVector vector,
            int at,
            long payload,
            int bytes,
            Endpoint to,
            int tos,
            int segmentBytes) {
        vector.payload(at, payload, bytes);
        vector.nameLength(at, SocketAddress.write(vector.name(at), to));
        int used = 0;
        if (segmentBytes != 0) {
            long data = vector.control(at, used, SOL_UDP, UDP_SEGMENT, Short.BYTES);
            Memory.putShortLittleEndian(data, segmentBytes);
            used += MessageVector.controlSpace(Short.BYTES);
        }
        if (to.hasLocal()) {
            used += to.v6 ? source6(vector, at, used, to) : source4(vector, at, used, to);
        }
        if (tos != 0) {
            long data =
                    to.v6
                            ? vector.control(at, used, SOL_IPV6, IPV6_TCLASS, Integer.BYTES)
                            : vector.control(at, used, SOL_IP, IP_TOS, Integer.BYTES);
            Memory.putIntLittleEndian(data, tos);
            used += MessageVector.controlSpace(Integer.BYTES);
        }
        vector.controlLength(at, used);
    }

    /**
     * {@code struct in_pktinfo}: interface (0), source address (4). The interface stays 0, so that
     * the way is looked up anew: the address binds the reply, not the wire it came in by.
     */
    private static int source4(MessageVector vector, int at, int used, Endpoint to) {
        long data = vector.control(at, used, SOL_IP, IP_PKTINFO, PKTINFO_BYTES);
        Memory.putInt(data, 0);
        Memory.putInt(data + 4, (int) to.localLow);
        Memory.putInt(data + 8, 0);
        return MessageVector.controlSpace(PKTINFO_BYTES);
    }

    /**
     * {@code struct in6_pktinfo} (RFC 3542): address (0), interface (16), which only a link-local
     * source needs.
     */
    private static int source6(MessageVector vector, int at, int used, Endpoint to) {
        long data = vector.control(at, used, SOL_IPV6, IPV6_PKTINFO, PKTINFO6_BYTES);
        Memory.putLong(data, to.localHigh);
        Memory.putLong(data + 8, to.localLow);
        boolean linkLocal = (to.localHigh & LINK_LOCAL_MASK) == LINK_LOCAL;
        Memory.putIntLittleEndian(data + 16, linkLocal ? to.localInterface : 0);
        return MessageVector.controlSpace(PKTINFO6_BYTES);
    }
}
