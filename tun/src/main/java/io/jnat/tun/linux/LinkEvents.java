package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.io.IOException;

/**
 * Hears when any link of one network namespace changes (rtnetlink, group RTMGRP_LINK); what has
 * changed is then asked for, so the messages are not read closely.
 *
 * <p>Owner: one thread.
 */
final class LinkEvents implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;
    private static final int RTMGRP_LINK = 1;

    /** {@code struct sockaddr_nl}: family, padding, port id, groups. */
    private static final int ADDRESS_BYTES = 12;

    private static final int GROUPS_OFFSET = 8;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Kernel kernel;
    private final int fd;
    private final Epoll epoll;
    private final Slab buffer = Slab.allocate(BUFFER_BYTES);

    private LinkEvents(Kernel kernel, int fd, Epoll epoll) {
        this.kernel = kernel;
        this.fd = fd;
        this.epoll = epoll;
    }

    /** Listens in the namespace of the calling thread. */
    static LinkEvents open(Kernel kernel) throws IOException {
        int flags = SOCK_RAW | SocketConstants.SOCK_NONBLOCK | SocketConstants.SOCK_CLOEXEC;
        int fd = kernel.socket(AF_NETLINK, flags, NETLINK_ROUTE);
        if (fd < 0) {
            throw Errno.failure("link events", "socket", kernel.errno(), "");
        }
        try (Scratch scratch = new Scratch()) {
            long address = scratch.address();
            Memory.zero(address, ADDRESS_BYTES);
            Memory.putShortLittleEndian(address, AF_NETLINK);
            Memory.putIntLittleEndian(address + GROUPS_OFFSET, RTMGRP_LINK);
            if (kernel.bind(fd, address, ADDRESS_BYTES) < 0) {
                throw Errno.failure("link events", "bind", kernel.errno(), "");
            }
            Epoll epoll = Epoll.open(kernel);
            epoll.watch(fd, 0);
            return new LinkEvents(kernel, fd, epoll);
        } catch (IOException failure) {
            kernel.close(fd);
            throw failure;
        }
    }

    /** Waits until something has changed, or the time is over. */
    void await(long nanos) {
        epoll.await(nanos);
        long read = kernel.read(fd, buffer.address(), BUFFER_BYTES);
        while (read > 0) {
            read = kernel.read(fd, buffer.address(), BUFFER_BYTES);
        }
    }

    @Override
    public void close() {
        epoll.close();
        kernel.close(fd);
        buffer.close();
    }
}
