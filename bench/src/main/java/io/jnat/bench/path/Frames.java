package io.jnat.bench.path;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;

/** Writes IPv4 packets into native memory. The payload is what lies there already. */
public final class Frames {
    /** Bytes of the headers in front of a UDP payload. */
    public static final int UDP_HEADERS = Ipv4.MIN_HEADER_BYTES + Udp.HEADER_BYTES;

    /** Bytes of the headers in front of a TCP payload. */
    public static final int TCP_HEADERS = Ipv4.MIN_HEADER_BYTES + Tcp.MIN_HEADER_BYTES;

    private static final int TTL = 64;
    private static final int WINDOW = 8192;

    private Frames() {}

    /** Who speaks to whom; addresses as {@code Ipv4Prefix.parseAddress} gives them. */
    public record Flow(int source, int sourcePort, int destination, int destinationPort) {}

    /**
     * Writes the headers of a UDP datagram, its checksum complete.
     *
     * @return bytes of the packet
     */
    public static int udp(long ip, Flow flow, int payloadBytes) {
        int transportBytes = Udp.HEADER_BYTES + payloadBytes;
        int bytes = Ipv4.MIN_HEADER_BYTES + transportBytes;
        long udp = ip + Ipv4.MIN_HEADER_BYTES;
        Ipv4.write(ip, 0, bytes, TTL, Protocol.UDP, flow.source, flow.destination);
        Udp.write(udp, flow.sourcePort, flow.destinationPort, transportBytes);
        Udp.setChecksum(udp, Checksum.pseudoHeaderIpv4(ip, Protocol.UDP, transportBytes));
        Udp.setComputedChecksum(udp, Checksum.of(udp, transportBytes));
        return bytes;
    }

    /**
     * Describes a UDP super-frame (USO) and writes its headers, its checksum partial.
     *
     * @param packet is reset; its bytes begin at {@code ip}
     */
    public static void udpTrain(Packet packet, long ip, Flow flow, int segmentBytes, int segments) {
        int transportBytes = Udp.HEADER_BYTES + segmentBytes * segments;
        long udp = ip + Ipv4.MIN_HEADER_BYTES;
        Ipv4.write(
                ip,
                0,
                Ipv4.MIN_HEADER_BYTES + transportBytes,
                TTL,
                Protocol.UDP,
                flow.source,
                flow.destination);
        Udp.write(udp, flow.sourcePort, flow.destinationPort, transportBytes);
        Udp.setChecksum(udp, Checksum.pseudoHeaderIpv4(ip, Protocol.UDP, transportBytes));
        train(packet, ip, Ipv4.MIN_HEADER_BYTES + transportBytes, segmentBytes);
        packet.gsoType = Packet.GSO_UDP;
        packet.checksumOffset = Udp.CHECKSUM;
    }

    /**
     * Writes the headers of a TCP segment that carries data, its checksum complete.
     *
     * @return bytes of the packet
     */
    public static int tcp(long ip, Flow flow, int sequence, int payloadBytes) {
        int transportBytes = Tcp.MIN_HEADER_BYTES + payloadBytes;
        long tcp = writeTcp(ip, flow, sequence, transportBytes);
        Tcp.setChecksum(tcp, Checksum.of(tcp, transportBytes));
        return Ipv4.MIN_HEADER_BYTES + transportBytes;
    }

    /**
     * Describes a TCP super-frame (TSO) and writes its headers, its checksum partial.
     *
     * @param packet is reset; its bytes begin at {@code ip}
     */
    public static void tcpTrain(Packet packet, long ip, Flow flow, int segmentBytes, int segments) {
        int transportBytes = Tcp.MIN_HEADER_BYTES + segmentBytes * segments;
        writeTcp(ip, flow, 1, transportBytes);
        train(packet, ip, Ipv4.MIN_HEADER_BYTES + transportBytes, segmentBytes);
        packet.gsoType = Packet.GSO_TCP4;
        packet.checksumOffset = Tcp.CHECKSUM;
    }

    private static long writeTcp(long ip, Flow flow, int sequence, int transportBytes) {
        long tcp = ip + Ipv4.MIN_HEADER_BYTES;
        Ipv4.write(
                ip,
                0,
                Ipv4.MIN_HEADER_BYTES + transportBytes,
                TTL,
                Protocol.TCP,
                flow.source,
                flow.destination);
        Tcp.write(tcp, flow.sourcePort, flow.destinationPort, sequence, 1, Tcp.ACK, WINDOW);
        Tcp.setChecksum(tcp, Checksum.pseudoHeaderIpv4(ip, Protocol.TCP, transportBytes));
        return tcp;
    }

    private static void train(Packet packet, long ip, int bytes, int segmentBytes) {
        packet.reset(ip, bytes);
        packet.gsoSize = segmentBytes;
        packet.needsChecksum = true;
        packet.checksumStart = Ipv4.MIN_HEADER_BYTES;
    }

    /** Where the payload of a packet that {@link #udp} wrote begins. */
    public static long udpPayload(long ip) {
        return ip + UDP_HEADERS;
    }

    /** Fills memory with a pattern. */
    public static void fill(long address, int bytes) {
        for (int at = 0; at < bytes; at++) {
            Memory.putByte(address + at, at * 7 + 3);
        }
    }
}
