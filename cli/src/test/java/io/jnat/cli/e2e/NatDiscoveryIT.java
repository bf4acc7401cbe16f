package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.demo.Await;
import io.jnat.cli.demo.Namespace;
import io.jnat.cli.demo.NetworkLab;
import io.jnat.cli.demo.Shell;
import io.jnat.cli.demo.TunnelEnd;
import io.jnat.cli.demo.UdpSocket;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * coturn's {@code turnutils_natdiscovery} (RFC 5780) against a {@code turnserver} with two
 * addresses: what a stranger's tool finds out about the NAT in front of a captured device.
 */
final class NatDiscoveryIT extends RunningLab {

    private static final int STUN_PORT = 3478;
    private static final int OTHER_STUN_PORT = 3479;
    private static final String SECOND_ADDRESS = "198.51.100.3";
    private static final byte[] BINDING_REQUEST = {
        0, 1, 0, 0, 0x21, 0x12, (byte) 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    };

    private Process server;

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", files.relay());
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", files.router());
    }

    @BeforeAll
    void startServer() throws IOException {
        client.run("ip", "addr", "add", SECOND_ADDRESS + "/24", "dev", "eth0");
        Path log = lab.directory().resolve("turnserver.log");
        server =
                new ProcessBuilder(
                                client.inside(
                                        "turnserver",
                                        "-n",
                                        "--no-auth",
                                        "--no-tls",
                                        "--no-dtls",
                                        "--no-cli",
                                        "--no-stdout-log",
                                        "--log-file=" + log,
                                        "--simple-log",
                                        "--userdb=" + lab.directory().resolve("turndb"),
                                        "--pidfile=" + lab.directory().resolve("turnserver.pid"),
                                        "--listening-port=" + STUN_PORT,
                                        "--alt-listening-port=" + OTHER_STUN_PORT,
                                        "-L",
                                        NetworkLab.CLIENT,
                                        "-L",
                                        SECOND_ADDRESS))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(new File("/dev/null")))
                        .start();
        try (UdpSocket probe = UdpSocket.open(client, 0)) {
            InetSocketAddress stun = NetworkLab.at(SECOND_ADDRESS, OTHER_STUN_PORT);
            Await.until(
                    SOON.multipliedBy(5),
                    "an answer of turnserver",
                    () -> {
                        probe.trySend(stun, BINDING_REQUEST);
                        return probe.receive(SOON.dividedBy(10)).isPresent();
                    });
        }
    }

    @AfterAll
    void stopServer() {
        if (server != null) {
            server.destroyForcibly();
        }
    }

    private static String discover(Namespace from, String... options) throws IOException {
        String[] command = new String[options.length + 2];
        command[0] = "turnutils_natdiscovery";
        System.arraycopy(options, 0, command, 1, options.length);
        command[command.length - 1] = NetworkLab.CLIENT;
        return Shell.attempt(from.inside(command), "").output();
    }

    @Test
    @Tag("N1")
    void mappingOfACapturedDeviceIsEndpointIndependent() throws IOException {
        String found = discover(radio, "-m");
        assertTrue(found.contains("NAT with Endpoint Independent Mapping!"), found);
    }

    @Test
    @Tag("N2")
    void filteringForACapturedDeviceIsAddressDependent() throws IOException {
        String found = discover(radio, "-f");
        assertTrue(found.contains("NAT with Address Dependent Filtering!"), found);
    }

    @Test
    @Tag("N7")
    void hairpinOfACapturedDeviceWorks() throws IOException {
        String found = discover(radio, "-H");
        assertTrue(found.contains("maybe a successful hairpinning"), found);
    }
}
