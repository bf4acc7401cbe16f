package io.jnat.wireguard.message;

import io.jnat.core.packet.Memory;

/**
 * Transport data (WireGuard paper, section 5.4.6), in native memory. Allocates nothing.
 *
 * <pre>
 *   0  type = 4, three reserved zero bytes     4  receiver index
 *   8  counter (8)                            16  sealed packet with its padding, and tag (16)
 * </pre>
 */
public final class DataMessage {
    /** Bytes in front of the sealed packet. */
    public static final int HEADER_BYTES = 16;

    /** Bytes of the tag. */
    public static final int TAG_BYTES = 16;

    /** Bytes that a message has more than its packet with padding; also a keepalive's length. */
    public static final int OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;

    private static final int RECEIVER = 4;
    private static final int COUNTER = 8;

    private DataMessage() {}

    /** The type word of any message; the caller knows that there are four bytes. */
    public static int type(long address) {
        return Memory.getIntLittleEndian(address);
    }

    /** The receiver's index. */
    public static int receiverIndex(long address) {
        return Memory.getIntLittleEndian(address + RECEIVER);
    }

    /** The counter, unsigned. */
    public static long counter(long address) {
        return Memory.getLongLittleEndian(address + COUNTER);
    }

    /** Writes the header. */
    public static void writeHeader(long address, int receiverIndex, long counter) {
        Memory.putIntLittleEndian(address, MessageType.DATA);
        Memory.putIntLittleEndian(address + RECEIVER, receiverIndex);
        Memory.putLongLittleEndian(address + COUNTER, counter);
    }
}
