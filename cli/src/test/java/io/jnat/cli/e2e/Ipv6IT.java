package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.LeakProbe;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import io.jnat.cli.lab.WanTap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * IPv6 through the relay, untranslated: the radio's network is routed to the VPS, and the flex has
 * an address in the VPS's own network.
 */
final class Ipv6IT extends RunningLab {

    private static final String VPS6 = "2001:db8:51::1";
    private static final String FLEX6 = "2001:db8:51:0:20::40";
    private static final int INTERNET_PORT = 7_000;
    private static final int VOICE_PORT = 6_200;
    private static final int WEB_PORT = 8_081;
    private static final int CLOSED_PORT = 6_201;

    private String vpsBefore;
    private String siteBefore;

    @Override
    TunnelEnd newRelay() throws IOException {
        lab.namespace("vps")
                .ip(
                        """
                        addr add 2001:db8:51::1/64 dev eth0 nodad
                        route add default via 2001:db8:51::fe
                        """);
        lab.namespace("internet").ip("route replace 2001:db8:20::/64 via 2001:db8:51::1\n");
        Path config = files.relay();
        Files.writeString(
                config,
                Files.readString(config)
                                .replace(
                                        "[\"192.168.20.0/24\"]",
                                        "[\"192.168.20.0/24\", \"2001:db8:20::/64\","
                                                + " \"2001:db8:51:0:20::/80\"]")
                                .replace(
                                        "[device]",
                                        """
                                        [device]
                                        dmr6 = "hilltop:2001:db8:20::31"
                                        flex6 = "hilltop:2001:db8:51:0:20::40"
                                        """)
                        + """

                        [[forward]]
                        name = "dmr6"
                        listen = ["udp/6200", "tcp/8081"]
                        to = "dmr6"

                        [[forward]]
                        name = "flex6"
                        listen = ["tcp/22"]
                        to = "flex6"
                        """);
        return jnat("vps", config);
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        lab.namespace("site").ip("addr add 2001:db8:51:0:20::1/80 dev eth1 nodad\n");
        lab.namespace("flex")
                .ip(
                        """
                        addr add 2001:db8:51:0:20::40/80 dev eth0 nodad
                        route add default via 2001:db8:51:0:20::1
                        """);
        Path config = files.router();
        Files.writeString(
                config,
                Files.readString(config)
                                .replace(
                                        "[device]",
                                        """
                                        [device]
                                        dmr6 = "2001:db8:20::31"
                                        behind6 = "2001:db8:51:0:20::/80"
                                        """)
                                .replace("[\"dmr\", ", "[\"dmr\", \"dmr6\", \"behind6\", ")
                        + """

                        [[allow]]
                        name = "dmr6"
                        to = "dmr6"
                        ports = ["udp/6200", "tcp/8081"]

                        [[allow]]
                        name = "flex6"
                        to = "2001:db8:51:0:20::40"
                        ports = "tcp/22"
                        """);
        return jnat("site", config);
    }

    @Override
    void beforeStart() throws IOException {
        WanTap.Counts before = tap.read();
        LeakProbe.fromRadio(lab);
        WanTap.Counts leaked = tap.read().since(before);
        assertTrue(leaked.device6() > 0 && leaked.toClient6() > 0, "the tap is blind for IPv6");
        vpsBefore = HostState.of(lab.namespace("vps"));
        siteBefore = HostState.of(lab.namespace("site"));
    }

    @BeforeEach
    void bothRun() throws IOException {
        if (!relay.alive()) {
            relay.start();
        }
        if (!router.alive()) {
            router.start();
        }
        assertTrue(forwardWorksWithin(START_LIMIT), "no packet crosses");
    }

    private static InetSocketAddress radio6(int port) {
        return NetworkLab.at(NetworkLab.RADIO6, port);
    }

    private static InetSocketAddress client6(int port) {
        return NetworkLab.at(NetworkLab.CLIENT6, port);
    }

