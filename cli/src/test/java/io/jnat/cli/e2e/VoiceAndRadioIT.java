package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TcpConnection;
import io.jnat.cli.lab.TcpEcho;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpSocket;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the people run for whom jnat is made: calls by SIP with audio both ways (sipp), DMR
 * repeaters that are told of each other's address (IPSC), EchoLink, and a FlexRadio's SmartLink.
 */
@Tag("alone")
final class VoiceAndRadioIT extends RunningLab {

    private static final int SIP_PORT = 5060;
    private static final int CALLER_PORT = 5070;
    private static final int AUDIO_PORT = LabFiles.VOICE_FIRST_PORT + 10;
    private static final int CALLING_AUDIO_PORT = LabFiles.VOICE_FIRST_PORT + 20;
    private static final int IPSC_PORT = LabFiles.VOICE_FIRST_PORT + 60;
    private static final int AUDIO_PACKETS = 100;
    private static final int PACKET_BYTES = 160;
    private static final int RTP_BYTES = 12 + PACKET_BYTES;

    private static final String MORE_FORWARDS =
            """

            [[forward]]
            name = "sip"
            listen = "udp/5060"
            to = "dmr"

            [[forward]]
            name = "echolink"
            listen = ["udp/5198-5199", "tcp/5200"]
            to = "dmr"
            """;

    private static final String MORE_ALLOWS =
            """

            [[allow]]
            name = "sip-and-echolink"
            from = "tunnel"
            to = "dmr"
            ports = ["udp/5060", "udp/5198-5199", "tcp/5200"]
            """;

