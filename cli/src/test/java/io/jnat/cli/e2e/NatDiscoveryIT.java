package io.jnat.cli.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.UdpSocket;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * coturn's {@code turnutils_natdiscovery} (RFC 5780) against a {@code turnserver} with two
 * addresses: what a stranger's tool finds out about the NAT in front of a captured device, and
 * about the one of the router's WAN in front of another device.
 */
final class NatDiscoveryIT extends RunningLab {

    private static final int STUN_PORT = 3478;
    private static final int OTHER_STUN_PORT = 3479;
    private static final String SECOND_ADDRESS = "198.51.100.3";
    private static final String SECOND_HOST = "192.168.20.51";
    private static final byte[] BINDING_REQUEST = {
        0, 1, 0, 0, 0x21, 0x12, (byte) 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    };

    /** On the carrier's router: in front of its translation, behind the site's. */
    private static final String SECOND_ON_CARRIER = "203.0.113.3";

    private final List<Process> servers = new ArrayList<>();

    @BeforeAll
    void startServers() throws IOException {
        startServer(client, NetworkLab.CLIENT, SECOND_ADDRESS);
        startServer(lab.namespace("cgn"), NetworkLab.CGN, SECOND_ON_CARRIER);
    }

    private void startServer(Namespace in, String first, String second) throws IOException {
        in.run("ip", "addr", "add", second + "/24", "dev", "eth0");
        String name = "turn" + servers.size();
        servers.add(
                new ProcessBuilder(
                                in.inside(
                                        "turnserver",
                                        "-n",
                                        "--no-auth",
                                        "--no-tls",
                                        "--no-dtls",
                                        "--no-cli",
                                        "--no-stdout-log",
                                        "--log-file=" + lab.directory().resolve(name + ".log"),
                                        "--simple-log",
                                        "--userdb=" + lab.directory().resolve(name + "db"),
                                        "--pidfile=" + lab.directory().resolve(name + ".pid"),
                                        "--listening-port=" + STUN_PORT,
                                        "--alt-listening-port=" + OTHER_STUN_PORT,
                                        "-L",
                                        first,
                                        "-L",
                                        second))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(new File("/dev/null")))
                        .start());
        try (UdpSocket probe = UdpSocket.open(in, 0)) {
            InetSocketAddress stun = NetworkLab.at(second, OTHER_STUN_PORT);
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
    void stopServers() {
        servers.forEach(Process::destroyForcibly);
    }

    private static String discover(Namespace from, String option, String server)
            throws IOException {
        return Shell.attempt(from.inside("turnutils_natdiscovery", option, server), "").output();
    }

    @Test
    @Tag("N1")
    void mappingOfACapturedDeviceIsEndpointIndependent() throws IOException {
        String found = discover(radio, "-m", NetworkLab.CLIENT);
        assertTrue(found.contains("NAT with Endpoint Independent Mapping!"), found);
    }

    @Test
    @Tag("N2")
    void filteringForACapturedDeviceIsAddressDependent() throws IOException {
        String found = discover(radio, "-f", NetworkLab.CLIENT);
        assertTrue(found.contains("NAT with Address Dependent Filtering!"), found);
    }

    @Test
    @Tag("N7")
    void hairpinOfACapturedDeviceWorks() throws IOException {
        String found = discover(radio, "-H", NetworkLab.CLIENT);
        assertTrue(found.contains("maybe a successful hairpinning"), found);
    }

    @Test
    @Tag("N1")
    @Tag("N48")
    void mappingOfAnotherDeviceBehindTheWanIsEndpointIndependent() throws IOException {
        String found = discover(host, "-m", NetworkLab.CGN);
        assertTrue(found.contains("NAT with Endpoint Independent Mapping!"), found);
        assertTrue(found.contains("reflexive addr: " + NetworkLab.SITE_WAN), found);
    }

    @Test
    @Tag("N2")
    @Tag("N48")
    void filteringForAnotherDeviceBehindTheWanIsAddressDependent() throws IOException {
        String found = discover(host, "-f", NetworkLab.CGN);
        assertTrue(found.contains("NAT with Address Dependent Filtering!"), found);
    }

    @Test
    @Tag("N7")
    @Tag("N48")
    void hairpinOfAnotherDeviceBehindTheWanWorks() throws IOException {
        String found = discover(host, "-H", NetworkLab.CGN);
        assertTrue(found.contains("reflexive addr: " + NetworkLab.SITE_WAN), found);
        assertTrue(found.contains("maybe a successful hairpinning"), found);
    }

    /** Told of each other by a server, as peers of a game or a call are. */
    @Test
    @Tag("N7")
    @Tag("N48")
    void twoDevicesBehindTheWanReachEachOtherAtItsAddress() throws IOException {
        // A second device, as far as the router can tell.
        host.run("ip", "addr", "add", SECOND_HOST + "/24", "dev", "eth0");
        String way = "default via " + NetworkLab.SITE_LAN + " src " + SECOND_HOST + " table 72";
        host.run(("ip route add " + way).split(" ", -1));
        host.run("ip rule add ipproto udp sport 7002 table 72".split(" ", -1));
        InetSocketAddress server = NetworkLab.at(NetworkLab.CGN, 7777);
        try (UdpSocket meeting = UdpSocket.open(lab.namespace("cgn"), server.getPort());
                UdpSocket one = UdpSocket.open(host, 7001);
                UdpSocket two = UdpSocket.open(host, 7002)) {
            one.send(server, BINDING_REQUEST);
            InetSocketAddress oneSeen = meeting.receive(SOON).orElseThrow().from();
            two.send(server, BINDING_REQUEST);
            InetSocketAddress twoSeen = meeting.receive(SOON).orElseThrow().from();
            assertEquals(NetworkLab.SITE_WAN, oneSeen.getAddress().getHostAddress());
            assertEquals(7002, twoSeen.getPort());
            // Order holds within a flow only: another's next step is for when this one was seen.
            long before = dropped(router, "FILTERED");
            one.send(twoSeen, "opens".getBytes(UTF_8));
            Await.until(
                    SOON,
                    "the other device's filter keeps it out",
                    () -> dropped(router, "FILTERED") > before);
            two.send(oneSeen, "from two".getBytes(UTF_8));
            assertEquals(twoSeen, one.receive(SOON).orElseThrow().from());
            one.send(twoSeen, "from one".getBytes(UTF_8));
            UdpSocket.Received heard = two.receive(SOON).orElseThrow();
            assertEquals(oneSeen, heard.from());
            assertEquals("from one", new String(heard.payload(), UTF_8));
        }
    }
}
