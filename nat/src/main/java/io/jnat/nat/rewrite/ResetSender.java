package io.jnat.nat.rewrite;

import io.jnat.core.engine.Emitter;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ipv4;
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
        int bytes = Ipv4.MIN_HEADER_BYTES + Tcp.MIN_HEADER_BYTES;
        Packet reset = emitter.make(bytes);
        if (reset == null) {
            return;
        }
        long ip = reset.address;
        long header = ip + Ipv4.MIN_HEADER_BYTES;
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
        int from = Ipv4.destination(about.address);
        int to = Ipv4.source(about.address);
        Ipv4.write(ip, 0, bytes, TTL, Protocol.TCP, from, to);
        long sum =
                (long) Checksum.pseudoHeaderIpv4(ip, Protocol.TCP, Tcp.MIN_HEADER_BYTES)
                        + Checksum.sum(header, Tcp.MIN_HEADER_BYTES);
        Tcp.setChecksum(header, Checksum.complement(sum));
        reset.outLink = about.inLink;
        reset.outPeer = about.inPeer;
        reset.inLink = about.inLink;
        reset.inPeer = about.inPeer;
        emitter.emit(reset);
    }
}
