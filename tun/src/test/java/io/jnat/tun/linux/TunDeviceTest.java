package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.core.engine.PacketTransmitter;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.core.packet.Slab;
import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.PacketParser;
import io.jnat.tun.Allocation;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two real kernels' stacks, joined by two TUN devices and our code between them. */
final class TunDeviceTest {
    private static final long WAIT_NANOS = 5_000_000_000L;
    private static final int CALLS = 10;

    private NetworkNamespace left;
    private NetworkNamespace right;
    private TunDevice leftTun;
    private TunDevice rightTun;

    @BeforeEach
    void makeNamespaces() throws IOException {
        NetworkNamespace.assumeAvailable();
        left = NetworkNamespace.create();
        right = NetworkNamespace.create();
    }

    @AfterEach
    void removeNamespaces() throws IOException {
        for (TunDevice device : new TunDevice[] {leftTun, rightTun}) {
            if (device != null) {
                device.close();
            }
        }
        for (NetworkNamespace namespace : new NetworkNamespace[] {left, right}) {
            if (namespace != null) {
                namespace.close();
            }
        }
    }

    private void openTuns(boolean offloadLeft, boolean offloadRight) throws IOException {
        leftTun = open(left, offloadLeft, "10.77.0.1/24", "fd77::1/64");
        rightTun = open(right, offloadRight, "10.77.0.2/24", "fd77::2/64");
    }

    private static TunDevice open(
            NetworkNamespace namespace, boolean offload, String four, String six)
            throws IOException {
        TunDevice device =
                namespace.call(() -> Linux.openTun(new TunOptions("jt%d", 1420, offload), 3));
        device.up();
        namespace.address(device.name(), four);
        namespace.address(device.name(), six);
        return device;
    }

