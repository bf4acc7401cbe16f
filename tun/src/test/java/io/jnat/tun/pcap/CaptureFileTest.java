package io.jnat.tun.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Captures written byte by byte, as the pcap format's description has it. */
final class CaptureFileTest {
    private static final int MICROS = 0xa1b2c3d4;
    private static final int NANOS = 0xa1b23c4d;
    private static final int ETHERNET = 1;
    private static final int RAW_IP = 101;
    private static final int LINUX_SLL2 = 276;
    private static final int UDP = 17;
    private static final int TCP = 6;
    private static final int ICMP = 1;

    @TempDir private Path directory;
    private final ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

    @BeforeEach
    void libpcap() throws IOException {
        try (Stream<Path> libraries = Files.walk(Path.of("/usr/lib"), 2)) {
            assumeTrue(
                    libraries.anyMatch(
                            file -> file.getFileName().toString().startsWith("libpcap.so")),
                    "libpcap is not installed");
        }
    }

    private void header(int magic, int linkType) {
        bytes.putInt(magic).putShort((short) 2).putShort((short) 4).putLong(0);
        bytes.putInt(65_535).putInt(linkType);
    }

    private void packet(int seconds, int fraction, int kept, byte[] packet) {
        bytes.putInt(seconds).putInt(fraction).putInt(kept).putInt(packet.length);
        bytes.put(packet, 0, kept);
    }

    private static byte[] ip(int protocol, int fromPort, int toPort, int payload, int linkHeader) {
        int transport = protocol == UDP ? 8 : 20;
        ByteBuffer packet = ByteBuffer.allocate(linkHeader + 20 + transport + payload);
        if (linkHeader > 0) {
            packet.putShort(12, (short) 0x0800);
        }
        packet.position(linkHeader);
        packet.putShort((short) 0x4500).putShort((short) (20 + transport + payload));
        packet.putInt(0).put((byte) 64).put((byte) protocol).putShort((short) 0);
        packet.putInt(0xc0000201).putInt(0xc0000202);
        packet.putShort((short) fromPort).putShort((short) toPort);
        if (protocol == UDP) {
            packet.putShort((short) (8 + payload));
        } else {
            packet.put(packet.position() + 8, (byte) 0x50);
        }
        return packet.array();
    }

    private List<CapturedDatagram> read(int most) throws IOException {
        Path file = directory.resolve("capture.pcap");
        Files.write(file, Arrays.copyOf(bytes.array(), bytes.position()));
        return CaptureFile.datagrams(file, most);
    }

    @ParameterizedTest
    @CsvSource({"true, 0", "false, 0", "true, 14", "false, 14"})
    void timesSizesAndEndpointsAreKept(boolean nanos, int linkHeader) throws IOException {
        header(nanos ? NANOS : MICROS, linkHeader == 0 ? RAW_IP : ETHERNET);
        int unit = nanos ? 1 : 1000;
        byte[] there = ip(UDP, 4000, 5000, 172, linkHeader);
        byte[] back = ip(UDP, 5000, 4000, 20, linkHeader);
        packet(1_700_000_000, 999_999_000 / unit, there.length, there);
        packet(1_700_000_001, 19_999_000 / unit, back.length, back);
        InetSocketAddress caller = new InetSocketAddress("192.0.2.1", 4000);
        InetSocketAddress called = new InetSocketAddress("192.0.2.2", 5000);
        assertEquals(
                List.of(
                        new CapturedDatagram(0, caller, called, 172),
                        new CapturedDatagram(
                                20_000_000,
                                new InetSocketAddress("192.0.2.1", 5000),
                                new InetSocketAddress("192.0.2.2", 4000),
                                20)),
                read(10));
    }

    @Test
    void whatTheCaptureCutOffCountsAll() throws IOException {
        header(MICROS, ETHERNET);
        packet(0, 0, 14 + 20 + 8 + 10, ip(UDP, 4000, 5000, 172, 14));
        assertEquals(172, read(10).getFirst().payloadBytes());
    }

    @Test
    void otherProtocolsAreLeftOut() throws IOException {
        header(MICROS, ETHERNET);
        byte[] tcp = ip(TCP, 4000, 80, 0, 14);
        byte[] udp = ip(UDP, 4000, 5000, 30, 14);
        packet(5, 0, tcp.length, tcp);
        packet(6, 0, udp.length, udp);
        List<CapturedDatagram> read = read(10);
        assertEquals(1, read.size());
        assertEquals(1_000_000_000, read.getFirst().nanos(), "after the capture's first packet");
    }

    /** The datagram that an ICMP error quotes went the other way, long before. */
    @Test
    void whatAnIcmpErrorQuotesIsNoDatagram() throws IOException {
        header(MICROS, RAW_IP);
        byte[] quoted = ip(UDP, 4000, 5000, 0, 0);
        byte[] error = ip(ICMP, 0, 0, quoted.length - 12, 0);
        ByteBuffer.wrap(error).putLong(20, 0x0303_0000_0000_0000L).put(28, quoted);
        packet(1, 0, error.length, error);
        byte[] udp = ip(UDP, 4000, 5000, 30, 0);
        packet(2, 0, udp.length, udp);
        assertEquals(List.of(30), read(10).stream().map(CapturedDatagram::payloadBytes).toList());
    }

    /** As {@code tcpdump -i any} writes it: 20 bytes before each packet, its protocol first. */
    @Test
    void capturesOfAllInterfacesAreRead() throws IOException {
        header(MICROS, LINUX_SLL2);
        byte[] udp = ip(UDP, 4000, 5000, 172, 20);
        ByteBuffer.wrap(udp).putShort(0, (short) 0x0800).putShort(12, (short) 0);
        packet(1, 0, udp.length, udp);
        byte[] arp = new byte[20 + 28];
        ByteBuffer.wrap(arp).putShort(0, (short) 0x0806);
        packet(1, 0, arp.length, arp);
        assertEquals(List.of(172), read(10).stream().map(CapturedDatagram::payloadBytes).toList());
    }

