package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * A wish to the kernel about one interface (rtnetlink). Whether it is granted is not asked: what
 * jnat wishes for so is good to have, and no more.
 *
 * <pre>
 *   struct nlmsghdr  0 length   4 type (2)   6 flags (2)   8 sequence   12 port id
 *   16 family, and what depends on the type; interface at 20 in those that are used here
 * </pre>
 */
final class NetlinkRequest {
    static final int REQUEST = 1;
    static final int REPLACE = 0x100;
    static final int CREATE = 0x400;

    private NetlinkRequest() {}

    /**
     * Sends one.
     *
     * @param interfaceIndex in the calling thread's network namespace
     * @param bytes of the whole message
     * @param rest writes what follows, with the scratch memory's beginning as that of the message;
     *     what it leaves out is zero
     */
    static void send(
            Kernel kernel,
            int type,
            int flags,
            int interfaceIndex,
            int bytes,
            Consumer<Scratch> rest)
            throws IOException {
        int fd = NetworkEvents.socket(kernel);
        try (Scratch scratch = new Scratch()) {
            long message = scratch.address();
            Memory.zero(message, bytes);
            Memory.putIntLittleEndian(message, bytes);
            Memory.putShortLittleEndian(message + 4, type);
            Memory.putShortLittleEndian(message + 6, flags);
            Memory.putIntLittleEndian(message + 20, interfaceIndex);
            rest.accept(scratch);
            kernel.write(fd, message, bytes);
        } finally {
            kernel.close(fd);
        }
    }
}
