package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;

/**
 * An array of {@code struct mmsghdr}, each with one {@code iovec}, room for a socket address and
 * for control messages. Layout of a message (64-bit): name (0), its length (8), iov (16), number of
 * iovs (24), control (32), its length (40), flags (48), bytes received (56). Allocates nothing
 * after construction.
 */
final class MessageVector {
    static final int CONTROL_BYTES = 192;

    /** Length (8), level (4), type (4), then the data, padded to 8. */
    static final int CONTROL_HEADER_BYTES = 16;

    private static final int MESSAGE_BYTES = 64;
    private static final int IOV_BYTES = 16;
    private static final int NAME_BYTES = 32;

    private static final int NAME_LENGTH = 8;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int RECEIVED = 56;

    private final Slab slab;
    private final long iovs;
    private final long names;
    private final long controls;

    MessageVector(int size) {
        slab = Slab.allocate(size * (MESSAGE_BYTES + IOV_BYTES + NAME_BYTES + CONTROL_BYTES));
        iovs = slab.address() + (long) size * MESSAGE_BYTES;
        names = iovs + (long) size * IOV_BYTES;
        controls = names + (long) size * NAME_BYTES;
        for (int at = 0; at < size; at++) {
            Memory.putLongLittleEndian(message(at), name(at));
            Memory.putLongLittleEndian(message(at) + 16, iovs + (long) at * IOV_BYTES);
            Memory.putLongLittleEndian(message(at) + 24, 1);
            Memory.putLongLittleEndian(message(at) + 32, control(at));
        }
    }

    /** Address of a message, and so of all from it on. */
    long message(int at) {
        return slab.address() + (long) at * MESSAGE_BYTES;
    }

    long name(int at) {
        return names + (long) at * NAME_BYTES;
    }

    long control(int at) {
        return controls + (long) at * CONTROL_BYTES;
    }

    void payload(int at, long address, int bytes) {
        long iov = iovs + (long) at * IOV_BYTES;
        Memory.putLongLittleEndian(iov, address);
        Memory.putLongLittleEndian(iov + 8, bytes);
    }

    void nameLength(int at, int bytes) {
        Memory.putIntLittleEndian(message(at) + NAME_LENGTH, bytes);
    }

    int nameLength(int at) {
        return Memory.getIntLittleEndian(message(at) + NAME_LENGTH);
    }

    void controlLength(int at, int bytes) {
        Memory.putLongLittleEndian(message(at) + CONTROL_LENGTH, bytes);
    }

    long controlLength(int at) {
        return Memory.getLongLittleEndian(message(at) + CONTROL_LENGTH);
    }

    int flags(int at) {
        return Memory.getIntLittleEndian(message(at) + FLAGS);
    }

    int received(int at) {
        return Memory.getIntLittleEndian(message(at) + RECEIVED);
    }

    /** Makes a message ready to receive into; the kernel changes the lengths each time. */
    void expect(int at, long address, int bytes) {
        payload(at, address, bytes);
        nameLength(at, NAME_BYTES);
        controlLength(at, CONTROL_BYTES);
        Memory.putIntLittleEndian(message(at) + FLAGS, 0);
        Memory.putIntLittleEndian(message(at) + RECEIVED, 0);
    }

    /**
     * Begins a control message.
     *
     * @param used bytes of control messages that are there already
     * @return where its data lies
     */
    long control(int at, int used, int level, int type, int dataBytes) {
        long header = control(at) + used;
        Memory.putLongLittleEndian(header, CONTROL_HEADER_BYTES + dataBytes);
        Memory.putIntLittleEndian(header + 8, level);
        Memory.putIntLittleEndian(header + 12, type);
        return header + CONTROL_HEADER_BYTES;
    }

    /** What a control message takes, padding included. */
    static int controlSpace(int dataBytes) {
        return CONTROL_HEADER_BYTES + ((dataBytes + 7) & -8);
    }

    void release() {
        slab.close();
    }
}
