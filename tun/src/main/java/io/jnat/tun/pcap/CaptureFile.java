package io.jnat.tun.pcap;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpPacket;
import org.pcap4j.packet.IpSelector;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.namednumber.DataLinkType;

/** Reads captures, pcap and pcapng, as tcpdump and Wireshark write them. Needs libpcap. */
public final class CaptureFile {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What {@code tcpdump -i any} writes today; pcap4j does not know it. */
    private static final int LINUX_SLL2 = 276;

    private static final int SLL2_HEADER_BYTES = 20;
    private static final int ETHERNET_HEADER_BYTES = 14;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int VLAN_TAG = 0x8100;
    private static final int PROVIDER_TAG = 0x88a8;
    private static final int PPPOE_SESSION = 0x8864;
    private static final int PPP_IPV4 = 0x0021;
    private static final int PPP_IPV6 = 0x0057;

    /** BSD loopback, Ethernet, PPP, raw IP, PPP over serial lines, and both of {@code -i any}. */
    private static final Set<Integer> READ = Set.of(0, 1, 9, 12, 50, 113, LINUX_SLL2);

    private CaptureFile() {}

    /**
     * The UDP datagrams of a capture, in order of time. Fragments and everything that is not UDP
     * over IP are left out.
     *
     * @param most datagrams that are read at most
     * @throws IOException naming the file and what is wrong with it
     */
    public static List<CapturedDatagram> datagrams(Path file, int most) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(file + ": no such file, or it cannot be read");
        }
        try (PcapHandle handle = Pcaps.openOffline(file.toString(), TimestampPrecision.NANO)) {
            List<CapturedDatagram> datagrams = read(handle, most);
            if (datagrams.isEmpty() && !READ.contains(handle.getDlt().value())) {
                throw new IOException(
                        file
                                + ": captured with link type "
                                + handle.getDlt()
                                + ", in which jnat finds no IP packets (expected: one of an Ethernet"
                                + " interface, or of tcpdump -i any)");
            }
            return datagrams;
        } catch (PcapNativeException | NotOpenException wrong) {
            throw new IOException(
                    file + ": not a capture that libpcap reads: " + wrong.getMessage(), wrong);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError absent) {
            throw new IOException(
                    "libpcap is missing; install it so: sudo apt-get install libpcap0.8", absent);
        }
    }

    private static List<CapturedDatagram> read(PcapHandle handle, int most)
            throws PcapNativeException, NotOpenException {
        List<CapturedDatagram> datagrams = new ArrayList<>();
        // One object for each, and not two for each datagram, which would be most of the memory.
        Map<InetSocketAddress, InetSocketAddress> endpoints = new HashMap<>();
        int linkType = handle.getDlt().value();
        long firstNanos = 0;
        boolean begun = false;
        try {
            while (datagrams.size() < most) {
                Packet packet = next(handle, linkType);
                long nanos = nanos(handle.getTimestamp());
                if (!begun) {
                    begun = true;
                    firstNanos = nanos;
                }
                CapturedDatagram datagram =
                        packet == null ? null : datagram(nanos - firstNanos, packet);
                if (datagram != null) {
                    datagrams.add(
                            new CapturedDatagram(
                                    datagram.nanos(),
                                    endpoints.computeIfAbsent(datagram.from(), from -> from),
                                    endpoints.computeIfAbsent(datagram.to(), to -> to),
                                    datagram.payloadBytes()));
                }
            }
        } catch (EOFException | TimeoutException end) {
            // That was all.
        } catch (PcapNativeException wrong) {
            // Of a capture that was cut off while it was written, what is whole counts.
            if (datagrams.isEmpty() || !String.valueOf(wrong.getMessage()).contains("truncated")) {
                throw wrong;
            }
        }
        datagrams.sort(Comparator.comparingLong(CapturedDatagram::nanos));
        return datagrams;
    }

    /** Null for one that pcap4j trips over: an empty one, some whose headers are cut off. */
    private static @Nullable Packet next(PcapHandle handle, int linkType)
            throws PcapNativeException, NotOpenException, EOFException, TimeoutException {
        try {
            return withoutHeader(handle.getNextPacketEx(), linkType);
        } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
            return null;
        }
    }

    /** What lies behind headers that pcap4j does not know. */
    private static Packet withoutHeader(Packet packet, int linkType) {
        if (packet.contains(IpPacket.class)) {
            return packet;
        }
        byte[] frame = packet.getRawData();
        int at = ipOffset(ByteBuffer.wrap(frame), linkType);
        try {
            return at == 0 ? packet : IpSelector.newPacket(frame, at, frame.length - at);
        } catch (IllegalRawDataException notIp) {
            return packet;
        }
    }

    /**
     * Where an IP packet begins; 0: there is none. Behind an Ethernet or SLL2 header there may be
     * tags of VLANs (IEEE 802.1Q, also a provider's, 802.1ad), and PPPoE (RFC 2516).
     */
    private static int ipOffset(ByteBuffer frame, int linkType) {
        if (linkType != LINUX_SLL2 && linkType != DataLinkType.EN10MB.value()) {
            return 0;
        }
        int at = linkType == LINUX_SLL2 ? SLL2_HEADER_BYTES : ETHERNET_HEADER_BYTES;
        int type = Short.toUnsignedInt(frame.getShort(linkType == LINUX_SLL2 ? 0 : at - 2));
        while (type == VLAN_TAG || type == PROVIDER_TAG) {
            type = Short.toUnsignedInt(frame.getShort(at + 2));
            at += 4;
        }
        if (type == PPPOE_SESSION) {
            int protocol = Short.toUnsignedInt(frame.getShort(at + 6));
            type = protocol == PPP_IPV4 ? IPV4 : protocol == PPP_IPV6 ? IPV6 : 0;
            at += 8;
        }
        return type == IPV4 || type == IPV6 ? at : 0;
    }

    /** Null if it is not UDP over IP; what an ICMP error quotes was not sent. */
    private static @Nullable CapturedDatagram datagram(long nanos, Packet packet) {
        IpPacket ip = null;
        for (Packet layer : packet) {
            if (layer instanceof IcmpV4CommonPacket || layer instanceof IcmpV6CommonPacket) {
                return null;
            }
            if (layer instanceof IpPacket outer) {
                ip = outer;
            } else if (layer instanceof UdpPacket udp && ip != null) {
                return datagram(nanos, ip, udp);
            }
        }
        return null;
    }

    private static CapturedDatagram datagram(long nanos, IpPacket ip, UdpPacket udp) {
        UdpPacket.UdpHeader header = udp.getHeader();
        return new CapturedDatagram(
                Math.max(0, nanos),
                new InetSocketAddress(
                        ip.getHeader().getSrcAddr(), header.getSrcPort().valueAsInt()),
                new InetSocketAddress(
                        ip.getHeader().getDstAddr(), header.getDstPort().valueAsInt()),
                Math.max(0, header.getLengthAsInt() - header.length()));
    }

    private static long nanos(Timestamp time) {
        return time.getTime() / 1000 * 1000 * NANOS_PER_MILLI + time.getNanos();
    }
}
