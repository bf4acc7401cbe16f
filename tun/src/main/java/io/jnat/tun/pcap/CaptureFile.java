package io.jnat.tun.pcap;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IpPacket;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.UdpPacket;

/** Reads captures, pcap and pcapng, as tcpdump and Wireshark write them. Needs libpcap. */
public final class CaptureFile {
    private static final long NANOS_PER_MILLI = 1_000_000;

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
            return read(handle, most);
        } catch (PcapNativeException | NotOpenException wrong) {
            throw new IOException(
                    file + ": not a capture that libpcap reads: " + wrong.getMessage(), wrong);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError absent) {
            throw new IOException(
                    "libpcap is missing; install it so: sudo apt-get install libpcap0.8", absent);
        }
    }

    private static List<CapturedDatagram> read(PcapHandle handle, int most)
            throws NotOpenException {
        List<CapturedDatagram> datagrams = new ArrayList<>();
        long firstNanos = 0;
        boolean begun = false;
        for (Packet packet = handle.getNextPacket();
                packet != null && datagrams.size() < most;
                packet = handle.getNextPacket()) {
            long nanos = nanos(handle.getTimestamp());
            if (!begun) {
                begun = true;
                firstNanos = nanos;
            }
            IpPacket ip = packet.get(IpPacket.class);
            UdpPacket udp = packet.get(UdpPacket.class);
            boolean quoted =
                    packet.contains(IcmpV4CommonPacket.class)
                            || packet.contains(IcmpV6CommonPacket.class);
            if (ip != null && udp != null && !quoted) {
                datagrams.add(datagram(nanos - firstNanos, ip, udp));
            }
        }
        datagrams.sort(Comparator.comparingLong(CapturedDatagram::nanos));
        return datagrams;
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
