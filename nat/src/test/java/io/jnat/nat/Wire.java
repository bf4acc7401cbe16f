package io.jnat.nat;

import io.jnat.nat.rule.Ipv4Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IcmpV4EchoReplyPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc791Tos;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IcmpV4Code;
import org.pcap4j.packet.namednumber.IcmpV4Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.TcpPort;
import org.pcap4j.packet.namednumber.UdpPort;

/** Builds and reads packets with pcap4j, which knows nothing of jnat's parser and checksums. */
final class Wire {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    private Wire() {}

    static byte[] udp(String from, int fromPort, String to, int toPort, int payloadBytes) {
        return udp(from, fromPort, to, toPort, payload(payloadBytes), true, true);
    }

    static byte[] udp(
            String from,
            int fromPort,
            String to,
            int toPort,
            byte[] payload,
            boolean checksum,
            boolean dontFragment) {
        UdpPacket.Builder udp = new UdpPacket.Builder();
        udp.srcPort(UdpPort.getInstance((short) fromPort))
                .dstPort(UdpPort.getInstance((short) toPort))
                .srcAddr(address(from))
                .dstAddr(address(to))
                .payloadBuilder(new UnknownPacket.Builder().rawData(payload))
                .correctLengthAtBuild(true)
                .correctChecksumAtBuild(checksum);
        return ip(from, to, IpNumber.UDP, udp, dontFragment);
    }

