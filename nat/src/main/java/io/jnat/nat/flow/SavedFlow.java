package io.jnat.nat.flow;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A flow as it is written down, in a form of its own, so that the table may change its layout. All
 * fields are in network byte order; a place without a flow is all zero.
 *
 * <pre>
 *  0 CRC-32C of the rest
 *  4 state  5 protocol  6 flags
 *  8 original site      12 reply site
 * 16 IPv4: original source, destination, ports     28 reply source, destination, ports
 *    IPv6: source (16 bytes)     32 destination (16 bytes)     48 ports
 * 52 deadline, ms of the monotonic clock           56 IP version
 * 64 original packets  72 original bytes           80 reply packets  88 reply bytes
 * </pre>
 *
 * <p>Not written: the link and the rule, which the rules of the day tell; the mapping, which the
 * reply's key tells; TCP's windows, which the next segments tell.
 */
public final class SavedFlow {
    /** Bytes of one flow. */
    public static final int BYTES = 96;

    private static final int DEADLINE = 52;
    private static final int VERSION = 56;
    private static final int COUNTERS = 64;
    private static final int KEPT_FLAGS = Flow.REPLIED | Flow.TRACKED_TO_END | 0xFF;

    private SavedFlow() {}

    /**
     * Writes a flow, or nothing where there is none, at the buffer's position; without the
     * checksum, which {@link #seal} adds on another thread. Allocates nothing.
     *
     * @param originalSite stands for the domain of the original direction
     * @param replySite stands for the domain of the reply direction
     */
    public static void write(
            FlowTable table, int flow, int originalSite, int replySite, ByteBuffer to) {
        int at = to.position();
        to.position(at + BYTES);
        if (!table.isLive(flow)) {
            for (int zero = 0; zero < BYTES; zero += Long.BYTES) {
                to.putLong(at + zero, 0);
            }
            return;
        }
        long record = table.record(flow);
        to.putLong(at + 48, 0).putLong(at + 56, 0).putInt(at, 0);
        to.put(at + 4, (byte) Flow.state(record));
        to.put(at + 5, (byte) Flow.protocol(record));
        to.putShort(at + 6, (short) (Flow.flags(record) & KEPT_FLAGS));
        to.putInt(at + 8, originalSite);
        to.putInt(at + 12, replySite);
        boolean ipv6 = Flow.isIpv6(record);
        to.put(at + VERSION, (byte) (ipv6 ? 6 : 4));
        if (ipv6) {
            to.putLong(at + 16, Ipv6Key.sourceHigh(record, 0));
            to.putLong(at + 24, Ipv6Key.sourceLow(record, 0));
            to.putLong(at + 32, Ipv6Key.destinationHigh(record, 0));
            to.putLong(at + 40, Ipv6Key.destinationLow(record, 0));
            to.putInt(at + 48, Ipv6Key.ports(record, 0));
        }
        for (int direction = 0; direction < 2; direction++) {
            if (!ipv6) {
                to.putLong(at + 16 + direction * 12, Flow.addresses(record, direction));
                to.putInt(at + 24 + direction * 12, Flow.ports(record, direction));
            }
            to.putLong(at + COUNTERS + direction * 16, Flow.packets(record, direction));
            to.putLong(at + COUNTERS + 8 + direction * 16, Flow.bytes(record, direction));
        }
        to.putInt(at + DEADLINE, Flow.deadlineMillis(record));
    }

    /** Adds the checksum to what {@link #write} has written; a place without a flow needs none. */
    public static void seal(ByteBuffer flow, int at) {
        if (!isEmpty(flow, at)) {
            flow.putInt(at, checksum(flow, at));
        }
    }

    /** Whether no flow stands there. */
    public static boolean isEmpty(ByteBuffer flow, int at) {
        for (int zero = 0; zero < BYTES; zero += Long.BYTES) {
            if (flow.getLong(at + zero) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether what stands there is as it was written, and in a state that its protocol has. */
    public static boolean isSound(ByteBuffer flow, int at) {
        return flow.getInt(at) == checksum(flow, at)
                && FlowState.fits(protocol(flow, at), state(flow, at));
    }

    private static int checksum(ByteBuffer flow, int at) {
        CRC32C crc = new CRC32C();
        crc.update(flow.slice(at + 4, BYTES - 4));
        return (int) crc.getValue();
    }

    /** One of {@link FlowState}'s numbers. */
    public static int state(ByteBuffer flow, int at) {
        return flow.get(at + 4);
    }

    /** IP protocol number. */
    public static int protocol(ByteBuffer flow, int at) {
        return Byte.toUnsignedInt(flow.get(at + 5));
    }

    /** What stands for a direction's domain. */
    public static int site(ByteBuffer flow, int at, int direction) {
        return flow.getInt(at + 8 + direction * 4);
    }

    /** Whether it is IPv6; {@link #startIpv6} then has the key, and the next four have not. */
    public static boolean isIpv6(ByteBuffer flow, int at) {
        return flow.get(at + VERSION) == 6;
    }

    /** Starts a draft with an IPv6 flow's key. */
    public static void startIpv6(ByteBuffer flow, int at, FlowDraft draft, int domain, int link) {
        int ports = flow.getInt(at + 48);
        draft.startIpv6(domain, link, protocol(flow, at), ports >>> 16, ports & 0xFFFF);
        draft.sourceHigh = flow.getLong(at + 16);
        draft.sourceLow = flow.getLong(at + 24);
        draft.destinationHigh = flow.getLong(at + 32);
        draft.destinationLow = flow.getLong(at + 40);
    }

    /** Source address of a direction's key. */
    public static int source(ByteBuffer flow, int at, int direction) {
        return flow.getInt(at + 16 + direction * 12);
    }

    /** Destination address of a direction's key. */
    public static int destination(ByteBuffer flow, int at, int direction) {
        return flow.getInt(at + 20 + direction * 12);
    }

    /** Source port of a direction's key. */
    public static int sourcePort(ByteBuffer flow, int at, int direction) {
        return Short.toUnsignedInt(flow.getShort(at + 24 + direction * 12));
    }

    /** Destination port of a direction's key. */
    public static int destinationPort(ByteBuffer flow, int at, int direction) {
        return Short.toUnsignedInt(flow.getShort(at + 26 + direction * 12));
    }

    /** When it ends if nothing refreshes it, in the low bits of the clock's milliseconds. */
    public static int deadlineMillis(ByteBuffer flow, int at) {
        return flow.getInt(at + DEADLINE);
    }

    /**
     * Gives a flow that was just begun what it had: counters, flags of its protocol, the rest of
     * its time. In the section.
     *
     * @param remainingMillis at most its idle limit
     */
    public static void resume(
            FlowTable table,
            int flow,
            ByteBuffer saved,
            int at,
            int remainingMillis,
            long nowNanos) {
        long record = table.record(flow);
        int flags = Flow.flags(record) & ~KEPT_FLAGS;
        Flow.flags(record, flags | saved.getShort(at + 6) & KEPT_FLAGS);
        for (int direction = 0; direction < 2; direction++) {
            Flow.counters(
                    record,
                    direction,
                    saved.getLong(at + COUNTERS + direction * 16),
                    saved.getLong(at + COUNTERS + 8 + direction * 16));
        }
        table.endIn(flow, remainingMillis, nowNanos);
    }
}
