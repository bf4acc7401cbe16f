package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;

/**
 * Reads and writes one record of the {@link FlowTable}. All methods take the record's address.
 *
 * <p>A flow has two keys: what its first packet looked like when it came in (the <em>original</em>
 * direction), and what an answer looks like when it comes in (the <em>reply</em> direction). A
 * packet of one direction is translated to the mirror image of the other direction's key.
 *
 * <p>What every packet needs lies in one cache line; the rest lies further on in the same 4 KiB
 * block, so that it costs no second address translation. A block holds {@link #PER_BLOCK} flows.
 *
 * <pre>
 *   0 original source address     4 original destination address
 *   8 original source port       10 original destination port
 *  12 reply source address       16 reply destination address
 *  20 reply source port          22 reply destination port
 *  24 original domain            26 reply domain
 *  28 protocol  29 state         30 flags
 *  32 original link  33 reply link            34 rule
 *  36 idle limit
 *  38 original bytes (48 bits)   44 original packets (40 bits)
 *  49 reply bytes (48 bits)      55 reply packets (40 bits)
 *  60 deadline, ms
 *
 *   0 next in wheel               4 previous in wheel        8 mapping
 *  12 original's highest ACK     16 original's right window edge
 *  20 reply's highest ACK        24 reply's right window edge
 *  28 IPv6: the rest of the key, see {@link Ipv6Key}
 * </pre>
 *
 * <p>An IPv6 flow is never translated, so one key is enough for both directions; it lies in the
 * same places, and bit 15 of both domains says so.
 */
public final class Flow {
    /** Bytes of a block of flows. */
    static final int BLOCK_BYTES = 4096;

    /** Flows in a block: with 16 bytes of index a flow costs 126.7 bytes. */
    static final int PER_BLOCK = 37;

    /** Bytes of the part that every packet needs. */
    static final int NEAR_BYTES = 64;

    private static final int FAR_BYTES = 44;
    private static final int FAR_START = PER_BLOCK * NEAR_BYTES;

    /** {@link #flags}: something was received in the reply direction. */
    public static final int REPLIED = 0x0100;

    /** {@link #flags}: the first packet came from outside (the internet, or the tunnel's end). */
    public static final int INBOUND = 0x0200;

    /** {@link #flags}: TCP that was seen from its opening to its end. */
    public static final int TRACKED_TO_END = 0x0400;

    /** {@link #flags}: inbound packets keep it alive, not only outbound ones. */
    public static final int INBOUND_REFRESHES = 0x0800;

    /** {@link #flags}: must never leave by another way than the tunnel. */
    public static final int CAPTURED = 0x1000;

    /** {@link #flags}: changes its value with each set of rules that the flow is judged by. */
    public static final int EPOCH = 0x8000;

    /** What a set of rules decides about, of the flags. */
    public static final int JUDGED = INBOUND | INBOUND_REFRESHES | CAPTURED | EPOCH;

    /** {@link #flags}: the window of the original direction's sender is known. */
    static final int ORIGINAL_WINDOW_KNOWN = 0x2000;

    /** {@link #flags}: the window of the reply direction's sender is known. */
    static final int REPLY_WINDOW_KNOWN = 0x4000;

    /** In a stored domain: the flow is IPv6. No key of one version equals one of the other. */
    static final int IPV6_DOMAIN = 0x8000;

    // Where a direction's key lies is direction * KEY_BYTES, and in it:
    private static final long KEY_BYTES = 12;
    private static final int SOURCE = 0;
    private static final int DESTINATION = 4;
    private static final int SOURCE_PORT = 8;
    private static final int DESTINATION_PORT = 10;

    // The rest of the near part; of a direction where there is one for each.
    private static final int DOMAIN = 24;
    private static final long DOMAIN_BYTES = 2;
    private static final int PROTOCOL = 28;
    private static final int STATE = 29;
    private static final int FLAGS = 30;
    private static final int LINK = 32;
    private static final int RULE = 34;
    private static final int IDLE_LIMIT = 36;
    private static final int COUNTERS = 38;
    private static final long COUNTERS_BYTES = 11;
    private static final int PACKET_COUNTER = 6;
    private static final int DEADLINE = 60;

