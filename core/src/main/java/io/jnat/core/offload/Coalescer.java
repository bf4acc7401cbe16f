package io.jnat.core.offload;

import io.jnat.core.packet.Burst;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.wire.Checksum;
import io.jnat.core.wire.Ip;
import io.jnat.core.wire.Ipv4;
import io.jnat.core.wire.Ipv6;
import io.jnat.core.wire.PacketParser;
import io.jnat.core.wire.Protocol;
import io.jnat.core.wire.Tcp;
import io.jnat.core.wire.Udp;
import java.util.Arrays;

/**
 * Makes super-frames of neighbouring segments: in step 3 of what came from the tunnel, so that the
 * steps behind it, and the write to the device, are done once for all of them; before step 8 of
 * what goes from device to device, for the write alone.
 *
 * <ol>
 *   <li>Packets are gathered in <em>trains</em>, at most one open train for a flow. What can't join
 *       its flow's train ends it, so the order within a flow is kept; between flows it is not.
 *   <li>A train of two or more is copied together in the burst's room for made packets, and stands
 *       in the list where its first packet stood.
 * </ol>
 *
 * <p>What joins is what {@link Segmenter} cuts to the same packets again: headers that differ only
 * in length, IPv4 identification, TCP sequence number and checksum. The device is told that the
 * checksum is partial, which makes the kernel trust the payload; so each packet's checksum is
 * verified before it joins, but for those that came with a partial one, which the kernel trusts
 * already. Allocates nothing. Owner: one engine thread.
 */
public final class Coalescer {
    /** Choice of our own: one open train for each value of the flows' hash. */
    private static final int BUCKETS = 64;

    /** Largest super-frame, headers included. */
    private static final int MAX_BYTES = 65_535;

    /** Most segments; what a segmented UDP send takes (UDP_MAX_SEGMENTS of old). */
    private static final int MAX_SEGMENTS = 64;

    private static final int NONE = -1;
    private static final int TCP_RESERVED_BITS = 0x0f;

    /** By bucket: index of the first packet of the train that is open, or {@link #NONE}. */
    private final int[] open = new int[BUCKETS];

    /** By packet: the next one of its train, or {@link #NONE}. */
    private final int[] next = new int[Burst.MAX_PACKETS];

    /** By packet: whether it stands behind another in a train. */
    private final boolean[] joined = new boolean[Burst.MAX_PACKETS];

    /** By first packet of a train: the last one. */
    private final int[] last = new int[Burst.MAX_PACKETS];

    /** By first packet of a train: how many there are. */
    private final int[] segments = new int[Burst.MAX_PACKETS];

    /** By first packet of a train: bytes of payload. */
    private final int[] payload = new int[Burst.MAX_PACKETS];

    private final int tunnelLink;

    /**
     * A coalescer with its scratch state.
     *
     * @param tunnelLink what leaves by this link takes no part: it has been cut and staged
     */
    public Coalescer(int tunnelLink) {
        this.tunnelLink = tunnelLink;
    }

    /** Replaces runs of packets of one flow by super-frames, in place in the burst's list. */
    public void coalesce(Burst burst) {
        if (burst.count > 1 && gather(burst)) {
            join(burst);
        }
    }