    @Test
    void devicesTellTheirNameMtuAndState() throws IOException {
        openTuns(true, true);
        assertEquals("jt0", leftTun.name());
        assertEquals(1420, leftTun.mtu());
        assertTrue(leftTun.isUp());
        assertTrue(left.ip("link", "show", "jt0").contains("mtu 1420"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.0.2", "fd77::2"})
    void tcpPassesAsSuperFrames(String address) throws Exception {
        openTuns(true, true);
        try (TunBridge bridge = new TunBridge(leftTun, rightTun)) {
            transfer(address, 4 << 20);
            assertTrue(bridge.tcpSuperFrames.get() > 10, "super-frames " + bridge.tcpSuperFrames);
            assertTrue(bridge.packets.get() < 2500, "packets " + bridge.packets);
            assertTrue(bridge.drops.isEmpty(), bridge.drops.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true", "false, false"})
    void tcpPassesWhateverIsOffloadedAtEitherEnd(boolean atLeft, boolean atRight) throws Exception {
        openTuns(atLeft, atRight);
        try (TunBridge bridge = new TunBridge(leftTun, rightTun)) {
            transfer("10.77.0.2", 1 << 20);
            assertEquals(atLeft, bridge.tcpSuperFrames.get() > 0);
            assertTrue(bridge.drops.isEmpty(), bridge.drops.toString());
        }
        assertEquals(atLeft, leftTun.offloads().getFirst().on());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.0.2", "fd77::2"})
    void udpTrainsPassAsSuperFrames(String address) throws Exception {
        openTuns(true, true);
        assumeTrue(leftTun.offloads().getLast().on(), "kernel without USO on TUN devices");
        SocketOptions options = new SocketOptions(0, 0, true);
        DatagramBatch batch = new DatagramBatch();
        Burst burst = new Burst();
        try (TunBridge bridge = new TunBridge(leftTun, rightTun);
                UdpSockets from = left.call(() -> Linux.openSockets(options));
                UdpSockets to = right.call(() -> Linux.openSockets(options));
                ReadySet ready = Linux.openReadySet()) {
            Endpoint endpoint = new Endpoint();
            endpoint.set(new InetSocketAddress(address, to.port()));
            for (int at = 0; at < 20; at++) {
                Memory.zero(batch.next(), 1200);
                Memory.putByte(batch.next(), at);
                batch.add(1200, endpoint, 0, 0);
            }
            assertEquals(0, from.newTransmitter(peer -> {}).transmit(batch));
            Receiver receiver = to.receivers().get(endpoint.v6 ? 1 : 0);
            ready.watch(receiver.fileDescriptors(), 0);
            for (int seen = 0; seen < 20; seen += burst.count) {
                assertEquals(
                        1,
                        ready.await(System.nanoTime(), WAIT_NANOS),
                        "datagrams missing after " + seen);
                burst.reset(0);
                receiver.receive(burst, Receiver.ALL);
                for (int at = 0; at < burst.count; at++) {
                    assertEquals(1200, burst.packets[at].length);
                    assertEquals(seen + at, Memory.getByte(burst.packets[at].address));
                }
            }
            assertTrue(bridge.udpSuperFrames.get() > 0, "no super-frame");
        } finally {
            batch.release();
            burst.release();
        }
    }

    @Test
    void whatTheKernelSendsComesInAndTheAnswerReachesIt() throws Exception {
        openTuns(true, true);
        Burst burst = new Burst();
        try (DatagramSocket socket =
                        left.call(() -> new DatagramSocket(0, InetAddress.getByName("10.77.0.1")));
                ReadySet ready = Linux.openReadySet()) {
            socket.setSoTimeout(5_000);
            byte[] question = {1, 2, 3, 4};
            InetAddress peer = InetAddress.getByName("10.77.0.9");
            socket.send(new DatagramPacket(question, 4, peer, 77));
            ready.watch(leftTun.fileDescriptors(), 0);
            PacketTransmitter transmitter = leftTun.newTransmitter();
            boolean answered = false;
            while (!answered) {
                assertEquals(1, ready.await(System.nanoTime(), WAIT_NANOS), "nothing came in");
                burst.reset(0);
                leftTun.receive(burst, Receiver.ALL);
                for (int at = 0; at < burst.count; at++) {
                    answered |= answer(burst.packets[at], transmitter);
                }
            }
            DatagramPacket reply = new DatagramPacket(new byte[10], 10);
            socket.receive(reply);
            assertEquals(peer, reply.getAddress());
            assertEquals(77, reply.getPort());
            assertEquals(4, reply.getLength());
        } finally {
            burst.release();
        }
    }

    /** Also after answers, from which the kernel would learn where to put the flow. */
    @Test
    void aCallDoesNotWaitBehindATransfer() throws Exception {
        leftTun = open(left, true, "10.77.0.1/24", "fd77::1/64");
        PacketTransmitter transmitter = leftTun.newTransmitter();
        Burst burst = new Burst();
        List<DatagramSocket> calls = new ArrayList<>();
        try (DatagramSocket bulk = left.call(DatagramSocket::new)) {
            for (int at = 0; at < CALLS; at++) {
                calls.add(left.call(DatagramSocket::new));
            }
            for (int round = 0; round < 2; round++) {
                send(bulk, 300, 1300);
                for (DatagramSocket call : calls) {
                    send(call, 1, 172);
                }
                List<Integer> lengths = new ArrayList<>();
                do {
                    burst.reset(0);
                    leftTun.receive(burst, Receiver.ALL);
                    for (int at = 0; at < burst.count; at++) {
                        lengths.add(burst.packets[at].length);
                        answer(burst.packets[at], transmitter);
                    }
                } while (burst.count > 0);
                lengths.removeIf(length -> length < 200); // the kernel's own chatter
                assertEquals(300 + CALLS, lengths.size());
                long early =
                        lengths.subList(0, 150).stream().filter(length -> length == 200).count();
                // two calls may share the transfer's queue, which is as likely as one in 300
                assertTrue(early >= CALLS - 2, "calls read first: " + early);
            }
        } finally {
            calls.forEach(DatagramSocket::close);
            burst.release();
        }
    }

    private static void send(DatagramSocket from, int packets, int bytes) throws IOException {
        InetAddress peer = InetAddress.getByName("10.77.0.9");
        for (int at = 0; at < packets; at++) {
            from.send(new DatagramPacket(new byte[bytes], bytes, peer, 5060));
        }
    }

    /** Turns a UDP packet round; its partial checksum stays right, because sums commute. */
    private static boolean answer(Packet packet, PacketTransmitter transmitter) {
        if (PacketParser.parse(packet) != null || packet.protocol != 17 || packet.ipVersion != 4) {
            return false; // the kernel's own IPv6 chatter
        }
        assertEquals(3, packet.inLink);
        int from = Memory.getInt(packet.address + 12);
        Memory.putInt(packet.address + 12, Memory.getInt(packet.address + 16));
        Memory.putInt(packet.address + 16, from);
        int port = Memory.getShort(packet.address + 20);
        Memory.putShort(packet.address + 20, Memory.getShort(packet.address + 22));
        Memory.putShort(packet.address + 22, port);
        assertNull(transmitter.transmit(packet));
        return true;
    }

    @Test
    void receivingAndWritingAllocateNothing() throws Exception {
        leftTun = open(left, true, "10.77.0.1/24", "fd77::1/64");
        PacketTransmitter transmitter = leftTun.newTransmitter();
        Burst burst = new Burst();
        Slab slab = Slab.allocate(256);
        Packet echo = new Packet();
        try {
            layEchoRequest(slab.address() + 64);
            AtomicInteger answers = new AtomicInteger();
            long allocated =
                    Allocation.inSteadyState(() -> {
                        echo.reset(slab.address() + 64, 28);
                        assertNull(transmitter.transmit(echo));
                        burst.reset(0);
                        if (leftTun.receive(burst, Receiver.ALL)) {
                            answers.addAndGet(burst.count);
                        }
                    });
            assertTrue(answers.get() >= 1_000, "the kernel's echo replies: " + answers);
            assertEquals(0, allocated, "bytes in 1000 packets");
        } finally {
            slab.close();
            burst.release();
        }
    }

    /** ICMP echo request from 10.77.0.9 to 10.77.0.1, checksums complete. */
    private static void layEchoRequest(long ip) {
        Memory.putLong(ip, 0x4500_001c_0001_4000L);
        Memory.putLong(ip + 8, 0x4001_0000_0a4d_0009L);
        Memory.putInt(ip + 16, 0x0a4d_0001);
        Memory.putLong(ip + 20, 0x0800_0000_0007_0001L);
        Memory.putShort(ip + 10, checksum(ip, 20));
        Memory.putShort(ip + 22, checksum(ip + 20, 8));
    }

    private static int checksum(long address, int bytes) {
        int sum = 0;
        for (int at = 0; at < bytes; at += 2) {
            sum += Memory.getShort(address + at);
        }
        return ~(sum + (sum >>> 16)) & 0xffff;
    }

    @Test
    void aDeviceThatIsTakenSaysSo() throws IOException {
        leftTun = open(left, true, "10.77.0.1/24", "fd77::1/64");
        IOException taken =
                assertThrows(
                        IOException.class,
                        () -> left.call(() -> Linux.openTun(options(leftTun.name()), 0)));
        assertTrue(
                taken.getMessage().contains("another process holds this device"),
                taken.getMessage());
        IOException foreign =
                assertThrows(
                        IOException.class, () -> left.call(() -> Linux.openTun(options("lo"), 0)));
        assertTrue(foreign.getMessage().contains("EINVAL (22)"), foreign.getMessage());
    }

    private static TunOptions options(String name) {
        return new TunOptions(name, 0, true);
    }

    @Test
    void aPersistentDeviceIsTakenAndStays() throws IOException {
        left.ip("tuntap", "add", "dev", "keep0", "mode", "tun");
        leftTun = left.call(() -> Linux.openTun(options("keep0"), 0));
        assertEquals("keep0", leftTun.name());
        leftTun.close();
        leftTun = null;
        assertTrue(left.ip("link", "show", "keep0").contains("keep0"));
    }

    @Test
    @Tag("W44")
    void aDeviceIsFollowedIntoAnotherNamespaceAndName() throws IOException {
        leftTun = open(left, true, "10.77.0.1/24", "fd77::1/64");
        left.ip("link", "set", leftTun.name(), "netns", right.name());
        assertFalse(leftTun.isUp());
        right.ip("link", "set", "jt0", "name", "wg7", "mtu", "1333");
        assertEquals(1333, leftTun.mtu());
        assertEquals("wg7", leftTun.name());
        leftTun.up();
        assertTrue(right.ip("link", "show", "wg7").contains("UP"));
        right.ip("link", "delete", "wg7");
        IOException gone = assertThrows(IOException.class, () -> leftTun.mtu());
        assertTrue(gone.getMessage().contains("gone"), gone.getMessage());
        assertTrue(leftTun.isGone());
    }

    @Test
    void writingToADeviceThatIsDownSaysSo() throws IOException {
        leftTun = left.call(() -> Linux.openTun(options("jt0"), 0));
        Slab slab = Slab.allocate(256);
        try {
            layEchoRequest(slab.address() + 64);
            Packet echo = new Packet();
            echo.reset(slab.address() + 64, 28);
            PacketTransmitter transmitter = leftTun.newTransmitter();
            assertEquals(DropReason.DEVICE_DOWN, transmitter.transmit(echo));
            leftTun.up();
            assertNull(transmitter.transmit(echo));
        } finally {
            slab.close();
        }
    }

    @Test
    void aDeviceThatIsRemovedDoesNotKeepTheThreadBusy() throws IOException {
        leftTun = open(left, true, "10.77.0.1/24", "fd77::1/64");
        Burst burst = new Burst();
        try (ReadySet ready = Linux.openReadySet()) {
            ready.watch(leftTun.fileDescriptors(), 0);
            left.ip("link", "delete", leftTun.name());
            int wakeUps = 0;
            for (int round = 0; round < 100; round++) {
                burst.reset(0);
                if (ready.await(System.nanoTime(), 1_000_000) != 0) {
                    wakeUps++;
                    leftTun.receive(burst, Receiver.ALL);
                }
            }
            assertTrue(leftTun.isGone());
            assertTrue(wakeUps <= Epoll.ERRORS_UNTIL_QUIET + 2, "wake-ups " + wakeUps);
        } finally {
            burst.release();
        }
    }

    /** Sends random bytes by TCP from left to right and compares them. */
    private void transfer(String address, int bytes) throws Exception {
        byte[] sent = new byte[bytes];
        new Random(1).nextBytes(sent);
        InetAddress server = InetAddress.getByName(address);
        try (ServerSocket listener = right.call(() -> new ServerSocket(5000, 1, server));
                Socket client = left.call(Socket::new)) {
            CompletableFuture<byte[]> received =
                    CompletableFuture.supplyAsync(() -> {
                        try (Socket accepted = listener.accept()) {
                            return accepted.getInputStream().readNBytes(bytes);
                        } catch (IOException failure) {
                            throw new IllegalStateException(failure);
                        }
                    });
            left.call(() -> {
                client.connect(new InetSocketAddress(server, 5000), 10_000);
                return null;
            });
            client.getOutputStream().write(sent);
            assertArrayEquals(sent, received.get(20, TimeUnit.SECONDS));
        }
    }
}
