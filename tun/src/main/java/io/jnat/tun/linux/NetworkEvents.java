package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.core.time.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Hears when something of one network namespace changes (multicast groups of rtnetlink and
 * nfnetlink); what has changed is then asked for, so all that is read of a message is whether it
 * tells of a removal.
 *
 * <p>Owner: one thread.
 */
final class NetworkEvents implements AutoCloseable {
    /** Any link: RTMGRP_LINK. */
    static final int LINKS = 1;

    /** Links, and the addresses, routes and rules of both families (RTNLGRP_IPV6_RULE is 19). */
    static final int ROUTES = LINKS | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 1 << 18;

    /**
     * {@link #ROUTES}, and what of {@code net.ipv4.conf} and {@code net.ipv6.conf} is announced:
     * forwarding, reverse path filters, proxies (RTNLGRP_IPV4_NETCONF is 24, _IPV6_ 25).
     */
    static final int HOST = ROUTES | 1 << 23 | 1 << 24;

    /** nftables: NFNLGRP_NFTABLES is 7. */
    private static final int FIREWALL = 1 << 6;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;
    private static final int NETLINK_NETFILTER = 12;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_LISTEN_ALL_NSID = 8;
    private static final int NLM_F_REQUEST = 1;
    private static final int RTM_NEWNSID = 88;
    private static final int NETNSA_NSID = 1;
    private static final int NETNSA_FD = 3;
    private static final int NEW_NSID_BYTES = 36;

    /** {@code struct sockaddr_nl}: family, padding, port id, groups. */
    private static final int ADDRESS_BYTES = 12;

    private static final int GROUPS_OFFSET = 8;
    private static final int BUFFER_BYTES = 16 * 1024;

    private static final int HEADER_BYTES = 16;
    private static final int TYPE_OFFSET = 4;
    private static final int RTM_DELROUTE = 25;
    private static final int RTM_DELRULE = 33;
    private static final int NFT_MSG_DELTABLE = 10 << 8 | 2; // 10: NFNL_SUBSYS_NFTABLES

    /** In {@code struct rtmsg}, behind the header; 252 stands for each table above 255. */
    private static final int TABLE_OFFSET = HEADER_BYTES + 4;

    private static final int RT_TABLE_COMPAT = 252;

    private final Kernel kernel;
    private final int fd;
    private final Epoll epoll;
    private final Slab buffer = Slab.allocate(BUFFER_BYTES);
    private boolean removed;

    private NetworkEvents(Kernel kernel, int fd, Epoll epoll) {
        this.kernel = kernel;
        this.fd = fd;
        this.epoll = epoll;
    }

    /** An rtnetlink socket that does not block, in the namespace of the calling thread. */
    static int socket(Kernel kernel) throws IOException {
        return socket(kernel, NETLINK_ROUTE);
    }

    private static int socket(Kernel kernel, int protocol) throws IOException {
        int flags = SOCK_RAW | SocketConstants.SOCK_NONBLOCK | SocketConstants.SOCK_CLOEXEC;
        int fd = kernel.socket(AF_NETLINK, flags, protocol);
        if (fd < 0) {
            throw Errno.failure("network events", "socket", kernel.errno(), "");
        }
        return fd;
    }

    /**
     * Listens in the namespace of the calling thread.
     *
     * @param groups {@link #LINKS}, {@link #ROUTES} or {@link #HOST}
     */
    static NetworkEvents open(Kernel kernel, int groups) throws IOException {
        return listen(kernel, socket(kernel), groups);
    }

    /** Listens for changes of nftables, in the namespace of the calling thread. CAP_NET_ADMIN. */
    static NetworkEvents ofFirewall(Kernel kernel) throws IOException {
        return listen(kernel, socket(kernel, NETLINK_NETFILTER), FIREWALL);
    }

    private static NetworkEvents listen(Kernel kernel, int fd, int groups) throws IOException {
        try (Scratch scratch = new Scratch()) {
            long address = scratch.address();
            Memory.zero(address, ADDRESS_BYTES);
            Memory.putShortLittleEndian(address, AF_NETLINK);
            Memory.putIntLittleEndian(address + GROUPS_OFFSET, groups);
            if (kernel.bind(fd, address, ADDRESS_BYTES) < 0) {
                throw Errno.failure("network events", "bind", kernel.errno(), "");
            }
            Epoll epoll = Epoll.open(kernel);
            try {
                epoll.watch(new int[] {fd}, 0);
            } catch (UncheckedIOException refused) {
                epoll.close();
                throw refused.getCause();
            }
            return new NetworkEvents(kernel, fd, epoll);
        } catch (IOException failure) {
            kernel.close(fd);
            throw failure;
        }
    }

