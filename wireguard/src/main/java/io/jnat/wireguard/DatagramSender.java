package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;

/** Sends single datagrams by the tunnel's sockets, for handshakes. */
@FunctionalInterface
public interface DatagramSender {
    /**
     * Sends one datagram. Handshake thread. Does not throw when the kernel refuses it: a lost
     * handshake message is sent again by the protocol.
     *
     * @param datagram its bytes, from 0
     * @param length how many
     * @param to remote side, and the local address to send from where it is known
     * @param tos the outer TOS byte
     */
    void send(byte[] datagram, int length, Endpoint to, int tos);
}