    /** Finds the trains; returns whether there is one of two or more packets. */
    private boolean gather(Burst burst) {
        boolean found = false;
        Arrays.fill(open, NONE);
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            next[at] = NONE;
            joined[at] = false;
            segments[at] = 1;
            last[at] = at;
            if (packet.verdict != Packet.FORWARD
                    || packet.outLink == tunnelLink
                    || PacketParser.parse(packet) != null) {
                continue; // does not go on
            }
            if (packet.fragment) {
                Arrays.fill(open, NONE); // of which flow is not seen here
                continue;
            }
            if (packet.protocol == Protocol.TCP || packet.protocol == Protocol.UDP) {
                found |= board(burst, at, packet);
            }
        }
        return found;
    }

    /** Lets a packet join its flow's train, or begin one; returns whether it has joined. */
    private boolean board(Burst burst, int at, Packet packet) {
        int bucket = bucket(packet);
        int first = open[bucket];
        boolean fit = isPlain(packet);
        if (fit && first != NONE && joins(burst.packets[first], first, packet)) {
            next[last[first]] = at;
            last[first] = at;
            joined[at] = true;
            segments[first]++;
            payload[first] += payloadLength(packet);
            if (endsTrain(packet)
                    || payloadLength(packet) < payloadLength(burst.packets[first])
                    || segments[first] == MAX_SEGMENTS) {
                open[bucket] = NONE;
            }
            return true;
        }
        payload[at] = fit ? payloadLength(packet) : 0;
        open[bucket] = fit && !endsTrain(packet) ? at : NONE;
        return false;
    }

    private static int bucket(Packet packet) {
        return (int) (Ip.flowHash(packet.address, packet.transportOffset) >>> 58);
    }

    private static int payloadLength(Packet packet) {
        return packet.length - packet.transportOffset - packet.transportHeaderLength;
    }

    /** Whether it may be part of a super-frame at all. */
    private static boolean isPlain(Packet packet) {
        int fixedHeader = packet.ipVersion == 4 ? Ipv4.MIN_HEADER_BYTES : Ipv6.HEADER_BYTES;
        if (packet.transportOffset != fixedHeader
                || packet.gsoSize != 0
                || payloadLength(packet) <= 0) {
            return false;
        }
        long transport = packet.address + packet.transportOffset;
        if (packet.protocol == Protocol.UDP) {
            return Udp.checksum(transport) != Udp.NO_CHECKSUM
                    && Udp.length(transport) == packet.length - packet.transportOffset;
        }
        return (Tcp.flags(transport) & ~(Tcp.PSH | Tcp.FIN)) == Tcp.ACK
                && (Tcp.dataOffsetAndReserved(transport) & TCP_RESERVED_BITS) == 0;
    }

    /** PSH and FIN stand on the last segment only. */
    private static boolean endsTrain(Packet packet) {
        return packet.protocol == Protocol.TCP
                && (Tcp.flags(packet.address + packet.transportOffset) & (Tcp.PSH | Tcp.FIN)) != 0;
    }

    private boolean joins(Packet head, int first, Packet packet) {
        if (payloadLength(packet) > payloadLength(head)
                || head.length + payload[first] - payloadLength(head) + payloadLength(packet)
                        > MAX_BYTES
                || head.inPeer != packet.inPeer
                || head.inLink != packet.inLink
                || head.outLink != packet.outLink
                || head.protocol != packet.protocol
                || head.ipVersion != packet.ipVersion) {
            return false;
        }
        boolean sameIp =
                packet.ipVersion == 4
                        ? sameIpv4(head.address, packet.address, segments[first])
                        : sameIpv6(head.address, packet.address);
        if (!sameIp) {
            return false;
        }
        long before = head.address + head.transportOffset;
        long after = packet.address + packet.transportOffset;
        boolean sameTransport =
                Memory.getInt(before) == Memory.getInt(after) // ports
                        && (packet.protocol == Protocol.UDP
                                || continuesTcp(before, after, payload[first]));
        return sameTransport && isVerified(head) && isVerified(packet);
    }

    private static boolean sameIpv4(long head, long ip, int segments) {
        return Memory.getShort(head) == Memory.getShort(ip) // version, header length, TOS
                && Ipv4.source(head) == Ipv4.source(ip)
                && Ipv4.destination(head) == Ipv4.destination(ip)
                && Ipv4.ttl(head) == Ipv4.ttl(ip)
                && Ipv4.flagsAndOffset(head) == Ipv4.flagsAndOffset(ip)
                // without DF the identification has a meaning (RFC 6864 section 4)
                && (Ipv4.dontFragment(ip)
                        || (Ipv4.identification(head) + segments & 0xffff)
                                == Ipv4.identification(ip));
    }

    private static boolean sameIpv6(long head, long ip) {
        return Memory.getInt(head) == Memory.getInt(ip) // version, class, flow label
                && Ipv6.hopLimit(head) == Ipv6.hopLimit(ip)
                && Ipv6.sourceHigh(head) == Ipv6.sourceHigh(ip)
                && Ipv6.sourceLow(head) == Ipv6.sourceLow(ip)
                && Ipv6.destinationHigh(head) == Ipv6.destinationHigh(ip)
                && Ipv6.destinationLow(head) == Ipv6.destinationLow(ip);
    }

    private static boolean continuesTcp(long head, long tcp, int bytesBefore) {
        int headerLength = Tcp.headerLength(head);
        if (Tcp.sequence(tcp) != Tcp.sequence(head) + bytesBefore
                || Tcp.acknowledgment(tcp) != Tcp.acknowledgment(head)
                || Tcp.headerLength(tcp) != headerLength
                || Tcp.window(tcp) != Tcp.window(head)
                || Tcp.urgentPointer(tcp) != Tcp.urgentPointer(head)) {
            return false;
        }
        for (int at = Tcp.MIN_HEADER_BYTES; at < headerLength; at += Integer.BYTES) {
            if (Memory.getInt(head + at) != Memory.getInt(tcp + at)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVerified(Packet packet) {
        if (!packet.checksumValid && !packet.needsChecksum) {
            int bytes = packet.length - packet.transportOffset;
            long sum =
                    (long)
                                    Checksum.pseudoHeader(
                                            packet.address,
                                            packet.ipVersion,
                                            packet.protocol,
                                            bytes)
                            + Checksum.sum(packet.address + packet.transportOffset, bytes);
            packet.checksumValid = Checksum.complement(sum) == 0;
        }
        return packet.checksumValid || packet.needsChecksum;
    }

    /** Replaces each train by its super-frame and closes the gaps in the list. */
    private void join(Burst burst) {
        Packet[] packets = burst.packets;
        int kept = 0;
        for (int at = 0; at < burst.count; at++) {
            if (joined[at]) {
                continue;
            }
            if (segments[at] > 1) {
                build(burst, at);
            }
            Packet packet = packets[at];
            packets[at] = packets[kept];
            packets[kept++] = packet;
        }
        burst.count = kept;
    }

    private void build(Burst burst, int first) {
        Packet head = burst.packets[first];
        int headers = head.transportOffset + head.transportHeaderLength;
        int gsoSize = payloadLength(head);
        int length = headers + payload[first];
        long room = burst.make(length);
        if (room == 0) {
            for (int at = next[first]; at != NONE; at = next[at]) {
                joined[at] = false; // they go on one by one, where they stand
            }
            return;
        }
        Memory.copy(head.address, room, head.length);
        long to = room + head.length;
        for (int at = next[first]; at != NONE; at = next[at]) {
            Packet packet = burst.packets[at];
            int bytes = payloadLength(packet);
            Memory.copy(packet.address + headers, to, bytes);
            to += bytes;
        }
        head.address = room;
        head.length = length;
        head.gsoSize = gsoSize;
        head.needsChecksum = true;
        head.checksumValid = false;
        head.checksumStart = head.transportOffset;
        writeHeaders(head, burst.packets[last[first]]);
    }

    private static void writeHeaders(Packet head, Packet tail) {
        long ip = head.address;
        long transport = ip + head.transportOffset;
        int transportLength = head.length - head.transportOffset;
        int pseudoHeader =
                Checksum.pseudoHeader(ip, head.ipVersion, head.protocol, transportLength);
        if (head.ipVersion == 4) {
            Ipv4.setTotalLengthUpdatingChecksum(ip, head.length);
        } else {
            Ipv6.setPayloadLength(ip, head.length - Ipv6.HEADER_BYTES);
        }
        if (head.protocol == Protocol.TCP) {
            head.gsoType = head.ipVersion == 4 ? Packet.GSO_TCP4 : Packet.GSO_TCP6;
            head.checksumOffset = Tcp.CHECKSUM;
            Tcp.setFlags(transport, Tcp.flags(tail.address + tail.transportOffset));
            Tcp.setChecksum(transport, pseudoHeader);
        } else {
            head.gsoType = Packet.GSO_UDP;
            head.checksumOffset = Udp.CHECKSUM;
            Udp.setLength(transport, transportLength);
            Udp.setChecksum(transport, pseudoHeader);
        }
    }
}
