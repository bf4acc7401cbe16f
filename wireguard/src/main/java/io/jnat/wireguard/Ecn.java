package io.jnat.wireguard;

import io.jnat.core.wire.Ip;

/**
 * Explicit congestion notification through the tunnel (RFC 6040, W25): outside stands what stands
 * inside; at the end a mark that was set on the way is carried in. Allocates nothing.
 */
final class Ecn {
    private static final int MASK = 3;

    private Ecn() {}

    /** Outer TOS byte for an inner one: ECN as it is (RFC 6040 section 4.1), DSCP if wanted. */
    static int outerTos(int inner, boolean copyDscp) {
        return copyDscp ? inner : inner & MASK;
    }

    /**
     * Carries an outer mark into the inner header (RFC 6040 section 4.2).
     *
     * @return false when the packet must be dropped: it met congestion and knows no ECN
     */
    static boolean decapsulate(long ip, int outerTos) {
        int inner = Ip.ecn(ip);
        int outer = outerTos & MASK;
        if (inner == Ip.NOT_ECT) {
            return outer != Ip.CONGESTION_EXPERIENCED;
        }
        boolean marked =
                outer == Ip.CONGESTION_EXPERIENCED || (outer == Ip.ECT_1 && inner == Ip.ECT_0);
        if (marked && inner != Ip.CONGESTION_EXPERIENCED) {
            Ip.setEcn(ip, outer);
        }
        return true;
    }
}