    /** As a WLAN card in monitor mode gives them, and one that no library names. */
    @ParameterizedTest
    @CsvSource({"127", "228"})
    void aLinkTypeInWhichNoIpIsFoundIsNamed(int linkType) throws IOException {
        header(MICROS, linkType);
        packet(1, 0, 40, new byte[40]);
        String message = assertThrows(IOException.class, () -> read(10)).getMessage();
        assertTrue(message.contains("link type " + linkType), message);
        assertTrue(message.contains("tcpdump -i any"), message);
    }

    /** Two tags of VLANs, a provider's first; PPPoE, as on the line of a DSL modem; both. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "810000050800",
                "88a80005810000060800",
                "88641100000100c80021",
                "81000007886411000001 00c80021"
            })
    void tagsAndPppoeAreLookedBehind(String types) throws IOException {
        byte[] behind = HexFormat.of().parseHex(types.replace(" ", ""));
        header(MICROS, ETHERNET);
        byte[] udp = ip(UDP, 4000, 5000, 172, 12 + behind.length);
        ByteBuffer.wrap(udp).putShort(12, (short) 0).put(12, behind);
        packet(1, 0, udp.length, udp);
        byte[] cut = Arrays.copyOf(udp, 16);
        packet(2, 0, cut.length, cut);
        assertEquals(List.of(172), read(10).stream().map(CapturedDatagram::payloadBytes).toList());
    }

    @Test
    void ofACaptureThatWasCutOffTheWholePacketsAreRead() throws IOException {
        header(MICROS, ETHERNET);
        byte[] udp = ip(UDP, 4000, 5000, 30, 14);
        packet(1, 0, udp.length, udp);
        packet(2, 0, udp.length, udp);
        bytes.position(bytes.position() - 5);
        assertEquals(1, read(10).size());
    }

    /** Two interfaces of different kinds, which libpcap refuses: pcapng, as its draft has it. */
    @Test
    void aCaptureThatLibpcapCannotReadOnIsNotTakenForOneWithoutUdp() {
        bytes.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putInt(1).putLong(-1).putInt(28);
        for (int linkType : new int[] {ETHERNET, RAW_IP}) {
            bytes.putInt(1).putInt(20).putInt(linkType).putInt(65_535).putInt(20);
        }
        byte[] udp = ip(UDP, 4000, 5000, 30, 14);
        bytes.putInt(6).putInt(32 + udp.length).putInt(0).putLong(0);
        bytes.putInt(udp.length).putInt(udp.length).put(udp).putInt(32 + udp.length);
        String message = assertThrows(IOException.class, () -> read(10)).getMessage();
        assertTrue(message.contains("different from the type of the first"), message);
    }

    @Test
    void whatAnErrorQuotesIsNoDatagram() throws IOException {
        header(MICROS, RAW_IP);
        byte[] quoted = ip(UDP, 4000, 5000, 30, 0);
        byte[] error =
                ByteBuffer.allocate(28 + quoted.length).put(ip(ICMP, 0, 0, 0, 0), 0, 28).array();
        System.arraycopy(quoted, 0, error, 28, quoted.length);
        ByteBuffer.wrap(error)
                .putShort(2, (short) error.length)
                .putInt(20, 3 << 24 | 3 << 16)
                .putInt(24, 0);
        packet(5, 0, error.length, error);
        packet(6, 0, quoted.length, quoted);
        assertEquals(1, read(10).size());
    }

    /** An empty one, and an ICMPv6 message (home agent address discovery) that ends too soon. */
    @Test
    void packetsThatCannotBeReadAreLeftOut() throws IOException {
        header(MICROS, RAW_IP);
        packet(4, 0, 0, new byte[0]);
        byte[] icmp = new byte[40 + 14];
        ByteBuffer.wrap(icmp).putInt(0, 6 << 28).putInt(4, 14 << 16 | 58 << 8).put(40, (byte) 145);
        packet(5, 0, icmp.length, icmp);
        byte[] udp = ip(UDP, 4000, 5000, 30, 0);
        packet(6, 0, udp.length, udp);
        assertEquals(List.of(30), read(10).stream().map(CapturedDatagram::payloadBytes).toList());
    }

    /** Otherwise they are most of the memory that a capture takes. */
    @Test
    void datagramsShareTheirEndpoints() throws IOException {
        header(MICROS, RAW_IP);
        byte[] there = ip(UDP, 4000, 5000, 30, 0);
        packet(5, 0, there.length, there);
        packet(6, 0, there.length, there);
        List<CapturedDatagram> read = read(10);
        assertSame(read.getFirst().from(), read.getLast().from());
        assertSame(read.getFirst().to(), read.getLast().to());
    }

    @Test
    void noMoreAreReadThanAskedFor() throws IOException {
        header(MICROS, ETHERNET);
        byte[] udp = ip(UDP, 4000, 5000, 30, 14);
        packet(1, 0, udp.length, udp);
        packet(2, 0, udp.length, udp);
        assertEquals(1, read(1).size());
    }

    @Test
    void aFileThatIsNoCaptureIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("notes.txt"), "not a capture, but text");
        String message =
                assertThrows(IOException.class, () -> CaptureFile.datagrams(file, 1)).getMessage();
        assertTrue(message.startsWith(file + ": not a capture"), message);
        Path missing = directory.resolve("missing.pcap");
        message =
                assertThrows(IOException.class, () -> CaptureFile.datagrams(missing, 1))
                        .getMessage();
        assertTrue(message.startsWith(missing + ": no such file"), message);
    }
}
