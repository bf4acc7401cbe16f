package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;

/**
 * The key of an IPv6 flow in its {@link Flow} record. Nothing is translated, so the reply
 * direction's key is the original one's with the ends exchanged.
 *
 * <pre>
 *   0 original source address (16 bytes)
 *  16 original source port                  18 original destination port
 *  20 unused
 *
 *  28 original destination address (16 bytes), in the part that not every packet needs
 * </pre>
 */
public final class Ipv6Key {
    private static final long SOURCE_PORTS = 16;
    private static final long FAR_DESTINATION = 28;

    private Ipv6Key() {}

    /** Upper half of the source address of packets as they come in. */
    public static long sourceHigh(long record, int direction) {
        return Memory.getLong(address(record, direction));
    }

    /** Lower half of the source address of packets as they come in. */
    public static long sourceLow(long record, int direction) {
        return Memory.getLong(address(record, direction) + 8);
    }

    /** Upper half of the destination address of packets as they come in. */
    public static long destinationHigh(long record, int direction) {
        return sourceHigh(record, direction ^ 1);
    }

    /** Lower half of the destination address of packets as they come in. */
    public static long destinationLow(long record, int direction) {
        return sourceLow(record, direction ^ 1);
    }

    /** Source port, or query identifier, of packets as they come in. */
    public static int sourcePort(long record, int direction) {
        return Memory.getShort(record + SOURCE_PORTS + direction * 2L);
    }

    /** Destination port, or query identifier, of packets as they come in. */
    public static int destinationPort(long record, int direction) {
        return sourcePort(record, direction ^ 1);
    }

    /** Both ports of a direction's packets, source in the upper half. */
    static int ports(long record, int direction) {
        int ports = Memory.getInt(record + SOURCE_PORTS);
        return direction == 0 ? ports : Integer.rotateLeft(ports, 16);
    }

    static void write(long record, FlowDraft draft) {
        Memory.putLong(record, draft.sourceHigh);
        Memory.putLong(record + 8, draft.sourceLow);
        Memory.putInt(record + SOURCE_PORTS, draft.sourcePort << 16 | draft.destinationPort);
        long destination = address(record, 1);
        Memory.putLong(destination, draft.destinationHigh);
        Memory.putLong(destination + 8, draft.destinationLow);
    }

    private static long address(long record, int end) {
        return end == 0 ? record : Flow.far(record) + FAR_DESTINATION;
    }
}