    static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        return tcp(from, fromPort, to, toPort, flags, 1000, 2000, 0, 0);
    }

    static byte[] tcp(
            String from,
            int fromPort,
            String to,
            int toPort,
            int flags,
            int sequence,
            int ack,
            int payloadBytes,
            int mss) {
        TcpPacket.Builder tcp = new TcpPacket.Builder();
        tcp.srcPort(TcpPort.getInstance((short) fromPort))
                .dstPort(TcpPort.getInstance((short) toPort))
                .srcAddr(address(from))
                .dstAddr(address(to))
                .sequenceNumber(sequence)
                .acknowledgmentNumber(ack)
                .window((short) 8192)
                .syn((flags & SYN) != 0)
                .fin((flags & FIN) != 0)
                .rst((flags & RST) != 0)
                .ack((flags & ACK) != 0)
                .paddingAtBuild(true)
                .correctLengthAtBuild(true)
                .correctChecksumAtBuild(true);
        if (mss > 0) {
            tcp.options(
                    java.util.List.of(
                            new TcpMaximumSegmentSizeOption.Builder()
                                    .maxSegSize((short) mss)
                                    .correctLengthAtBuild(true)
                                    .build()));
        }
        if (payloadBytes > 0) {
            tcp.payloadBuilder(new UnknownPacket.Builder().rawData(payload(payloadBytes)));
        }
        return ip(from, to, IpNumber.TCP, tcp, true);
    }

    static byte[] echo(String from, String to, int identifier, boolean request, int bytes) {
        IcmpV4CommonPacket.Builder icmp =
                new IcmpV4CommonPacket.Builder()
                        .type(request ? IcmpV4Type.ECHO : IcmpV4Type.ECHO_REPLY)
                        .code(IcmpV4Code.NO_CODE)
                        .correctChecksumAtBuild(true);
        UnknownPacket.Builder rest = new UnknownPacket.Builder().rawData(payload(bytes));
        if (request) {
            icmp.payloadBuilder(
                    new IcmpV4EchoPacket.Builder()
                            .identifier((short) identifier)
                            .sequenceNumber((short) 7)
                            .payloadBuilder(rest));
        } else {
            icmp.payloadBuilder(
                    new IcmpV4EchoReplyPacket.Builder()
                            .identifier((short) identifier)
                            .sequenceNumber((short) 7)
                            .payloadBuilder(rest));
        }
        return ip(from, to, IpNumber.ICMPV4, icmp, true);
    }

    /** The same packet with another TTL. */
    static byte[] withTtl(byte[] packet, int ttl) {
        byte[] changed = packet.clone();
        changed[8] = (byte) ttl;
        put16(changed, 10, 0);
        put16(changed, 10, onesComplement(changed, 0, (changed[0] & 0xf) * 4));
        return changed;
    }

    /** An ICMP error of a type and code that quotes the start of a packet. */
    static byte[] error(String from, String to, int type, int code, int rest, byte[] quoted) {
        int quotedBytes = Math.min(quoted.length, 64);
        byte[] icmp = new byte[8 + quotedBytes];
        icmp[0] = (byte) type;
        icmp[1] = (byte) code;
        icmp[6] = (byte) (rest >>> 8);
        icmp[7] = (byte) rest;
        System.arraycopy(quoted, 0, icmp, 8, quotedBytes);
        int checksum = onesComplement(icmp, 0, icmp.length);
        icmp[2] = (byte) (checksum >>> 8);
        icmp[3] = (byte) checksum;
        return raw(from, to, 1, icmp);
    }

    static byte[] raw(String from, String to, int protocol, byte[] payload) {
        return ip(
                from,
                to,
                IpNumber.getInstance((byte) protocol),
                new UnknownPacket.Builder().rawData(payload),
                false);
    }

    /** Cuts a packet to fragments of at most {@code mtu} bytes. */
    static byte[][] fragments(byte[] packet, int mtu, int id) {
        int step = (mtu - 20) / 8 * 8;
        int payload = packet.length - 20;
        int count = (payload + step - 1) / step;
        byte[][] pieces = new byte[count][];
        for (int at = 0; at < count; at++) {
            int bytes = Math.min(step, payload - at * step);
            byte[] piece = new byte[20 + bytes];
            System.arraycopy(packet, 0, piece, 0, 20);
            System.arraycopy(packet, 20 + at * step, piece, 20, bytes);
            int flags = at * step / 8 | (at < count - 1 ? 0x2000 : 0);
            put16(piece, 2, piece.length);
            put16(piece, 4, id);
            put16(piece, 6, flags);
            put16(piece, 10, 0);
            put16(piece, 10, onesComplement(piece, 0, 20));
            pieces[at] = piece;
        }
        return pieces;
    }

    /** Puts fragments that came in any order together again; all must be of one packet. */
    static byte[] reassemble(java.util.List<byte[]> pieces) {
        int length = 0;
        for (byte[] piece : pieces) {
            length = Math.max(length, (get16(piece, 6) & 0x1fff) * 8 + piece.length - 20);
        }
        byte[] whole = new byte[20 + length];
        byte[] first = pieces.get(0);
        System.arraycopy(first, 0, whole, 0, 20);
        for (byte[] piece : pieces) {
            boolean same =
                    Arrays.equals(first, 12, 20, piece, 12, 20) // addresses
                            && get16(first, 4) == get16(piece, 4)
                            && first[9] == piece[9];
            if (!same || onesComplement(piece, 0, 20) != 0) {
                throw new AssertionError("fragments do not belong together: " + pieces);
            }
            int offset = (get16(piece, 6) & 0x1fff) * 8;
            System.arraycopy(piece, 20, whole, 20 + offset, piece.length - 20);
        }
        put16(whole, 2, whole.length);
        put16(whole, 6, 0);
        put16(whole, 10, 0);
        put16(whole, 10, onesComplement(whole, 0, 20));
        return whole;
    }

    static byte[] payload(int bytes) {
        byte[] payload = new byte[bytes];
        for (int at = 0; at < bytes; at++) {
            payload[at] = (byte) (at * 7 + 3);
        }
        return payload;
    }

    /** Reads a packet and checks every checksum that pcap4j knows. */
    static IpV4Packet read(byte[] bytes) {
        try {
            IpV4Packet packet = IpV4Packet.newPacket(bytes, 0, bytes.length);
            if (!packet.getHeader().hasValidChecksum(false)) {
                throw new AssertionError("wrong IP checksum: " + packet);
            }
            checkTransport(packet);
            return packet;
        } catch (IllegalRawDataException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private static void checkTransport(IpV4Packet packet) {
        Inet4Address from = packet.getHeader().getSrcAddr();
        Inet4Address to = packet.getHeader().getDstAddr();
        UdpPacket udp = packet.get(UdpPacket.class);
        boolean right = true;
        if (packet.getPayload() instanceof UdpPacket) {
            right = udp.hasValidChecksum(from, to, true);
        } else if (packet.getPayload() instanceof TcpPacket tcp) {
            right = tcp.hasValidChecksum(from, to, false);
        } else if (packet.getPayload() instanceof IcmpV4CommonPacket) {
            byte[] raw = packet.getPayload().getRawData();
            right = onesComplement(raw, 0, raw.length) == 0;
        }
        if (!right) {
            throw new AssertionError("wrong checksum: " + packet);
        }
    }

    static int onesComplement(byte[] bytes, int offset, int length) {
        long sum = 0;
        for (int at = 0; at < length; at++) {
            int value = bytes[offset + at] & 0xff;
            sum += (at & 1) == 0 ? value << 8 : value;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }

    static int get16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    static int ip(String address) {
        return Ipv4Prefix.parseAddress(address);
    }

    private static byte[] ip(
            String from,
            String to,
            IpNumber protocol,
            Packet.Builder payload,
            boolean dontFragment) {
        return new IpV4Packet.Builder()
                .version(IpVersion.IPV4)
                .tos(IpV4Rfc791Tos.newInstance((byte) 0xb8))
                .identification((short) 4711)
                .dontFragmentFlag(dontFragment)
                .ttl((byte) 57)
                .protocol(protocol)
                .srcAddr(address(from))
                .dstAddr(address(to))
                .payloadBuilder(payload)
                .correctChecksumAtBuild(true)
                .correctLengthAtBuild(true)
                .build()
                .getRawData();
    }

    static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }
}