    // The far part.
    private static final int NEXT = 0;
    private static final int PREVIOUS = 4;
    private static final int MAPPING = 8;
    private static final int HIGHEST_ACK = 12;
    private static final int WINDOW_EDGE = 16;
    private static final long WINDOW_BYTES = 8;

    private static final int COARSE = 0x8000;
    private static final int COARSE_SHIFT = 6;

    private Flow() {}

    /** Where a flow of a table lies. */
    static long record(long firstBlock, int flow) {
        int at = flow - 1;
        int block = at / PER_BLOCK;
        return firstBlock
                + (long) block * BLOCK_BYTES
                + (at - block * PER_BLOCK) * (long) NEAR_BYTES;
    }

    /** The part that not every packet needs. */
    static long far(long record) {
        long inBlock = record & BLOCK_BYTES - 1;
        return record - inBlock + FAR_START + (inBlock >>> 6) * FAR_BYTES;
    }

    static void clear(long record) {
        for (int at = 0; at < NEAR_BYTES; at += Long.BYTES) {
            Memory.putLong(record + at, 0);
        }
        long far = far(record);
        for (int at = 0; at < FAR_BYTES; at += Integer.BYTES) {
            Memory.putInt(far + at, 0);
        }
    }

    /** Source and destination address of a direction's key, source in the upper half. */
    static long addresses(long record, int direction) {
        return Memory.getLong(record + direction * KEY_BYTES + SOURCE);
    }

