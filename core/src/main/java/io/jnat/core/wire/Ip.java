package io.jnat.core.wire;

import io.jnat.core.packet.Memory;

/** What IPv4 and IPv6 headers have in common. The version is checked already. */
public final class Ip {
    /** ECN field: not ECN-capable (RFC 3168). */
    public static final int NOT_ECT = 0;

    /** ECN field: ECN-capable, codepoint ECT(1). */
    public static final int ECT_1 = 1;

    /** ECN field: ECN-capable, codepoint ECT(0). */
    public static final int ECT_0 = 2;

    /** ECN field: congestion experienced. */
    public static final int CONGESTION_EXPERIENCED = 3;

    private static final int ECN_MASK = 0x3;

    private Ip() {}

    /** The version: 4, 6, or what untrusted bytes say. */
    public static int version(long ip) {
        return Memory.getByte(ip) >>> 4;
    }

    /** TTL of IPv4, hop limit of IPv6. */
    public static int hopLimit(long ip) {
        return version(ip) == 4 ? Ipv4.ttl(ip) : Ipv6.hopLimit(ip);
    }

    /** DSCP and ECN: the TOS byte of IPv4, the traffic class of IPv6. */
    public static int trafficClass(long ip) {
        return version(ip) == 4 ? Ipv4.tos(ip) : Ipv6.trafficClass(ip);
    }

    /** ECN codepoint (RFC 3168). */
    public static int ecn(long ip) {
        return trafficClass(ip) & ECN_MASK;
    }

    /** Changes the ECN codepoint; keeps an IPv4 header's checksum right. */
    public static void setEcn(long ip, int ecn) {
        int trafficClass = trafficClass(ip) & ~ECN_MASK | ecn;
        if (version(ip) == 4) {
            Ipv4.setTosUpdatingChecksum(ip, trafficClass);
        } else {
            Ipv6.setTrafficClass(ip, trafficClass);
        }
    }

    /**
     * A hash of a flow as one direction has it: addresses, and the four bytes of the ports. Not
     * secret: whoever likes can make flows that share it.
     *
     * @param transportOffset where the ports are, from the IP header
     * @return all bits of it are mixed, the high ones best
     */
    public static long flowHash(long ip, int transportOffset) {
        long hash =
                version(ip) == 4
                        ? Integer.toUnsignedLong(Ipv4.source(ip)) << 32
                                ^ Integer.toUnsignedLong(Ipv4.destination(ip))
                        : (Ipv6.sourceHigh(ip) ^ Ipv6.destinationHigh(ip)) * 31
                                + (Ipv6.sourceLow(ip) ^ Ipv6.destinationLow(ip) * 17);
        hash += Memory.getInt(ip + transportOffset) * 0x9e3779b97f4a7c15L;
        hash ^= hash >>> 29;
        return hash * 0xbf58476d1ce4e5b9L; // spreads neighbouring ports and addresses
    }
}
