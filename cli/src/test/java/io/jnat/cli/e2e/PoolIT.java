package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A relay with two public addresses. */
@Tag("N8")
final class PoolIT extends RunningLab {
    private static final String SECOND = "198.51.100.3";

    /** The same port on both addresses. */
    private static final String ON_THE_SECOND =
            """

            [[forward]]
            name = "second"
            listen = "udp/4994"
            address = "198.51.100.3"
            to = "flex"
            to-port = 4993

            [[forward]]
            name = "first"
            listen = "udp/4994"
            to = "dmr"
            to-port = 55193
            """;

    @Override
    TunnelEnd newRelay() throws IOException {
        lab.namespace("vps").run("ip", "addr", "add", SECOND + "/24", "dev", "eth0");
        String text = Files.readString(files.relay());
        Files.writeString(
                files.relay(),
                text.replace(
                        "public = \"eth0\"",
                        "public = \"eth0\"\npool = [\"198.51.100.1\", \"198.51.100.3\"]"));
        return jnat("vps", append(files.relay(), ON_THE_SECOND));
    }

    /** The addresses that the internet sees, of several sockets of a device. */
    private Set<String> seen(String device) throws IOException {
        Set<String> addresses = new TreeSet<>();
        for (int socket = 0; socket < 6; socket++) {
            try (UdpSocket udp = UdpSocket.open(lab.namespace(device), 0);
                    UdpSocket server = UdpSocket.open(client, 0)) {
                udp.trySend(clientAt(server.port()), HELLO);
                InetSocketAddress from = server.receive(SOON).orElseThrow().from();
                addresses.add(from.getAddress().getHostAddress());
            }
        }
        return addresses;
    }

    @Test
    void eachDeviceHasOneOfTheAddressesWhateverItSays() throws IOException {
        assertEquals(Set.of(NetworkLab.VPS), seen("radio"));
        assertEquals(Set.of(SECOND), seen("flex"));
    }

    @Test
    void onePortLeadsToAnotherDeviceOnEachAddress() throws IOException {
        try (UdpEcho flex = UdpEcho.listen(lab.namespace("flex"), 4_993);
                UdpSocket caller = UdpSocket.open(client, 0)) {
            assertTrue(answer(caller, new InetSocketAddress(SECOND, 4_994), HELLO).isPresent());
            assertEquals(clientAt(caller.port()), flex.lastSource());
            assertTrue(answer(caller, relayAt(4_994), HELLO).isPresent(), "the radio's echo");
        }
    }
}
