package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.jnat.core.engine.Zone;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.Ipv4Prefix;
import io.jnat.nat.NatConfig;
import io.jnat.nat.PortRange;
import io.jnat.tun.sim.SimulatedNetwork;
import io.jnat.tun.sim.SimulatedSockets;
import io.jnat.tun.sim.Weather;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.crypto.vector.CipherChoice;
import java.lang.management.ManagementFactory;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
    private static final String CLIENT = "198.51.100.7";
    private static final String RELAY = "198.51.100.1";
    private static final String DEVICE = "192.168.20.31";
    private static final int PORT = 55193;

    /** Long, because the vector cipher is compiled meanwhile and the machine may be busy. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

    private final SimulatedNetwork network = new SimulatedNetwork(new Weather(1));
    private PathEnd relay;
    private PathEnd router;

    @BeforeEach
    void connect() {
        start(CipherChoice.JDK);
    }

    private void start(CipherChoice cipher) {
        WireGuardKey relayKey = WireGuardKey.generatePrivate();
        WireGuardKey routerKey = WireGuardKey.generatePrivate();
        SimulatedSockets relaySockets = network.open("203.0.113.1", 51820);
        SimulatedSockets routerSockets = network.open("203.0.113.2", 40000);
        relay =
                new PathEnd(
                        Zone.WAN,
                        relaySockets,
                        relayKey,
                        List.of(peer("site", routerKey.publicKey(), null, "192.168.20.0/24")),
                        links ->
                                NatConfig.of(
                                                List.of(
                                                        new NatConfig.LinkSetup(
                                                                links.get(0),
                                                                List.of(
                                                                        Ipv4Prefix.parseAddress(
                                                                                RELAY)),
                                                                List.of()),
                                                        new NatConfig.LinkSetup(
                                                                links.get(1),
                                                                List.of(),
                                                                List.of())),
                                                Ipv4Prefix.parseAddress("10.99.0.1"),
                                                Ipv4Prefix.parse("10.99.0.0/24"))
                                        .withRules(
                                                List.of(
                                                        new NatConfig.Site(
                                                                0,
                                                                "site",
                                                                List.of(
                                                                        Ipv4Prefix.parse(
                                                                                "192.168.20.0/24")))),
                                                List.of(
                                                        new NatConfig.Forward(
                                                                "dmr",
                                                                new PortRange(
                                                                        Protocol.UDP, PORT, PORT),
                                                                0,
                                                                List.of(),
                                                                0,
                                                                Ipv4Prefix.parseAddress(DEVICE),
                                                                PORT,
                                                                false)),
                                                List.of(),
                                                List.of(),
                                                NatConfig.Others.KERNEL),
                        cipher);
        router =
                new PathEnd(
                        Zone.LAN,
                        routerSockets,
                        routerKey,
                        List.of(
                                peer(
                                        "relay",
                                        relayKey.publicKey(),
                                        new PeerEndpoint("203.0.113.1", 51820),
                                        "0.0.0.0/0")),
                        links ->
                                NatConfig.of(
                                                List.of(
                                                        new NatConfig.LinkSetup(
                                                                links.get(0), List.of(), List.of()),
                                                        new NatConfig.LinkSetup(
                                                                links.get(1),
                                                                List.of(),
                                                                List.of())),
                                                Ipv4Prefix.parseAddress("10.99.0.2"),
                                                Ipv4Prefix.parse("10.99.0.0/24"))
                                        .withRules(
                                                List.of(),
                                                List.of(),
                                                List.of(
                                                        new NatConfig.Capture(
                                                                "dmr",
                                                                List.of(
                                                                        Ipv4Prefix.parse(
                                                                                DEVICE + "/32")))),
                                                List.of(
                                                        new NatConfig.Allow(
                                                                "dmr",
                                                                Zone.TUNNEL,
                                                                List.of(),
                                                                List.of(
                                                                        Ipv4Prefix.parse(
                                                                                DEVICE + "/32")),
                                                                List.of(
                                                                        new PortRange(
                                                                                Protocol.UDP,
                                                                                PORT,
                                                                                PORT)),
                                                                NatConfig.Action.ACCEPT)),
                                                NatConfig.Others.KERNEL),
                        cipher);
    }

    private static PeerConfig peer(
            String name, WireGuardKey key, @Nullable PeerEndpoint endpoint, String allowed) {
        return new PeerConfig(name, key, null, endpoint, List.of(AllowedIp.parse(allowed)), 0, 0);
    }

    @AfterEach
    void close() {
        stop();
        network.close();
    }

    private void stop() {
        relay.close();
        router.close();
    }

    private void turnUntil(String what, BooleanSupplier done) {
        long startNanos = System.nanoTime();
        while (!done.getAsBoolean()) {
            relay.turn();
            router.turn();
            if (System.nanoTime() - startNanos > PATIENCE_NANOS) {
                fail(
                        "waited in vain for "
                                + what
                                + "; router: "
                                + drops(router)
                                + "; relay: "
                                + drops(relay));
            }
            Thread.onSpinWait();
        }
    }

    private static String drops(PathEnd end) {
        StringBuilder text = new StringBuilder();
        for (DropReason reason : DropReason.values()) {
            long count = end.forwarder.drops().get(reason) + end.wireguard.drops(reason);
            if (count > 0) {
                text.append(reason).append(' ').append(count).append(' ');
            }
        }
        return text.toString();
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
        router.device.inject(udp(DEVICE, PORT, CLIENT, 4000, hello));
        turnUntil("the first packet through a fresh tunnel", () -> relay.device.written() > 0);
        assertUdp(relay.device.take(), RELAY, PORT, CLIENT, 4000, hello);
    }

    @Test
    void capturedDeviceLeavesAsTheRelayWithItsOwnPortAndTheAnswerComesBack() throws Exception {
        bringUp();
        byte[] answer = "answer".getBytes(StandardCharsets.UTF_8);
        relay.device.inject(udp(CLIENT, 4000, RELAY, PORT, answer));
        turnUntil("the answer", () -> router.device.written() > 0);
        assertUdp(router.device.take(), CLIENT, 4000, DEVICE, PORT, answer);
    }

    @Test
    void forwardShowsTheDeviceTheRealSource() throws Exception {
        bringUp();
        byte[] call = new byte[1300];
        Arrays.fill(call, (byte) 7);
        relay.device.inject(udp("198.51.100.99", 5555, RELAY, PORT, call));
        turnUntil("the call", () -> router.device.written() > 0);
        assertUdp(router.device.take(), "198.51.100.99", 5555, DEVICE, PORT, call);
    }

    @Test
    void portThatIsNotForwardedIsSilentAndCounted() throws Exception {
        bringUp();
        relay.device.inject(udp(CLIENT, 4000, RELAY, 9999, new byte[4]));
        turnUntil("the drop", () -> relay.forwarder.drops().get(DropReason.NO_FORWARD) == 1);
        assertEquals(0, router.device.written());
        assertEquals(0, relay.device.written());
    }

    @Test
    void packetsPassBothWaysWithoutGarbage() throws Exception {
        stop();
        start(CipherChoice.AUTO);
        turnUntil(
                "the cipher",
                () ->
                        relay.wireguard.cipherStatus().settled()
                                && router.wireguard.cipherStatus().settled());
        assumeTrue(
                relay.wireguard.cipherName().startsWith("vector"),
                "the JDK's cipher makes garbage of its own: " + relay.wireguard.cipherStatus());
        bringUp();
        byte[] out = udp(DEVICE, PORT, CLIENT, 4000, new byte[160]);
        byte[] in = udp(CLIENT, 4000, RELAY, PORT, new byte[160]);
        assertEquals(0, garbageOf(() -> exchange(out, in)), "bytes for 8000 packets");
    }

    private void exchange(byte[] out, byte[] in) {
        for (int at = 0; at < 4; at++) {
            router.device.inject(out);
            relay.device.inject(in);
        }
        router.turn();
        relay.turn();
        router.turn();
        while (relay.device.written() > 0) {
            relay.device.forget();
        }
        while (router.device.written() > 0) {
            router.device.forget();
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
