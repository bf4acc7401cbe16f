package io.jnat.tun.pcap;

import java.net.InetSocketAddress;

/**
 * A UDP datagram of a capture.
 *
 * @param nanos after the capture's first packet
 * @param from its source
 * @param to its destination
 * @param payloadBytes of UDP payload, also where the capture kept less of it
 */
public record CapturedDatagram(
        long nanos, InetSocketAddress from, InetSocketAddress to, int payloadBytes) {}
