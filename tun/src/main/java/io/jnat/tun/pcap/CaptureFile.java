package io.jnat.tun.pcap;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
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
import org.pcap4j.packet.UnknownPacket;

/** Reads captures, pcap and pcapng, as tcpdump and Wireshark write them. Needs libpcap. */
public final class CaptureFile {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What {@code tcpdump -i any} writes today; pcap4j does not know it. */
    private static final int LINUX_SLL2 = 276;

    private static final int SLL2_HEADER_BYTES = 20;

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
        boolean cooked = handle.getDlt().value() == LINUX_SLL2;
        long firstNanos = 0;
        boolean begun = false;
        try {
            while (datagrams.size() < most) {
                Packet packet = next(handle, cooked);
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
    private static @Nullable Packet next(PcapHandle handle, boolean cooked)
            throws PcapNativeException, NotOpenException, EOFException, TimeoutException {
        try {
            Packet packet = handle.getNextPacketEx();
            return cooked ? withoutHeader(packet) : packet;
        } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
            return null;
        }
    }

    private static Packet withoutHeader(Packet packet) {
        byte[] bytes = packet.getRawData();
        if (!(packet instanceof UnknownPacket) || bytes.length <= SLL2_HEADER_BYTES) {
            return packet;
        }
        try {
            return IpSelector.newPacket(bytes, SLL2_HEADER_BYTES, bytes.length - SLL2_HEADER_BYTES);
        } catch (IllegalRawDataException notIp) {
            return packet;
        }
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
