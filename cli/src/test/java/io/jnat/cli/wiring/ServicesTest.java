package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Read from files as the kernel writes them, and from the kernel itself. */
final class ServicesTest {
    private static final String HEADER =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
    private static final String LISTENS =
            "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n";
    private static final String CONNECTED =
            "   1: 0100007F:8AE0 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0\n";

    @TempDir Path folder;

    private void tcp(String rows) throws IOException {
        Files.writeString(folder.resolve("tcp"), HEADER + rows);
    }

    private void udp(String state) throws IOException {
        Files.writeString(
                folder.resolve("udp"),
                HEADER + " 77: 00000000:14E9 00000000:0000 " + state + " 0:0 00:0 0 0\n");
    }

    @Test
    void connectionsAreNoServices() throws IOException {
        tcp("");
        Services services = new Services(folder);
        tcp(LISTENS);
        assertTrue(services.changed());
        assertFalse(services.changed());
        tcp(LISTENS + CONNECTED);
        assertFalse(services.changed());
        tcp(CONNECTED);
        assertTrue(services.changed(), "the service is gone");
    }

    @Test
    void connectedUdpSocketsAreNoServices() throws IOException {
        Services services = new Services(folder);
        udp("01");
        assertFalse(services.changed());
        udp("07");
        assertTrue(services.changed());
    }

    @Test
    void damagedRowsAreNoServices() throws IOException {
        Services services = new Services(folder);
        tcp("\n  \n1: 2\n");
        assertFalse(services.changed());
    }

    @Test
    void socketsOfThisProcessAreSeen() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Services services = new Services(Path.of("/proc/net"));
        try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
            assertTrue(services.changed(), "a TCP service on " + server.getLocalPort());
        }
        try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(loopback, 0))) {
            assertTrue(services.changed(), "a UDP service on " + udp.getLocalPort());
        }
    }
}