    /** Waits until something has changed, or the time is over; returns whether it has. */
    boolean await(long nanos) {
        boolean changed = epoll.await(Clock.MONOTONIC.nowNanos(), nanos) != 0;
        // What did not fit into the socket's buffer is reported as an error, and is a change too.
        long read = kernel.read(fd, buffer.address(), BUFFER_BYTES);
        while (read > 0 || (read < 0 && kernel.errno() == Errno.ENOBUFS)) {
            changed = true;
            removed |= read < 0 || tellsOfRemoval(read);
            read = kernel.read(fd, buffer.address(), BUFFER_BYTES);
        }
        return changed;
    }

    private boolean tellsOfRemoval(long bytes) {
        long message = buffer.address();
        long end = message + bytes;
        while (end - message >= HEADER_BYTES) {
            int type = Memory.getShortLittleEndian(message + TYPE_OFFSET);
            boolean fromOtherTable =
                    type == RTM_DELROUTE
                            && end - message > TABLE_OFFSET
                            && Memory.getByte(message + TABLE_OFFSET) == RT_TABLE_COMPAT;
            if (fromOtherTable || type == RTM_DELRULE || type == NFT_MSG_DELTABLE) {
                return true;
            }
            message += Math.max(HEADER_BYTES, (Memory.getIntLittleEndian(message) + 3) & ~3);
        }
        return false;
    }

    /**
     * Whether since the last call somebody removed a policy rule, a route of a table above 255 or a
     * table of nftables; true also when there was more than could be heard.
     */
    boolean removed() {
        boolean was = removed;
        removed = false;
        return was;
    }

    /**
     * Listens for links in the namespace of the calling thread, and in those that are added with
     * {@link #hear}.
     */
    static NetworkEvents ofLinks(Kernel kernel) throws IOException {
        NetworkEvents events = open(kernel, LINKS);
        try (Scratch scratch = new Scratch()) {
            // Refused without CAP_NET_BROADCAST: then only this namespace is heard.
            kernel.setsockopt(
                    events.fd,
                    SOL_NETLINK,
                    NETLINK_LISTEN_ALL_NSID,
                    scratch.integer(1),
                    Integer.BYTES);
        }
        return events;
    }

    /**
     * Adds another namespace, by giving it a number in this one (RTM_NEWNSID): that keeps nothing
     * of it alive. One that has a number already is heard as well.
     *
     * <pre>
     *   struct nlmsghdr  0 length   4 type (2)   6 flags (2)   8 sequence   12 port id
     *   struct rtgenmsg 16 family, padding
     *   struct rtattr   20 length (2)   22 NETNSA_NSID (2)   24 -1: any
     *                   28 length (2)   30 NETNSA_FD (2)     32 descriptor
     * </pre>
     *
     * @param namespace descriptor of it; stays the caller's
     */
    void hear(int namespace) {
        long message = buffer.address();
        Memory.zero(message, NEW_NSID_BYTES);
        Memory.putIntLittleEndian(message, NEW_NSID_BYTES);
        Memory.putShortLittleEndian(message + 4, RTM_NEWNSID);
        Memory.putShortLittleEndian(message + 6, NLM_F_REQUEST);
        Memory.putShortLittleEndian(message + 20, 8);
        Memory.putShortLittleEndian(message + 22, NETNSA_NSID);
        Memory.putIntLittleEndian(message + 24, -1);
        Memory.putShortLittleEndian(message + 28, 8);
        Memory.putShortLittleEndian(message + 30, NETNSA_FD);
        Memory.putIntLittleEndian(message + 32, namespace);
        kernel.write(fd, message, NEW_NSID_BYTES); // an answer is read as one more event
    }

    /** Ends the wait. Any thread. */
    void wake() {
        epoll.wake();
    }

    @Override
    public void close() {
        epoll.close();
        kernel.close(fd);
        buffer.close();
    }
}
