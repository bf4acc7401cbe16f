package io.jnat.tun.linux;

import static io.jnat.tun.linux.SocketConstants.IPV6_DONTFRAG;
import static io.jnat.tun.linux.SocketConstants.IPV6_MTU_DISCOVER;
import static io.jnat.tun.linux.SocketConstants.IPV6_PMTUDISC_DONT;
import static io.jnat.tun.linux.SocketConstants.IPV6_RECVPKTINFO;
import static io.jnat.tun.linux.SocketConstants.IPV6_RECVTCLASS;
import static io.jnat.tun.linux.SocketConstants.IPV6_V6ONLY;
import static io.jnat.tun.linux.SocketConstants.IP_MTU_DISCOVER;
import static io.jnat.tun.linux.SocketConstants.IP_PKTINFO;
import static io.jnat.tun.linux.SocketConstants.IP_PMTUDISC_OMIT;
import static io.jnat.tun.linux.SocketConstants.IP_PMTUDISC_PROBE;
import static io.jnat.tun.linux.SocketConstants.IP_RECVTOS;
import static io.jnat.tun.linux.SocketConstants.SOCK_CLOEXEC;
import static io.jnat.tun.linux.SocketConstants.SOCK_DGRAM;
import static io.jnat.tun.linux.SocketConstants.SOCK_NONBLOCK;
import static io.jnat.tun.linux.SocketConstants.SOL_IP;
import static io.jnat.tun.linux.SocketConstants.SOL_IPV6;
import static io.jnat.tun.linux.SocketConstants.SOL_SOCKET;
import static io.jnat.tun.linux.SocketConstants.SOL_UDP;
import static io.jnat.tun.linux.SocketConstants.SO_MARK;
import static io.jnat.tun.linux.SocketConstants.SO_RCVBUF;
import static io.jnat.tun.linux.SocketConstants.SO_RCVBUFFORCE;
import static io.jnat.tun.linux.SocketConstants.SO_SNDBUF;
import static io.jnat.tun.linux.SocketConstants.SO_SNDBUFFORCE;
import static io.jnat.tun.linux.SocketConstants.UDP_GRO;
import static io.jnat.tun.linux.SocketConstants.UDP_SEGMENT;

import io.jnat.core.packet.Memory;
import java.io.IOException;

/** Makes one UDP socket of a family, with everything that the tunnel needs set. */
final class UdpSocketOpener {
    /** As wireguard-go has it: enough for some milliseconds of a fast link. */
    private static final int BUFFER_BYTES = 7 << 20;

    /** How often a port that is free in one family may be taken in the other. */
    private static final int PORT_ATTEMPTS = 16;

    private final Kernel kernel;

