package io.jnat.tun;

/** What can happen to a datagram on its way into the kernel; counted by {@link UdpSockets}. */
public enum SendFault {
    /** The socket's or the device's queue is full (EAGAIN, ENOBUFS, ENOMEM). Lost. */
    QUEUE_FULL,
    /** Larger than the way out takes (EMSGSIZE). Lost. */
    TOO_BIG,
    /** A firewall on this machine forbids it (EPERM, EACCES). Lost. */
    FORBIDDEN,
    /** No way to the destination (ENETUNREACH, EHOSTUNREACH, ENETDOWN, no socket). Lost. */
    UNREACHABLE,
    /** Any other refusal. Lost. */
    OTHER,
    /** The remembered source address is gone; it was forgotten and the datagram sent once more. */
    SOURCE_REFUSED,
    /** Segmentation was refused; the datagrams were sent one by one. */
    SEGMENTATION_REFUSED
}
