package io.jnat.tun;

/**
 * How to open the tunnel's sockets.
 *
 * @param port local UDP port of both families; 0 lets the kernel pick one that is free in both
 * @param mark firewall mark of what is sent (SO_MARK); 0 for none
 * @param offload whether the kernel may gather and cut datagrams (UDP_GRO, UDP_SEGMENT)
 */
public record SocketOptions(int port, int mark, boolean offload) {
    /** Checks the values. */
    public SocketOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " (expected: 0 to 65535)");
        }
    }
}
