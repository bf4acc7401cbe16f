package io.jnat.tun.linux;

/**
 * Sockets that are bound to one port.
 *
 * @param four descriptor of the IPv4 socket
 * @param six descriptor of the IPv6 socket; -1 when the system does not have IPv6
 * @param port their port
 */
record UdpSocketPair(int four, int six, int port) {}
