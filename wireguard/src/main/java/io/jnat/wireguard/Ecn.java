package io.jnat.wireguard;

import io.jnat.core.packet.Memory;

/**
 * Explicit congestion notification through the tunnel (RFC 6040, W25): outside stands what stands
 * inside; at the end a mark that was set on the way is carried in. Allocates nothing.
 */
final class Ecn {
    private static final int MASK = 3;
    private static final int NOT_ECT = 0;
    private static final int ECT1 = 1;
    private static final int ECT0 = 2;
    private static final int CE = 3;

    private Ecn() {}

    /** TOS byte or traffic class of an IPv4 or IPv6 packet. */
    static int trafficClass(long ip, int version) {
        return version == 4 ? Memory.getByte(ip + 1) : Memory.getShort(ip) >>> 4 & 0xff;
    }

    /** Outer TOS byte for an inner one: ECN as it is (RFC 6040 section 4.1), DSCP if wanted. */
    static int outerTos(int inner, boolean copyDscp) {
        return copyDscp ? inner : inner & MASK;
    }

    /**
     * Carries an outer mark into the inner header (RFC 6040 section 4.2).
     *
     * @return false when the packet must be dropped: it met congestion and knows no ECN
     */
    static boolean decapsulate(long ip, int version, int outerTos) {
        int trafficClass = trafficClass(ip, version);
        int inner = trafficClass & MASK;
        int outer = outerTos & MASK;
        if (inner == NOT_ECT) {
            return outer != CE;
        }
        boolean marked = outer == CE || (outer == ECT1 && inner == ECT0);
        if (marked && inner != CE) {
            set(ip, version, trafficClass & ~MASK | outer);
        }
        return true;
    }

    private static void set(long ip, int version, int trafficClass) {
        if (version == 6) {
            Memory.putShort(ip, Memory.getShort(ip) & 0xf00f | trafficClass << 4);
            return;
        }
        int before = Memory.getShort(ip);
        int after = before & 0xff00 | trafficClass;
        Memory.putShort(ip, after);
        // RFC 1624 (eqn 3): HC' = ~(~HC + ~m + m')
        int sum = (~Memory.getShort(ip + 10) & 0xffff) + (~before & 0xffff) + after;
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        Memory.putShort(ip + 10, ~sum);
    }
}
