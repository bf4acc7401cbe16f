package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two real kernels' stacks, joined by two TUN devices and our code between them. */
final class TunDeviceTest {
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
        leftTun.mtu(1300);
        assertEquals(1300, leftTun.mtu());
        assertTrue(left.ip("link", "show", "jt0").contains("mtu 1300"));
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