    @Override
    boolean choosesCipher() {
        return true;
    }

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", append(files.relay(), MORE_FORWARDS));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", append(files.router(), MORE_ALLOWS));
    }

    @Test
    @Tag("N55")
    void callFromOutsideHasAudioBothWays() throws IOException {
        count(client, "said", "egress", "ip daddr 198.51.100.1 udp dport " + AUDIO_PORT);
        count(radio, "heard", "ingress", "ip saddr 198.51.100.2 udp dport " + AUDIO_PORT);
        count(radio, "echoed", "egress", "ip daddr 198.51.100.2 udp sport " + AUDIO_PORT);
        count(client, "back", "ingress", "ip saddr 198.51.100.1 udp sport " + AUDIO_PORT);
        Process callee = answer(radio, NetworkLab.RADIO, NetworkLab.VPS);
        try {
            call(client, NetworkLab.CLIENT, NetworkLab.CLIENT, NetworkLab.VPS, 7_100);
            assertAudioBothWays(client, radio);
        } finally {
            callee.destroyForcibly();
        }
    }

    @Test
    @Tag("N4")
    void callOfTheDeviceHasAudioBothWaysFromTheAddressThatItTells() throws IOException {
        String audio = " udp %s " + CALLING_AUDIO_PORT;
        count(radio, "said", "egress", "ip daddr 198.51.100.2" + audio.formatted("sport"));
        count(client, "heard", "ingress", "ip saddr 198.51.100.1" + audio.formatted("sport"));
        count(client, "echoed", "egress", "ip daddr 198.51.100.1" + audio.formatted("dport"));
        count(radio, "back", "ingress", "ip saddr 198.51.100.2" + audio.formatted("dport"));
        Process callee = answer(client, NetworkLab.CLIENT, NetworkLab.CLIENT);
        try {
            call(radio, NetworkLab.RADIO, NetworkLab.VPS, NetworkLab.CLIENT, CALLING_AUDIO_PORT);
            assertAudioBothWays(radio, client);
        } finally {
            callee.destroyForcibly();
        }
    }

    @Test
    @Tag("N4")
    @Tag("N7")
    void repeatersReachEachOtherWhereTheMasterSawThem() throws IOException {
        Namespace flex = lab.namespace("flex");
        try (UdpSocket master = UdpSocket.open(client, 0);
                UdpSocket peer = UdpSocket.open(client, 0);
                UdpSocket repeater = UdpSocket.open(radio, IPSC_PORT);
                UdpSocket second = UdpSocket.open(flex, IPSC_PORT)) {
            InetSocketAddress first = registered(repeater, master);
            assertEquals(relayAt(IPSC_PORT), first, "the port of its forward");
            InetSocketAddress other = registered(second, master);
            assertNotEquals(IPSC_PORT, other.getPort(), "the forward's port is the radio's");
            // Each is told of the others, and sends to them from the socket it registered with.
            assertEquals(clientAt(peer.port()), carries(peer, first, repeater));
            assertEquals(first, carries(repeater, clientAt(peer.port()), peer));
            assertEquals(other, carries(second, clientAt(peer.port()), peer));
            assertEquals(clientAt(peer.port()), carries(peer, other, second));
            assertEquals(other, carries(second, first, repeater), "hairpin");
            assertEquals(first, carries(repeater, other, second), "hairpin, back");
        }
    }

    @Test
    @Tag("N4")
    void echolinkKeepsItsPortsBothWays() throws IOException {
        for (int port = 5_198; port <= 5_199; port++) {
            try (UdpSocket outside = UdpSocket.open(client, port);
                    UdpSocket inside = UdpSocket.open(radio, port)) {
                assertEquals(relayAt(port), carries(inside, clientAt(port), outside));
                assertEquals(clientAt(port), carries(outside, relayAt(port), inside));
            }
        }
        try (TcpEcho node = TcpEcho.listen(radio, 5_200);
                TcpConnection user = TcpConnection.open(client, relayAt(5_200), SOON)) {
            assertTrue(user.echoes(HELLO, SOON));
            assertEquals(user.local(), node.lastSource());
        }
        try (TcpEcho directory = TcpEcho.listen(client, 5_200);
                TcpConnection node = TcpConnection.open(radio, clientAt(5_200), SOON)) {
            assertTrue(node.echoes(HELLO, SOON));
            assertEquals(relayAt(node.local().getPort()), directory.lastSource());
        }
    }

    @Test
    @Tag("N2")
    void smartlinkRadioAnswersFromAnotherPortThanItWasAskedOn() throws IOException {
        Namespace flex = lab.namespace("flex");
        try (TcpEcho control = TcpEcho.listen(flex, LabFiles.SMARTLINK_PORT);
                TcpConnection session =
                        TcpConnection.open(client, relayAt(LabFiles.SMARTLINK_PORT), SOON);
                UdpSocket user = UdpSocket.open(client, 0);
                UdpSocket asked = UdpSocket.open(flex, 4_993);
                UdpSocket streams = UdpSocket.open(flex, 4_991)) {
            assertTrue(session.echoes(HELLO, SOON));
            assertEquals(session.local(), control.lastSource());
            InetSocketAddress real = carries(user, relayAt(4_993), asked);
            assertEquals(clientAt(user.port()), real);
            assertEquals(relayAt(4_991), carries(streams, real, user));
            assertEquals(real, carries(user, relayAt(4_991), streams), "and is spoken to there");
        }
    }

    /** Registers with the master; gives back where the master saw it. */
    private static InetSocketAddress registered(UdpSocket repeater, UdpSocket master)
            throws IOException {
        return carries(repeater, clientAt(master.port()), master);
    }

    /** Sends until it arrives at the other socket; gives back where that saw it come from. */
    private static InetSocketAddress carries(UdpSocket from, InetSocketAddress to, UdpSocket at)
            throws IOException {
        byte[] payload =
                ("voice from " + from.port() + " to " + to).getBytes(StandardCharsets.US_ASCII);
        List<UdpSocket.Received> arrived = new ArrayList<>();
        Await.until(
                SOON,
                "a packet for " + to,
                () -> {
                    from.trySend(to, payload);
                    at.receive(SOON.dividedBy(10)).ifPresent(arrived::add);
                    return !arrived.isEmpty();
                });
        assertArrayEquals(payload, arrived.get(0).payload());
        return arrived.get(0).from();
    }

    /** Has the kernel count packets as they leave or come in; nothing of jnat is asked. */
    private static void count(Namespace where, String name, String hook, String what)
            throws IOException {
        where.nft(
                """
                table netdev %s {
                  counter %s { }
                  chain passing {
                    type filter hook %s device "eth0" priority 0
                    %s counter name "%s"
                  }
                }
                """
                        .formatted(name, name, hook, what, name));
    }

    /**
     * Audio packets that a counter saw. The kernel counts a super-frame of several as one, so they
     * are told by their bytes.
     */
    private static double counted(Namespace where, String name) throws IOException {
        String text = where.run("nft", "list", "table", "netdev", name);
        Matcher matcher = Pattern.compile("packets (\\d+) bytes (\\d+)").matcher(text);
        if (!matcher.find()) {
            return Double.NaN;
        }
        double frames = Double.parseDouble(matcher.group(1));
        int headerBytes = 28 + (text.contains("hook egress") ? 14 : 0);
        return (Double.parseDouble(matcher.group(2)) - headerBytes * frames) / RTP_BYTES;
    }

    /**
     * How much sipp says, and how much of what it hears it sends back, depends on the machine. What
     * it sent must have arrived, to the last packet.
     */
    private static void assertAudioBothWays(Namespace caller, Namespace callee) throws IOException {
        double said = counted(caller, "said");
        double echoed = counted(callee, "echoed");
        assertTrue(said >= AUDIO_PACKETS / 2.0, "said " + said);
        assertTrue(echoed >= AUDIO_PACKETS / 4.0, "echoed " + echoed);
        assertEquals(said, counted(callee, "heard"), "said, and heard");
        assertEquals(echoed, counted(caller, "back"), "echoed, and came back");
    }

    /** A phone that takes one call and sends all audio back. */
    private Process answer(Namespace where, String address, String publicAddress)
            throws IOException {
        return new ProcessBuilder(
                        where.inside(
                                "sipp",
                                "-sf",
                                scenario("uas.xml"),
                                "-key",
                                "public",
                                publicAddress,
                                "-i",
                                address,
                                "-p",
                                "" + SIP_PORT,
                                "-mi",
                                address,
                                "-mp",
                                "" + AUDIO_PORT,
                                "-rtp_echo",
                                "-m",
                                "1",
                                "-nostdin"))
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
    }

    /** Calls, talks for two seconds, hangs up; fails unless sipp says that all went well. */
    private void call(
            Namespace where, String address, String publicAddress, String callee, int audioPort)
            throws IOException {
        Files.write(lab.directory().resolve("audio.raw"), pattern(AUDIO_PACKETS * PACKET_BYTES));
        Shell.Result result =
                Shell.attempt(
                        where.inside(
                                "sipp",
                                "-sf",
                                scenario("uac.xml"),
                                "-key",
                                "public",
                                publicAddress,
                                "-i",
                                address,
                                "-p",
                                "" + CALLER_PORT,
                                "-mi",
                                address,
                                "-mp",
                                "" + audioPort,
                                "-m",
                                "1",
                                "-timeout",
                                "20",
                                "-nostdin",
                                callee + ":" + SIP_PORT),
                        "");
        assertEquals(0, result.exitCode(), result::output);
    }

    /** The scenario as a file; the name of the recording must stand in it. */
    private String scenario(String name) throws IOException {
        try (InputStream source = VoiceAndRadioIT.class.getResourceAsStream(name)) {
            String text = new String(source.readAllBytes(), StandardCharsets.UTF_8);
            String audio = lab.directory().resolve("audio.raw").toString();
            return Files.writeString(lab.directory().resolve(name), text.replace("@AUDIO@", audio))
                    .toString();
        }
    }
}
