package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.jnat.bench.path.SimulatedPair;
import io.jnat.core.stat.DropReason;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.lang.management.ManagementFactory;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc1349Tos;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.UdpPort;

/**
 * Relay and router with all their steps, NAT and WireGuard, over simulated links: what arrives, and
 * what it costs in garbage. pcap4j builds and reads the packets.
 */
class WholePathTest {
    private static final String CLIENT = SimulatedPair.CLIENT;
    private static final String RELAY = SimulatedPair.RELAY;
    private static final String DEVICE = SimulatedPair.RADIO;
    private static final int PORT = SimulatedPair.LAST_PORT;

    /** Long, because the vector cipher is compiled meanwhile and the machine may be busy. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

    private SimulatedPair pair = SimulatedPair.byHand(CipherChoice.SCALAR);

    @AfterEach
    void close() {
        pair.close();
    }

    private void turnUntil(String what, BooleanSupplier done) {
        long startNanos = System.nanoTime();
        while (!done.getAsBoolean()) {
            pair.relay().turn();
            pair.router().turn();
            if (System.nanoTime() - startNanos > PATIENCE_NANOS) {
                fail(
                        "waited in vain for "
                                + what
                                + "; router: "
                                + pair.router().drops()
                                + "; relay: "
                                + pair.relay().drops());
            }
            Thread.onSpinWait();
        }
    }

    private static byte[] udp(String from, int fromPort, String to, int toPort, byte[] payload)
            throws Exception {
        InetAddress source = InetAddress.getByName(from);
        InetAddress destination = InetAddress.getByName(to);
        UdpPacket.Builder udp =
                new UdpPacket.Builder()
                        .srcAddr(source)
                        .dstAddr(destination)
                        .srcPort(UdpPort.getInstance((short) fromPort))
                        .dstPort(UdpPort.getInstance((short) toPort))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .payloadBuilder(new UnknownPacket.Builder().rawData(payload));
        Packet packet =
                new IpV4Packet.Builder()
                        .version(IpVersion.IPV4)
                        .tos(IpV4Rfc1349Tos.newInstance((byte) 0))
                        .ttl((byte) 64)
                        .protocol(IpNumber.UDP)
                        .srcAddr((Inet4Address) source)
                        .dstAddr((Inet4Address) destination)
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .payloadBuilder(udp)
                        .build();
        return packet.getRawData();
    }

    private static void assertUdp(
            byte[] bytes, String from, int fromPort, String to, int toPort, byte[] payload)
            throws Exception {
        assertNotNull(bytes);
        IpV4Packet ip = IpV4Packet.newPacket(bytes, 0, bytes.length);
        UdpPacket udp = ip.get(UdpPacket.class);
        assertEquals(from, ip.getHeader().getSrcAddr().getHostAddress());
        assertEquals(to, ip.getHeader().getDstAddr().getHostAddress());
        assertEquals(fromPort, udp.getHeader().getSrcPort().valueAsInt());
        assertEquals(toPort, udp.getHeader().getDstPort().valueAsInt());
        assertArrayEquals(payload, udp.getPayload().getRawData());
        assertTrue(ip.getHeader().hasValidChecksum(false), "IPv4 header checksum");
        assertTrue(
                udp.hasValidChecksum(
                        ip.getHeader().getSrcAddr(), ip.getHeader().getDstAddr(), false),
                "UDP checksum");
    }

    private void bringUp() throws Exception {
        byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
        pair.router().device().inject(udp(DEVICE, PORT, CLIENT, 4000, hello));
        turnUntil(
                "the first packet through a fresh tunnel",
                () -> pair.relay().device().written() > 0);
        assertUdp(pair.relay().device().take(), RELAY, PORT, CLIENT, 4000, hello);
    }

    @Test
    void capturedDeviceLeavesAsTheRelayWithItsOwnPortAndTheAnswerComesBack() throws Exception {
        bringUp();
        byte[] answer = "answer".getBytes(StandardCharsets.UTF_8);
        pair.relay().device().inject(udp(CLIENT, 4000, RELAY, PORT, answer));
        turnUntil("the answer", () -> pair.router().device().written() > 0);
        assertUdp(pair.router().device().take(), CLIENT, 4000, DEVICE, PORT, answer);
    }

    @Test
    void forwardShowsTheDeviceTheRealSource() throws Exception {
        bringUp();
        byte[] call = new byte[1300];
        Arrays.fill(call, (byte) 7);
        pair.relay().device().inject(udp("198.51.100.99", 5555, RELAY, PORT, call));
        turnUntil("the call", () -> pair.router().device().written() > 0);
        assertUdp(pair.router().device().take(), "198.51.100.99", 5555, DEVICE, PORT, call);
    }

    @Test
    void portThatIsNotForwardedIsSilentAndCounted() throws Exception {
        bringUp();
        pair.relay().device().inject(udp(CLIENT, 4000, RELAY, 9999, new byte[4]));
        turnUntil("the drop", () -> pair.relay().drops(DropReason.NO_FORWARD) == 1);
        assertEquals(0, pair.router().device().written());
        assertEquals(0, pair.relay().device().written());
    }

    /** With what seals until the vector kernels are ready, and with what this machine has then. */
    @ParameterizedTest
    @EnumSource(names = {"SCALAR", "AUTO"})
    void packetsPassBothWaysWithoutGarbage(CipherChoice cipher) throws Exception {
        pair.close();
        pair = SimulatedPair.byHand(cipher);
        turnUntil("the cipher", pair::settled);
        bringUp();
        byte[] out = udp(DEVICE, PORT, CLIENT, 4000, new byte[160]);
        byte[] in = udp(CLIENT, 4000, RELAY, PORT, new byte[160]);
        assertEquals(0, garbageOf(() -> exchange(out, in)), "bytes for 8000 packets");
    }

    private void exchange(byte[] out, byte[] in) {
        for (int at = 0; at < 4; at++) {
            pair.router().device().inject(out);
            pair.relay().device().inject(in);
        }
        pair.router().turn();
        pair.relay().turn();
        pair.router().turn();
        while (pair.relay().device().written() > 0) {
            pair.relay().device().forget();
        }
        while (pair.router().device().written() > 0) {
            pair.router().device().forget();
        }
    }

    /**
     * Bytes that 1000 rounds allocate once the compiler is through with them; the least of many
     * windows.
     */
    private static long garbageOf(Runnable round) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long startNanos = System.nanoTime();
        long least = Long.MAX_VALUE;
        while (least > 0 && System.nanoTime() - startNanos < TimeUnit.SECONDS.toNanos(60)) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int at = 0; at < 1000; at++) {
                round.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
