package io.jnat.nat.flow;

import io.jnat.core.packet.Memory;

/**
 * Reads and writes one record of the {@link FlowTable}. All methods take the record's address.
 *
 * <p>A flow has two keys: what its first packet looked like when it came in (the <em>original</em>
 * direction), and what an answer looks like when it comes in (the <em>reply</em> direction). A
 * packet of one direction is translated to the mirror image of the other direction's key.
 *
 * <pre>
 *   0 original source address     4 original destination address
 *   8 original source port       10 original destination port
 *  12 reply source address       16 reply destination address
 *  20 reply source port          22 reply destination port
 *  24 reserved: with the above, room for one IPv6 key, which is never translated
 *  36 original domain            38 reply domain
 *  40 protocol  41 state         42 flags
 *  44 original link  45 reply link            46 rule
 *  48 mapping                    52 idle limit, seconds
 *  56 last packet, ms            60 deadline, ms
 *  64 next in wheel              68 previous in wheel
 *  72 original bytes (48 bits)   78 original packets (48 bits)
 *  84 reply bytes (48 bits)      90 reply packets (48 bits)
 *  96 original's highest ACK    100 original's right window edge
 * 104 reply's highest ACK       108 reply's right window edge
 * </pre>
 */
public final class Flow {
    /** Size of a record; with 16 bytes of index a flow costs 128. */
    public static final int BYTES = 112;

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

    /** {@link #flags}: the window of the original direction's sender is known. */
    static final int ORIGINAL_WINDOW_KNOWN = 0x2000;

    /** {@link #flags}: the window of the reply direction's sender is known. */
    static final int REPLY_WINDOW_KNOWN = 0x4000;

    private static final long KEY_BYTES = 12;

    private Flow() {}

    /** Source and destination address of a direction's key, source in the upper half. */
    static long addresses(long record, int direction) {
        return Memory.getLong(record + direction * KEY_BYTES);
    }

    /** Source and destination port of a direction's key, source in the upper half. */
    static int ports(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES + 8);
    }

    /** Domain and protocol of a direction's key. */
    static int domainAndProtocol(long record, int direction) {
        return Memory.getShort(record + 36 + direction * 2L) << 8 | Memory.getByte(record + 40);
    }

    /**
     * Source address of packets as they come in; direction 0 is the original one, 1 the reply's.
     */
    public static int source(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES);
    }

    /** Destination address of packets as they come in. */
    public static int destination(long record, int direction) {
        return Memory.getInt(record + direction * KEY_BYTES + 4);
    }

    /** Source port, or query identifier, of packets as they come in. */
    public static int sourcePort(long record, int direction) {
        return Memory.getShort(record + direction * KEY_BYTES + 8);
    }

    /** Destination port, or query identifier, of packets as they come in. */
    public static int destinationPort(long record, int direction) {
        return Memory.getShort(record + direction * KEY_BYTES + 10);
    }

    /** Routing domain that packets of a direction come in from. */
    public static int domain(long record, int direction) {
        return Memory.getShort(record + 36 + direction * 2L);
    }

    /** IP protocol number. */
    public static int protocol(long record) {
        return Memory.getByte(record + 40);
    }

    /** One of {@link FlowState}'s numbers; {@link FlowState#NONE} in a free record. */
    public static int state(long record) {
        return Memory.getByte(record + 41);
    }

    static void state(long record, int state) {
        Memory.putByte(record + 41, state);
    }

    /** Flags, and in the low byte TCP's window scales. */
    public static int flags(long record) {
        return Memory.getShort(record + 42);
    }

    static void flags(long record, int flags) {
        Memory.putShort(record + 42, flags);
    }

    /** Link that packets of a direction come in by; answers leave by it. */
    public static int link(long record, int direction) {
        return Memory.getByte(record + 44 + direction);
    }

    /** Number of the rule that let it in; stable over reloads. */
    public static int rule(long record) {
        return Memory.getShort(record + 46);
    }

    /** Mapping that it uses; 0 for none. */
    public static int mapping(long record) {
        return Memory.getInt(record + 48);
    }

    /** Seconds without a packet after which it ends. */
    public static int idleLimitSeconds(long record) {
        return Memory.getInt(record + 52);
    }

    static void idleLimitSeconds(long record, int seconds) {
        Memory.putInt(record + 52, seconds);
    }

    static int lastPacketMillis(long record) {
        return Memory.getInt(record + 56);
    }

    static void lastPacketMillis(long record, int millis) {
        Memory.putInt(record + 56, millis);
    }

    static int deadlineMillis(long record) {
        return Memory.getInt(record + 60);
    }

    static void deadlineMillis(long record, int millis) {
        Memory.putInt(record + 60, millis);
    }

    static int next(long record) {
        return Memory.getInt(record + 64);
    }

    static void next(long record, int flow) {
        Memory.putInt(record + 64, flow);
    }

    static int previous(long record) {
        return Memory.getInt(record + 68);
    }

    static void previous(long record, int flow) {
        Memory.putInt(record + 68, flow);
    }

    /** Bytes of IP packets received in a direction; wraps at 2^48. */
    public static long bytes(long record, int direction) {
        return Memory.getLong(record + 72 + direction * 12L) >>> 16;
    }

    /** Packets received in a direction, each segment of a super-frame counted; wraps at 2^48. */
    public static long packets(long record, int direction) {
        return Memory.getLong(record + 76 + direction * 12L) & 0xFFFF_FFFF_FFFFL;
    }

    static void count(long record, int direction, int packets, int bytes) {
        long at = record + 72 + direction * 12L;
        long sumBytes = (Memory.getLong(at) >>> 16) + bytes;
        long sumPackets = (Memory.getLong(at + 4) & 0xFFFF_FFFF_FFFFL) + packets;
        Memory.putLong(at, sumBytes << 16 | (sumPackets >>> 32 & 0xFFFF));
        Memory.putInt(at + 8, (int) sumPackets);
    }

    static int highestAck(long record, int direction) {
        return Memory.getInt(record + 96 + direction * 8L);
    }

    static void highestAck(long record, int direction, int sequence) {
        Memory.putInt(record + 96 + direction * 8L, sequence);
    }

    static int windowEdge(long record, int direction) {
        return Memory.getInt(record + 100 + direction * 8L);
    }

    static void windowEdge(long record, int direction, int sequence) {
        Memory.putInt(record + 100 + direction * 8L, sequence);
    }
}