    @Test
    @Tag("N47")
    void forwardsReachTheRadioWhichSeesTheClientsAddress() throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpEcho voice = UdpEcho.listen6(radio, VOICE_PORT);
                TcpEcho web = TcpEcho.listen6(radio, WEB_PORT);
                UdpSocket udp = UdpSocket.open6(client, 40_200);
                TcpConnection tcp = TcpConnection.open(client, radio6(WEB_PORT), SOON)) {
            assertEquals(radio6(VOICE_PORT), answer(udp, radio6(VOICE_PORT), HELLO).get().from());
            assertEquals(client6(40_200), voice.lastSource());
            assertTrue(tcp.echoes(HELLO, SOON));
            assertEquals(tcp.local(), web.lastSource());
        }
        assertEquals(0, tap.read().since(before).leaked());
    }

    @Test
    @Tag("N42")
    void capturedRadioLeavesByTheRelayFromItsOwnAddress() throws IOException {
        WanTap.Counts before = tap.read();
        try (UdpEcho internet = UdpEcho.listen6(client, INTERNET_PORT);
                TcpEcho web = TcpEcho.listen6(client, INTERNET_PORT);
                UdpSocket udp = UdpSocket.open6(radio, 40_201);
                TcpConnection tcp = TcpConnection.open(radio, client6(INTERNET_PORT), SOON)) {
            assertTrue(answer(udp, client6(INTERNET_PORT), HELLO).isPresent());
            assertEquals(radio6(40_201), internet.lastSource());
            assertTrue(tcp.echoes(pattern(2_000_000), Duration.ofSeconds(10)));
            assertEquals(tcp.local(), web.lastSource());
            assertEquals(radio6(0).getAddress(), tcp.local().getAddress());
        }
        radio.run("ping", "-q", "-c", "1", "-W", "2", NetworkLab.CLIENT6);
        WanTap.Counts passed = tap.read().since(before);
        assertEquals(0, passed.leaked());
        // Two megabytes each way, counted by super-frames.
        assertTrue(passed.tunnel() > 20, passed::toString);
    }

    @Test
    @Tag("N22")
    void largeTransferThroughAForwardIsWhole() throws IOException {
        try (TcpEcho web = TcpEcho.listen6(radio, WEB_PORT);
                TcpConnection tcp = TcpConnection.open(client, radio6(WEB_PORT), SOON)) {
            assertTrue(tcp.echoes(pattern(5_000_000), Duration.ofSeconds(10)));
            assertEquals(tcp.local(), web.lastSource());
        }
    }

    @Test
    @Tag("N40")
    void whatNoForwardNamesIsClosedAndSilent() throws IOException {
        try (UdpEcho closed = UdpEcho.listen6(radio, CLOSED_PORT);
                TcpEcho alsoClosed = TcpEcho.listen6(radio, CLOSED_PORT);
                UdpSocket udp = UdpSocket.open6(client, 0)) {
            assertTrue(answer(udp, radio6(CLOSED_PORT), HELLO).isEmpty());
            assertEquals(null, closed.lastSource());
            assertThrows(
                    SocketTimeoutException.class,
                    () -> TcpConnection.open(client, radio6(CLOSED_PORT), SOON));
            assertEquals(null, alsoClosed.lastSource());
        }
        Shell.Result others =
                Shell.attempt(
                        client.inside("ping", "-q", "-c", "1", "-W", "1", "2001:db8:20::1"), "");
        assertNotEquals(0, others.exitCode(), "the router's own address is nobody's business");
    }

    @Test
    @Tag("N31")
    void tooBigPacketsAreAnsweredWithTheTunnelsMtuBothWays() throws IOException {
        assertTooBig(radio, NetworkLab.CLIENT6, "2001:db8:(20|51:0:20)::1");
        assertTooBig(client, NetworkLab.RADIO6, VPS6);
        // Both know the path now: what does not fit leaves in fragments.
        try (UdpEcho voice = UdpEcho.listen6(radio, VOICE_PORT);
                UdpSocket udp = UdpSocket.open6(client, 40_202)) {
            assertTrue(answer(udp, radio6(VOICE_PORT), pattern(3_000)).isPresent());
            assertEquals(client6(40_202), voice.lastSource());
        }
    }

    /** A site's own address on its WAN is nobody's business. */
    @Test
    @Tag("N30")
    void hopsThatRunOutAreToldThroughTheTunnelBothWays() throws IOException {
        String relayed = hop(radio, NetworkLab.CLIENT6, 2);
        assertTrue(relayed.contains("From " + VPS6 + " "), relayed);
        WanTap.Counts before = tap.read();
        String outside = hop(client, NetworkLab.RADIO6, 3);
        assertTrue(outside.contains("From " + NetworkLab.RADIO6 + " "), outside);
        assertEquals(0, tap.read().since(before).leaked());
    }

    /** The kernel tells it when nobody has answered its three questions, one a second. */
    @Test
    @Tag("N44")
    void nobodyIsToldByTheWanThatADeviceIsAway() throws IOException {
        lab.namespace("lan").ip("link set radio down\n");
        Namespace site = lab.namespace("site");
        try (UdpSocket udp = UdpSocket.open(client, 0);
                UdpSocket udp6 = UdpSocket.open6(client, 0)) {
            site.run("ip", "neigh", "flush", "dev", "eth1");
            site.run("ip", "-6", "neigh", "flush", "dev", "eth1");
            WanTap.Counts before = tap.read();
            answer(udp, relayAt(LabFiles.DMR_PORT), HELLO);
            answer(udp6, radio6(VOICE_PORT), HELLO);
            Await.until(
                    Duration.ofSeconds(10),
                    "the kernel gives up",
                    () -> failed(site, "-4") && failed(site, "-6"));
            assertEquals(0, tap.read().since(before).leaked());
        } finally {
            lab.namespace("lan").ip("link set radio up\n");
            site.run("ip", "neigh", "flush", "dev", "eth1");
            site.run("ip", "-6", "neigh", "flush", "dev", "eth1");
        }
    }

    private static boolean failed(Namespace site, String family) throws IOException {
        return site.run("ip", family, "neigh", "show", "dev", "eth1").contains("FAILED");
    }

    private static String hop(Namespace from, String to, int hops) throws IOException {
        List<String> ping = from.inside("ping", "-n", "-t", "" + hops, "-c", "1", "-W", "1", to);
        return Shell.attempt(ping, "").output();
    }

    private static void assertTooBig(Namespace from, String to, String router) throws IOException {
        from.run("ip", "-6", "route", "flush", "cache");
        String said =
                Shell.attempt(
                                from.inside(
                                        "ping", "-n", "-M", "do", "-s", "1400", "-c", "2", "-W",
                                        "1", to),
                                "")
                        .output();
        String tooBig = "From " + router + " icmp_seq=\\d Packet too big: mtu=1420";
        assertTrue(Pattern.compile(tooBig).matcher(said).find(), said);
        from.run("ping", "-q", "-M", "do", "-s", "1372", "-c", "1", "-W", "2", to);
    }

    @Test
    @Tag("N43")
    void nothingLeaksWhileEitherEndIsDeadAndAllIsBackAfterItsStart() throws IOException {
        try (UdpEcho voice = UdpEcho.listen6(radio, VOICE_PORT);
                UdpSocket udp = UdpSocket.open6(client, 40_203);
                LeakProbe.Stream radioSends = LeakProbe.keepSending(lab)) {
            WanTap.Counts before = tap.read();
            router.kill();
            LeakProbe.fromRadio(lab);
            router.start();
            LeakProbe.fromRadio(lab);
            assertIpv6IsBack(udp);
            relay.kill();
            LeakProbe.fromRadio(lab);
            relay.start();
            assertIpv6IsBack(udp);
            assertEquals(0, tap.read().since(before).leaked());
            assertEquals(client6(40_203), voice.lastSource());
            assertTrue(radioSends.sentPackets() > 0);
        }
    }

    /** In what time, {@link FailureIT} judges, with nothing beside it. */
    private static void assertIpv6IsBack(UdpSocket udp) throws IOException {
        Await.until(
                START_LIMIT,
                "IPv6 passes again",
                () -> udp.ask(radio6(VOICE_PORT), HELLO, Duration.ofMillis(200)).isPresent());
    }

    @Test
    @Tag("N46")
    void relayAnswersItsNeighboursForADeviceInItsOwnNetwork() throws IOException {
        InetSocketAddress ssh = NetworkLab.at(FLEX6, 22);
        try (TcpEcho server = TcpEcho.listen6(lab.namespace("flex"), 22);
                TcpEcho internet = TcpEcho.listen6(client, INTERNET_PORT);
                TcpConnection in = TcpConnection.open(client, ssh, Duration.ofSeconds(5));
                TcpConnection out =
                        TcpConnection.open(lab.namespace("flex"), client6(INTERNET_PORT), SOON)) {
            assertTrue(in.echoes(HELLO, SOON));
            assertEquals(in.local(), server.lastSource());
            assertTrue(out.echoes(HELLO, SOON));
            assertEquals(out.local(), internet.lastSource());
        }
    }

    @Test
    @Tag("N56")
    void statusAndFlowsShowIpv6() throws IOException {
        try (UdpEcho voice = UdpEcho.listen6(radio, VOICE_PORT);
                UdpSocket udp = UdpSocket.open6(client, 40_204)) {
            assertTrue(answer(udp, radio6(VOICE_PORT), HELLO).isPresent());
            assertEquals(client6(40_204), voice.lastSource());
            for (TunnelEnd end : new TunnelEnd[] {relay, router}) {
                String flows = ((JnatProcess) end).command("flows", "device=dmr6").output();
                assertTrue(flows.contains(NetworkLab.RADIO6), flows);
                assertTrue(flows.contains("40204"), flows);
                assertTrue(flows.contains(end == relay ? "forward dmr6" : "allow dmr6"), flows);
                String status = ((JnatProcess) end).command("status", "--json").output();
                assertTrue(status.contains("\"dmr6\""), status);
                assertTrue(status.contains(end == relay ? "2001:db8:20::/64" : "::/0"), status);
            }
        }
    }

    @Test
    @Tag("N54")
    void reloadTakesIpv6OutAndInAgain() throws IOException {
        String with = Files.readString(files.relay());
        String withRouter = Files.readString(files.router());
        try (UdpEcho voice = UdpEcho.listen6(radio, VOICE_PORT);
                UdpSocket udp = UdpSocket.open6(client, 40_205)) {
            assertIpv6IsBack(udp);
            reload(
                    relay,
                    files.relay(),
                    with.replaceAll("(?s)\n.{11}\nname = \"dmr6\".*", "")
                            .replaceAll("(dmr6|flex6) = .*", "")
                            .replaceAll(", \"2001:[^\"]*\"", ""));
            assertTrue(answer(udp, radio6(VOICE_PORT), HELLO).isEmpty());
            assertFalse(lab.namespace("vps").run("ip", "-6", "rule").contains("2001:"));
            reload(relay, files.relay(), with);
            assertIpv6IsBack(udp);
            WanTap.Counts before = tap.read();
            reload(
                    router,
                    files.router(),
                    withRouter
                            .replace("\"dmr6\", \"behind6\", ", "")
                            .replaceAll("(?s)\n.{9}\nname = \"dmr6\".*", ""));
            assertFalse(lab.namespace("site").run("ip", "-6", "rule").contains("2001:"));
            assertTrue(answer(udp, radio6(VOICE_PORT), HELLO).isEmpty());
            reload(router, files.router(), withRouter);
            assertIpv6IsBack(udp);
            assertEquals(0, tap.read().since(before).leaked());
            assertEquals(client6(40_205), voice.lastSource());
        }
    }

    private static void asked(TunnelEnd end, int exitCode, String question, String... parts)
            throws IOException {
        String[] words = ("why " + question).split(" ", -1);
        String answer = said(end, exitCode, words);
        for (String part : parts) {
            assertTrue(answer.contains(part), () -> part + ": " + answer);
        }
    }

    @Test
    @Tag("N56")
    void whyFollowsAForwardFromEitherEnd() throws IOException {
        String question = "udp [2001:db8:51::2]:4321 [2001:db8:20::31]:6200";
        asked(
                relay,
                0,
                question,
                "relay (this end)",
                "the kernel leads it from eth0 into jnat-wan",
                "forward dmr6",
                "relay.toml:",
                "router hilltop (asked through the tunnel)",
                "allow dmr6",
                "goes through: leaves the router hilltop as"
                        + " [2001:db8:51::2]:4321 -> [2001:db8:20::31]:6200");
        asked(relay, 0, "udp 2001:db8:51::2 dmr6:6200", "forward dmr6", "goes through");
        asked(
                router,
                0,
                question,
                "relay (asked through the tunnel)",
                "forward dmr6",
                "router (this end)",
                "allow dmr6",
                "router.toml:",
                "goes through: leaves the router by jnat-lan");
        for (TunnelEnd end : new TunnelEnd[] {relay, router}) {
            Shell.Result flows = ((JnatProcess) end).command("flows", "port=4321");
            assertTrue(flows.output().contains("0 flows"), flows::output);
        }
    }

    @Test
    @Tag("N56")
    void whyFollowsACapturedDeviceFromEitherEnd() throws IOException {
        String question = "dmr6:5060 [2001:db8:51::9]:53 udp";
        String leaves = "[2001:db8:20::31]:5060 -> [2001:db8:51::9]:53";
        asked(
                router,
                0,
                question,
                "router (this end)",
                "the kernel leads it from eth1 into jnat-lan",
                "capture dmr6",
                "relay (asked through the tunnel)",
                "goes through: leaves the relay as " + leaves);
        asked(
                relay,
                0,
                question,
                "router hilltop (asked through the tunnel)",
                "capture dmr6",
                "relay (this end)",
                "goes through: leaves the relay by jnat-wan as " + leaves);
        asked(router, 0, "icmp dmr6 2001:db8:51::9", "goes through: leaves the relay as 2001:db8");
    }

    @Test
    @Tag("N56")
    void whySaysWhatDoesNotPassOverIpv6() throws IOException {
        asked(
                relay,
                1,
                "udp [2001:db8:51::2]:4000 dmr6:6201",
                "none matches",
                "reason: NOT_ALLOWED",
                "over IPv6 a [[forward]] on the relay");
        asked(
                router,
                1,
                "udp [2001:db8:51::2]:4000 dmr6:6201",
                "does not lead it here, and tells no more");
        asked(
                relay,
                1,
                "tcp [2001:db8:51::2]:4000 [2001:db8:51::1]:22",
                "jnat never sees it",
                "this host's own address");
        asked(
                router,
                1,
                "udp [2001:db8:20::77]:4000 [2001:db8:51::2]:53",
                "jnat never sees it",
                "the kernel sends it on its own way",
                "is dropped there (its ipv6 = \"block\")");
        asked(
                relay,
                1,
                "udp 198.51.100.2:4000 dmr6:6200",
                "dmr6:6200 is IPv6, 198.51.100.2:4000 is IPv4");
        asked(relay, 1, "udp [2001:db8:51::2]:4000 relay:6200", "addressed to the device itself");
        asked(relay, 1, "tcp 2001:db8:51::2 2001:db8:20::31", "[2001:db8:20::31]:PORT");
        asked(router, 1, "udp 2001:db8:51::2 behind6:22", "behind6: a network");
    }

    private static void reload(TunnelEnd end, Path file, String text) throws IOException {
        Files.writeString(file, text);
        EditedConfigs.reload(end);
    }

    @Test
    void hostsOwnIpv6GoesOnAndEverythingIsPutBack() throws IOException {
        Namespace vps = lab.namespace("vps");
        client.run("ping", "-q", "-c", "1", "-W", "2", VPS6);
        vps.run("ping", "-q", "-c", "1", "-W", "2", NetworkLab.CLIENT6);
        lab.namespace("site").run("ping", "-q", "-c", "1", "-W", "2", "2001:db8:64::1");
        assertNotEquals(vpsBefore, HostState.of(vps));
        relay.stop();
        router.stop();
        assertEquals(vpsBefore, HostState.of(vps));
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }
}