    UdpSocketOpener(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Opens both families and binds them to one port.
     *
     * @param port 0 picks one that is free in both
     */
    UdpSocketPair openPair(int port, int mark) throws IOException {
        for (int attempt = 1; ; attempt++) {
            int four = open(false, mark);
            int six = -1;
            try {
                bind(four, false, port);
                int bound = localPort(four);
                six = open(true, mark);
                boolean taken = six >= 0 && !bindSix(six, bound, port == 0);
                if (!taken) {
                    return new UdpSocketPair(four, six, bound);
                }
                if (attempt == PORT_ATTEMPTS) {
                    throw inUse(bound, true);
                }
            } catch (IOException failure) {
                kernel.close(four);
                closeIfOpen(six);
                throw failure;
            }
            kernel.close(four);
            closeIfOpen(six);
        }
    }

    private void closeIfOpen(int fd) {
        if (fd >= 0) {
            kernel.close(fd);
        }
    }

    /** Binds the second family; false when another port must be tried. */
    private boolean bindSix(int fd, int port, boolean anyPort) throws IOException {
        int errno = tryBind(fd, true, port);
        if (errno == Errno.EADDRINUSE && anyPort) {
            return false;
        }
        if (errno != 0) {
            throw bindFailure(port, true, errno);
        }
        return true;
    }

    private void bind(int fd, boolean v6, int port) throws IOException {
        int errno = tryBind(fd, v6, port);
        if (errno != 0) {
            throw bindFailure(port, v6, errno);
        }
    }

    private static IOException bindFailure(int port, boolean v6, int errno) {
        return switch (errno) {
            case Errno.EADDRINUSE -> inUse(port, v6);
            case Errno.EACCES ->
                    Errno.failure(name(port, v6), "bind", errno, "ports below 1024 need root");
            default -> Errno.failure(name(port, v6), "bind", errno, "");
        };
    }

    private static IOException inUse(int port, boolean v6) {
        return Errno.failure(
                name(port, v6),
                "bind",
                Errno.EADDRINUSE,
                "port " + port + " is in use by another process; stop it, or listen elsewhere");
    }

    private static String name(int port, boolean v6) {
        return "UDP port " + port + (v6 ? " (IPv6)" : " (IPv4)");
    }

    /** A socket that is not bound yet; -1 when the system does not have IPv6 at all. */
    private int open(boolean v6, int mark) throws IOException {
        String what = v6 ? "UDP socket (IPv6)" : "UDP socket (IPv4)";
        int family = v6 ? SocketAddress.INET6 : SocketAddress.INET;
        int fd = kernel.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            int errno = kernel.errno();
            if (v6 && errno == Errno.EAFNOSUPPORT) {
                return -1;
            }
            throw Errno.failure(what, "socket", errno, "");
        }
        try {
            if (v6) {
                require(fd, what, "IPV6_V6ONLY", SOL_IPV6, IPV6_V6ONLY, 1);
                require(fd, what, "IPV6_RECVPKTINFO", SOL_IPV6, IPV6_RECVPKTINFO, 1);
                require(fd, what, "IPV6_RECVTCLASS", SOL_IPV6, IPV6_RECVTCLASS, 1);
                // Routers don't fragment IPv6, so what they say of the path's MTU must be heeded.
                set(fd, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
            } else {
                require(fd, what, "IP_PKTINFO", SOL_IP, IP_PKTINFO, 1);
                require(fd, what, "IP_RECVTOS", SOL_IP, IP_RECVTOS, 1);
                // Without Don't Fragment nobody has to tell us of an MTU: who does has forged it.
                set(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
            }
            if (mark != 0) {
                mark(fd, mark);
            }
        } catch (IOException failure) {
            kernel.close(fd);
            throw failure;
        }
        buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
        buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
        return fd;
    }

    /** Binds to the wildcard address; returns 0 or the errno. */
    private int tryBind(int fd, boolean v6, int port) {
        try (Scratch scratch = new Scratch()) {
            int length = SocketAddress.writeAny(scratch.address(), v6, port);
            return kernel.bind(fd, scratch.address(), length) < 0 ? kernel.errno() : 0;
        }
    }

    private int localPort(int fd) throws IOException {
        try (Scratch scratch = new Scratch()) {
            long length = scratch.address() + 64;
            Memory.putIntLittleEndian(length, SocketAddress.INET6_BYTES);
            if (kernel.getsockname(fd, scratch.address(), length) < 0) {
                throw Errno.failure("UDP socket", "getsockname", kernel.errno(), "");
            }
            return SocketAddress.port(scratch.address());
        }
    }

    void mark(int fd, int mark) throws IOException {
        require(fd, "UDP socket", "SO_MARK " + mark, SOL_SOCKET, SO_MARK, mark);
    }

    /** Whether what is sent from now on may be fragmented, here and on the way. */
    void fragments(int fd, boolean v6, boolean allowed) {
        if (v6) {
            set(fd, SOL_IPV6, IPV6_DONTFRAG, allowed ? 0 : 1);
        } else {
            set(fd, SOL_IP, IP_MTU_DISCOVER, allowed ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE);
        }
    }

    /** Turns gathering on; returns 0 or the errno. */
    int gather(int fd) {
        return set(fd, SOL_UDP, UDP_GRO, 1);
    }

    /** Whether the kernel knows segmentation; returns 0 or the errno. */
    int probeSegmentation(int fd) {
        try (Scratch scratch = new Scratch()) {
            long length = scratch.address() + 8;
            Memory.putIntLittleEndian(length, Integer.BYTES);
            return kernel.getsockopt(fd, SOL_UDP, UDP_SEGMENT, scratch.address(), length) < 0
                    ? kernel.errno()
                    : 0;
        }
    }

    private void buffer(int fd, int forced, int plain) {
        if (set(fd, SOL_SOCKET, forced, BUFFER_BYTES) != 0) {
            // without CAP_NET_ADMIN: as much as net.core.rmem_max and wmem_max let us
            set(fd, SOL_SOCKET, plain, BUFFER_BYTES);
        }
    }

    private void require(int fd, String what, String name, int level, int option, int value)
            throws IOException {
        int errno = set(fd, level, option, value);
        if (errno != 0) {
            throw Errno.failure(
                    what,
                    "setsockopt " + name,
                    errno,
                    errno == Errno.EPERM ? "needs root or CAP_NET_ADMIN" : "");
        }
    }

    private int set(int fd, int level, int option, int value) {
        try (Scratch scratch = new Scratch()) {
            return kernel.setsockopt(fd, level, option, scratch.integer(value), Integer.BYTES) < 0
                    ? kernel.errno()
                    : 0;
        }
    }
}