    /** Source and destination port of a direction's key, source in the upper half. */
    static int ports(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES + SOURCE_PORT);
    }

    /** Whether it is IPv6; then {@link Ipv6Key} has its addresses and ports. */
    public static boolean isIpv6(long record) {
        return (Memory.getShort(record + DOMAIN) & IPV6_DOMAIN) != 0;
    }

    /** Domain, with the version's bit, and protocol of a direction's key. */
    static int domainAndProtocol(long record, int direction) {
        return Memory.getShort(record + DOMAIN + direction * DOMAIN_BYTES) << 8
                | Memory.getByte(record + PROTOCOL);
    }

    /**
     * Source address of packets as they come in; direction 0 is the original one, 1 the reply's.
     * This and the next three are IPv4's, see {@link #isIpv6}.
     */
    public static int source(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES + SOURCE);
    }

    /** Destination address of packets as they come in. */
    public static int destination(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES + DESTINATION);
    }

    /** Source port, or query identifier, of packets as they come in. */
    public static int sourcePort(long record, int direction) {
        return Memory.getShort(record + direction * KEY_BYTES + SOURCE_PORT);
    }

    /** Destination port, or query identifier, of packets as they come in. */
    public static int destinationPort(long record, int direction) {
        return Memory.getShort(record + direction * KEY_BYTES + DESTINATION_PORT);
    }

    /** Routing domain that packets of a direction come in from. */
    public static int domain(long record, int direction) {
        return Memory.getShort(record + DOMAIN + direction * DOMAIN_BYTES) & ~IPV6_DOMAIN;
    }

    /** IP protocol number. */
    public static int protocol(long record) {
        return Memory.getByte(record + PROTOCOL);
    }

    /** One of {@link FlowState}'s numbers; {@link FlowState#NONE} in a free record. */
    public static int state(long record) {
        return Memory.getByte(record + STATE);
    }

    static void state(long record, int state) {
        Memory.putByte(record + STATE, state);
    }

    /** Flags, and in the low byte TCP's window scales. */
    public static int flags(long record) {
        return Memory.getShort(record + FLAGS);
    }

    static void flags(long record, int flags) {
        Memory.putShort(record + FLAGS, flags);
    }

    /** Link that packets of a direction come in by; answers leave by it. */
    public static int link(long record, int direction) {
        return Memory.getByte(record + LINK + direction);
    }

    /** Number of the rule that let it in; stable over reloads. */
    public static int rule(long record) {
        return Memory.getShort(record + RULE);
    }

    static void rule(long record, int rule) {
        Memory.putShort(record + RULE, rule);
    }

    /** Mapping that it uses; 0 for none. */
    public static int mapping(long record) {
        return Memory.getInt(far(record) + MAPPING);
    }

    /** Seconds without a packet after which it ends. */
    public static int idleLimitSeconds(long record) {
        int stored = Memory.getShort(record + IDLE_LIMIT);
        return stored < COARSE ? stored : (stored - COARSE) << COARSE_SHIFT;
    }

    /** Writes the idle limit; one of more than nine hours is rounded up to the next 64 s. */
    static void idleLimitSeconds(long record, int seconds) {
        int coarse = Math.min((seconds + 63) >>> COARSE_SHIFT, COARSE - 1);
        Memory.putShort(record + IDLE_LIMIT, seconds < COARSE ? seconds : COARSE | coarse);
    }

    static int deadlineMillis(long record) {
        return Memory.getInt(record + DEADLINE);
    }

    static void deadlineMillis(long record, int millis) {
        Memory.putInt(record + DEADLINE, millis);
    }

    static int next(long record) {
        return Memory.getInt(far(record) + NEXT);
    }

    static void next(long record, int flow) {
        Memory.putInt(far(record) + NEXT, flow);
    }

    static int previous(long record) {
        return Memory.getInt(far(record) + PREVIOUS);
    }

    static void previous(long record, int flow) {
        Memory.putInt(far(record) + PREVIOUS, flow);
    }

    /** Bytes of IP packets received in a direction; wraps at 2^48. */
    public static long bytes(long record, int direction) {
        long at = record + COUNTERS + direction * COUNTERS_BYTES;
        return (long) Memory.getShort(at) << 32 | Memory.getUnsignedInt(at + 2);
    }

    /** Packets received in a direction, each segment of a super-frame counted; wraps at 2^40. */
    public static long packets(long record, int direction) {
        long at = record + COUNTERS + direction * COUNTERS_BYTES;
        return (long) Memory.getByte(at + PACKET_COUNTER) << 32
                | Memory.getUnsignedInt(at + PACKET_COUNTER + 1);
    }

    static void count(long record, int direction, int packets, int bytes) {
        counters(
                record,
                direction,
                packets(record, direction) + packets,
                bytes(record, direction) + bytes);
    }

    static void counters(long record, int direction, long sumPackets, long sumBytes) {
        long at = record + COUNTERS + direction * COUNTERS_BYTES;
        Memory.putShort(at, (int) (sumBytes >>> 32));
        Memory.putInt(at + 2, (int) sumBytes);
        Memory.putByte(at + PACKET_COUNTER, (int) (sumPackets >>> 32));
        Memory.putInt(at + PACKET_COUNTER + 1, (int) sumPackets);
    }

    static void key(long record, int direction, int from, int to, int fromPort, int toPort) {
        long at = record + direction * KEY_BYTES;
        Memory.putInt(at + SOURCE, from);
        Memory.putInt(at + DESTINATION, to);
        Memory.putInt(at + SOURCE_PORT, fromPort << 16 | toPort);
    }

    static void side(long record, int direction, int domain, int link) {
        Memory.putShort(record + DOMAIN + direction * DOMAIN_BYTES, domain);
        Memory.putByte(record + LINK + direction, link);
    }

    static void kind(long record, int protocol, int rule, int mapping) {
        Memory.putByte(record + PROTOCOL, protocol);
        rule(record, rule);
        Memory.putInt(far(record) + MAPPING, mapping);
    }

    static int highestAck(long record, int direction) {
        return Memory.getInt(far(record) + HIGHEST_ACK + direction * WINDOW_BYTES);
    }

    static void highestAck(long record, int direction, int sequence) {
        Memory.putInt(far(record) + HIGHEST_ACK + direction * WINDOW_BYTES, sequence);
    }

    static int windowEdge(long record, int direction) {
        return Memory.getInt(far(record) + WINDOW_EDGE + direction * WINDOW_BYTES);
    }

    static void windowEdge(long record, int direction, int sequence) {
        Memory.putInt(far(record) + WINDOW_EDGE + direction * WINDOW_BYTES, sequence);
    }
}
