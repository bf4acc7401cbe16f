package io.jnat.tun.linux;

/** Numbers of Linux's socket interface (asm-generic: the same on amd64 and aarch64). */
final class SocketConstants {
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;

    static final int SOL_SOCKET = 1;
    static final int SO_SNDBUF = 7;
    static final int SO_RCVBUF = 8;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_RCVBUFFORCE = 33;
    static final int SO_MARK = 36;

    static final int SOL_IP = 0;
    static final int IP_TOS = 1;
    static final int IP_PKTINFO = 8;
    static final int IP_MTU_DISCOVER = 10;
    static final int IP_RECVTOS = 13;

    static final int SOL_IPV6 = 41;
    static final int IPV6_MTU_DISCOVER = 23;
    static final int IPV6_V6ONLY = 26;
    static final int IPV6_RECVPKTINFO = 49;
    static final int IPV6_PKTINFO = 50;
    static final int IPV6_RECVTCLASS = 66;
    static final int IPV6_TCLASS = 67;

    static final int IPV6_DONTFRAG = 62;

    /** The kernel may fragment, to what it knows of the path's MTU. */
    static final int IPV6_PMTUDISC_DONT = 0;

    /** Nobody may fragment; the path's MTU is only that of the interface. */
    static final int IP_PMTUDISC_PROBE = 3;

    /** Everybody may fragment; the path's MTU is only that of the interface. */
    static final int IP_PMTUDISC_OMIT = 5;

    static final int SOL_UDP = 17;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;

    static final int MSG_CTRUNC = 8;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;

    private SocketConstants() {}
}
