package io.jnat.nat.rewrite;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;

/**
 * TCP resets in the name of a device, for rules that refuse aloud. Owner: engine thread. Allocates
 * nothing.
 */
public final class ResetSender {
    private static final int TTL = 64;

    private final ErrorLimit limit;

    /** A sender that shares a limit with others. */
    public ResetSender(ErrorLimit limit) {
        this.limit = limit;
    }

    /**
     * Answers a segment with a reset that its sender accepts (RFC 9293 section 3.10.7.1); resets
     * are never answered. The segment must look as it did when it came in.
     */
    public void send(Packet about, Emitter emitter, long nowNanos) {
        long tcp = about.address + about.transportOffset;
        int flags = Tcp.flags(tcp);
        if ((flags & Tcp.RST) != 0 || about.fragment || !limit.take(nowNanos)) {
            return;
        }
        boolean ipv6 = about.ipVersion == 6;
        int ipBytes = ipv6 ? Ipv6.HEADER_BYTES : Ipv4.MIN_HEADER_BYTES;
        Packet reset = emitter.make(ipBytes + Tcp.MIN_HEADER_BYTES);
        if (reset == null) {
            return;
        }
        long ip = reset.address;
        long header = ip + ipBytes;
        boolean acknowledged = (flags & Tcp.ACK) != 0;
        int data = about.length - about.transportOffset - about.transportHeaderLength;
        int phantoms = ((flags & Tcp.SYN) != 0 ? 1 : 0) + ((flags & Tcp.FIN) != 0 ? 1 : 0);
        Tcp.write(
                header,
                about.destinationPort,
                about.sourcePort,
                acknowledged ? Tcp.acknowledgment(tcp) : 0,
                acknowledged ? 0 : Tcp.sequence(tcp) + data + phantoms,
                acknowledged ? Tcp.RST : Tcp.RST | Tcp.ACK,
                0);
        if (ipv6) {
            writeIpv6(ip, about.address);
        } else {
            int from = Ipv4.destination(about.address);
            int to = Ipv4.source(about.address);
            Ipv4.write(ip, 0, ipBytes + Tcp.MIN_HEADER_BYTES, TTL, Protocol.TCP, from, to);
        }
        int version = about.ipVersion;
        long sum =
                (long) Checksum.pseudoHeader(ip, version, Protocol.TCP, Tcp.MIN_HEADER_BYTES)
                        + Checksum.sum(header, Tcp.MIN_HEADER_BYTES);
        Tcp.setChecksum(header, Checksum.complement(sum));
        reset.outLink = about.inLink;
        reset.outPeer = about.inPeer;
        reset.inLink = about.inLink;
        reset.inPeer = about.inPeer;
        emitter.emit(reset);
    }

    private static void writeIpv6(long ip, long about) {
        Ipv6.write(ip, 0, Tcp.MIN_HEADER_BYTES, Protocol.TCP, TTL);
        Ipv6.setSource(ip, Ipv6.destinationHigh(about), Ipv6.destinationLow(about));
        Ipv6.setDestination(ip, Ipv6.sourceHigh(about), Ipv6.sourceLow(about));
    }
}
