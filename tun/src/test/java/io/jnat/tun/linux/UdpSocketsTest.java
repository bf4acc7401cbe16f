package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.engine.DatagramTransmitter;
import io.jnat.core.engine.ReadySet;
import io.jnat.core.engine.Receiver;
import io.jnat.core.packet.Burst;
import io.jnat.core.packet.DatagramBatch;
import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Packet;
import io.jnat.tun.Allocation;
import io.jnat.tun.SendFault;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tunnel's sockets at both ends of a veth pair, with Linux between them. */
final class UdpSocketsTest {
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private NetworkNamespace left;
    private NetworkNamespace right;
    private final Burst burst = new Burst();
    private final DatagramBatch batch = new DatagramBatch();

    /** A datagram as it came in. */
    private record Received(int length, int first, int tos, Endpoint from) {}

    @BeforeEach
    void makeNamespaces() throws IOException {
        NetworkNamespace.assumeAvailable();
        left = NetworkNamespace.create();
        opened.add(left);
        right = NetworkNamespace.create();
        opened.add(right);
        NetworkNamespace.join(left, "v0", right, "v0");
        for (String prefix : new String[] {"10.88.0.1/24", "10.88.0.3/24", "fd88::1/64"}) {
            left.address("v0", prefix);
        }
        for (String prefix : new String[] {"10.88.0.2/24", "10.88.0.4/24", "fd88::2/64"}) {
            right.address("v0", prefix);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
        burst.release();
        batch.release();
    }

    private UdpSockets open(NetworkNamespace namespace, int port, boolean offload)
            throws IOException {
        UdpSockets sockets =
                namespace.call(() -> Linux.openSockets(new SocketOptions(port, 0, offload)));
        opened.add(sockets);
        return sockets;
    }

    private static Endpoint endpoint(String host, int port) {
        Endpoint endpoint = new Endpoint();
        endpoint.set(new InetSocketAddress(host, port));
        return endpoint;
    }

    private void add(Endpoint to, int tos, int count, int bytes) {
        for (int at = 0; at < count; at++) {
            Memory.putByte(batch.next(), at);
            batch.add(bytes, to, tos, 7);
        }
    }

    private List<Received> receive(UdpSockets sockets, int count) throws IOException {
        List<Received> all = new ArrayList<>();
        try (ReadySet ready = Linux.openReadySet()) {
            for (int at = 0; at < sockets.receivers().size(); at++) {
                ready.watch(sockets.receivers().get(at).fileDescriptors(), at);
            }
            long deadlineNanos = System.nanoTime() + WAIT_NANOS;
            while (all.size() < count && deadlineNanos - System.nanoTime() > 0) {
                long readable = ready.await(System.nanoTime(), deadlineNanos - System.nanoTime());
                for (int at = 0; at < sockets.receivers().size(); at++) {
                    burst.reset(0);
                    Receiver receiver = sockets.receivers().get(at);
                    if ((readable >>> at & 1) != 0 && receiver.receive(burst, Receiver.ALL)) {
                        assertTrue(burst.sealed);
                        collect(all);
                    }
                }
            }
        }
        return all;
    }

    private void collect(List<Received> all) {
        for (int at = 0; at < burst.count; at++) {
            Packet packet = burst.packets[at];
            assertEquals(Packet.FORWARD, packet.verdict);
            Memory.putLong(packet.address - Packet.HEADROOM_BYTES, 0); // headroom is ours
            Endpoint from = new Endpoint();
            from.copyFrom(packet.remote);
            all.add(
                    new Received(
                            packet.length, Memory.getByte(packet.address), packet.outerTos, from));
        }
    }

    private static void forbidden(int peer) {
        throw new AssertionError("source of peer " + peer + " refused");
    }

    /** What may not be fragmented and is too large is not sent, and is no loss. */
    @ParameterizedTest
    @ValueSource(strings = {"10.88.0.2", "fd88::2"})
    void dontFragmentHoldsForOneBatch(String host) throws IOException {
        UdpSockets from = open(left, 0, true);
        UdpSockets to = open(right, 0, true);
        DatagramTransmitter transmitter = from.newTransmitter(UdpSocketsTest::forbidden);
        int overhead = host.indexOf(':') < 0 ? 28 : 48;
        for (int bytes : new int[] {1501 - overhead, 1500 - overhead}) {
            add(endpoint(host, to.port()), 0, 1, bytes);
            batch.dontFragment = true;
            assertEquals(0, transmitter.transmit(batch));
            assertFalse(batch.dontFragment);
        }
        add(endpoint(host, to.port()), 0, 1, 1501 - overhead);
        assertEquals(0, transmitter.transmit(batch));
        List<Integer> lengths = receive(to, 2).stream().map(Received::length).toList();
        assertEquals(List.of(1500 - overhead, 1501 - overhead), lengths);
        for (SendFault fault : SendFault.values()) {
            assertEquals(0, from.faults(fault), fault::toString);
        }
    }

    /**
     * The kernel believes everybody who says that a path is narrow, for ten minutes. Over IPv4
     * nobody has a reason to tell us.
     */
    @Test
    @Tag("N31")
    void whatIsSaidOfAPathNeitherCutsIpv4DatagramsNorHoldsProbesBack() throws IOException {
        NetworkNamespace far = NetworkNamespace.create();
        opened.add(far);
        NetworkNamespace.join(right, "v1", far, "v1");
        right.address("v1", "10.89.0.1/24");
        far.address("v1", "10.89.0.2/24");
        right.ip("link", "set", "v1", "mtu", "1400");
        right.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        left.ip("route", "add", "10.89.0.0/24", "via", "10.88.0.2");
        far.ip("route", "add", "10.88.0.0/24", "via", "10.89.0.1");
        left.exec("sh", "-c", "ping -q -M do -s 1472 -c 1 -W 1 10.89.0.2 || true");
        assertTrue(left.ip("route", "get", "10.89.0.2").contains(" mtu 1400"), "it is believed");
        UdpSockets from = open(left, 0, true);
        UdpSockets to = open(far, 0, true);
        DatagramTransmitter transmitter = from.newTransmitter(UdpSocketsTest::forbidden);
        Endpoint there = endpoint("10.89.0.2", to.port());
        add(there, 0, 40, 1472);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(40, receive(to, 40).size());
        assertEquals(0, counter(left, "FragCreates"));
        assertEquals(40, counter(right, "FragOKs"), "on the way they may be cut");
        assertEquals(0, from.faults(SendFault.SEGMENTATION_REFUSED));
        long refused = counter(right, "FragFails");
        add(there, 0, 1, 1472);
        batch.dontFragment = true;
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(refused + 1, counter(right, "FragFails"), "it has left, whole");
    }

    /** Of IPv4, in /proc/net/snmp: a line of names, and one of numbers. */
    private static long counter(NetworkNamespace namespace, String name) throws IOException {
        List<String> lines = namespace.exec("grep", "^Ip:", "/proc/net/snmp").lines().toList();
        int at = List.of(lines.get(0).split(" ", -1)).indexOf(name);
        return Long.parseLong(lines.get(1).split(" ", -1)[at]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.88.0.2", "fd88::2"})
    void aRunArrivesDatagramByDatagramInOrder(String host) throws IOException {
        UdpSockets from = open(left, 0, true);
        UdpSockets to = open(right, 0, true);
        DatagramTransmitter transmitter = from.newTransmitter(UdpSocketsTest::forbidden);
        add(endpoint(host, to.port()), 0, 40, 1400);
        add(endpoint(host, to.port()), 0, 1, 333);
        assertEquals(1, batch.runs);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(0, batch.count);
        List<Received> all = receive(to, 41);
        assertEquals(41, all.size());
        for (int at = 0; at < 40; at++) {
            assertEquals(1400, all.get(at).length);
            assertEquals(at, all.get(at).first);
            assertEquals(from.port(), all.get(at).from.port);
        }
        assertEquals(333, all.get(40).length);
        assertEquals(0, from.faults(SendFault.SEGMENTATION_REFUSED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.88.0.2", "fd88::2"})
    @Tag("W25")
    void eachRunCarriesItsOwnTosAndEcnIsReadable(String host) throws IOException {
        UdpSockets from = open(left, 0, true);
        UdpSockets to = open(right, 0, true);
        DatagramTransmitter transmitter = from.newTransmitter(UdpSocketsTest::forbidden);
        add(endpoint(host, to.port()), 0x88, 2, 100);
        add(endpoint(host, to.port()), 0x03, 1, 100);
        add(endpoint(host, to.port()), 0, 1, 100);
        assertEquals(3, batch.runs);
        assertEquals(0, transmitter.transmit(batch));
        List<Integer> seen = receive(to, 4).stream().map(Received::tos).toList();
        assertEquals(List.of(0x88, 0x88, 0x03, 0), seen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.88.0.4", "fd88::4"})
    @Tag("W27")
    void repliesLeaveFromTheAddressThatWasSpokenTo(String host) throws IOException {
        right.address("v0", "fd88::4/64");
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        Endpoint spokenTo = endpoint(host, server.port());
        assertTrue(client.send(new byte[] {1}, spokenTo, 0));
        Endpoint back = receive(server, 1).getFirst().from;
        assertEquals(spokenTo.high, back.localHigh);
        assertEquals(spokenTo.low, back.localLow);
        assertTrue(back.localInterface > 0);
        assertTrue(server.send(new byte[] {2}, back, 0));
        add(back, 0, 3, 100);
        assertEquals(0, server.newTransmitter(UdpSocketsTest::forbidden).transmit(batch));
        for (Received reply : receive(client, 4)) {
            assertEquals(spokenTo.high, reply.from.high);
            assertEquals(spokenTo.low, reply.from.low);
        }
    }

    @Test
    @Tag("W28")
    void linkLocalPeersAreAnsweredOnTheirInterface() throws IOException {
        left.address("v0", "fe80::11/64");
        right.address("v0", "fe80::22/64");
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        Endpoint to = endpoint("fe80::22", server.port());
        to.scope = Integer.parseInt(left.exec("cat", "/sys/class/net/v0/ifindex").strip());
        assertTrue(client.send(new byte[] {1}, to, 0));
        Endpoint back = receive(server, 1).getFirst().from;
        assertEquals(back.scope, back.localInterface);
        assertTrue(server.send(new byte[] {2}, back, 0));
        assertEquals(to.low, receive(client, 1).getFirst().from.low);
    }

    @Test
    @Tag("W28")
    void theFirewallMarkIsOnWhatIsSent() throws IOException {
        left.ip("rule", "add", "fwmark", "7", "unreachable");
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        client.mark(7);
        assertFalse(client.send(new byte[] {1}, endpoint("10.88.0.2", server.port()), 0));
        client.mark(0);
        assertTrue(client.send(new byte[] {2}, endpoint("10.88.0.2", server.port()), 0));
        assertEquals(2, receive(server, 1).getFirst().first);
    }

    @Test
    @Tag("W27")
    void aSourceAddressThatIsGoneIsForgottenAndTheDatagramSentOnceMore() throws IOException {
        UdpSockets server = open(right, 0, true);
        UdpSockets client = open(left, 0, true);
        Endpoint to = endpoint("10.88.0.1", client.port());
        to.localLow = 0x0a580077L;
        List<Integer> forgotten = new ArrayList<>();
        DatagramTransmitter transmitter = server.newTransmitter(forgotten::add);
        add(to, 0, 3, 100);
        assertEquals(0, transmitter.transmit(batch), server.toString());
        assertEquals(List.of(7), forgotten);
        assertEquals(3, receive(client, 3).size());
        assertTrue(server.send(new byte[] {2}, to, 0));
        assertEquals(0, to.localLow);
        assertEquals(2, server.faults(SendFault.SOURCE_REFUSED));
    }

    @Test
    @Tag("W28")
    void portZeroPicksOneForBothFamilies() throws IOException {
        UdpSockets sockets = open(left, 0, true);
        assertEquals(2, sockets.receivers().size());
        IOException refused =
                assertThrows(IOException.class, () -> open(left, sockets.port(), true));
        assertTrue(refused.getMessage().contains("EADDRINUSE (98)"), refused.getMessage());
        assertTrue(refused.getMessage().contains("port " + sockets.port()), refused.getMessage());
    }

    @Test
    void reopenedSocketsGoOnOnTheSamePort() throws IOException {
        UdpSockets server = open(right, 0, true);
        UdpSockets client = open(left, 0, true);
        int port = server.port();
        reopen(right, server, port);
        assertEquals(port, server.port());
        assertTrue(client.send(new byte[] {1}, endpoint("fd88::2", port), 0));
        assertEquals(1, receive(server, 1).size());
        reopen(right, server, 0);
        assertTrue(client.send(new byte[] {1}, endpoint("10.88.0.2", server.port()), 0));
        assertEquals(1, receive(server, 1).size());
    }

    private static void reopen(NetworkNamespace namespace, UdpSockets sockets, int port)
            throws IOException {
        namespace.call(() -> {
            sockets.reopen(port);
            return null;
        });
    }

    @Test
    void whatCannotBeSentIsCountedByKindAndTheNextRunGoesOn() throws IOException {
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        DatagramTransmitter transmitter = client.newTransmitter(UdpSocketsTest::forbidden);
        add(endpoint("192.0.2.1", 9), 0, 2, 100);
        add(endpoint("10.88.0.2", server.port()), 0, 1, 100);
        assertEquals(2, transmitter.transmit(batch));
        assertEquals(2, client.faults(SendFault.UNREACHABLE));
        assertEquals(1, receive(server, 1).size());
    }

    @Test
    void withoutOffloadEachDatagramIsSentAlone() throws IOException {
        UdpSockets client = open(left, 0, false);
        UdpSockets server = open(right, 0, false);
        assertFalse(client.offloads().getFirst().on());
        DatagramTransmitter transmitter = client.newTransmitter(UdpSocketsTest::forbidden);
        add(endpoint("10.88.0.2", server.port()), 0, 100, 500);
        assertEquals(0, transmitter.transmit(batch));
        List<Received> all = receive(server, 100);
        assertEquals(100, all.size());
        for (int at = 0; at < 100; at++) {
            assertEquals(at, all.get(at).first);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.88.0.2", "fd88::2"})
    void sendingAndReceivingAllocateNothing(String host) throws IOException {
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        DatagramTransmitter transmitter = client.newTransmitter(UdpSocketsTest::forbidden);
        Endpoint to = endpoint(host, server.port());
        Receiver receiver = server.receivers().get(to.v6 ? 1 : 0);
        AtomicInteger received = new AtomicInteger();
        try (ReadySet ready = Linux.openReadySet()) {
            ready.watch(receiver.fileDescriptors(), 0);
            long allocated =
                    Allocation.inSteadyState(() -> {
                        add(to, 0x88, 4, 1000);
                        add(to, 0, 1, 50);
                        assertEquals(0, transmitter.transmit(batch));
                        if (ready.await(System.nanoTime(), WAIT_NANOS) != 0) {
                            burst.reset(0);
                            receiver.receive(burst, Receiver.ALL);
                            received.addAndGet(burst.count);
                        }
                    });
            assertTrue(received.get() > 4_900, "received " + received);
            assertEquals(0, allocated, "bytes in 1000 bursts");
        }
    }

    @Test
    void segmentsLargerThanThePathAreSentSinglyAndFragmented() throws IOException {
        left.ip("link", "set", "v0", "mtu", "1300");
        UdpSockets client = open(left, 0, true);
        UdpSockets server = open(right, 0, true);
        DatagramTransmitter transmitter = client.newTransmitter(UdpSocketsTest::forbidden);
        add(endpoint("10.88.0.2", server.port()), 0, 5, 1400);
        assertEquals(0, transmitter.transmit(batch));
        assertEquals(5, receive(server, 5).size());
        assertEquals(1, client.faults(SendFault.SEGMENTATION_REFUSED));
    }
}
