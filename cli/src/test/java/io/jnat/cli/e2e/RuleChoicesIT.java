package io.jnat.cli.e2e;

import static io.jnat.cli.e2e.EditedConfigs.edit;
import static io.jnat.cli.e2e.EditedConfigs.reload;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a rule may choose, at both ends, and that a reload makes another choice hold. */
final class RuleChoicesIT extends MasqueradeContract {
    /** One for each test, since whom a port has spoken to is not forgotten at once. */
    private static final int PEER_PORT = 7_200;

    private static final int RELOADED_PORT = 7_201;
    private static final int LIMITED_PORT = 7_202;
    private static final Duration SILENCE = Duration.ofMillis(400);

    private static final String FORWARD =
            """

            [[forward]]
            name = "peers"
            listen = "udp/7200-7202"
            to = "dmr"
            filtering = "address-dependent"
            timeout = { udp = "20m" }
            """;

    private static final String ALLOW =
            """

            [[allow]]
            name = "peers"
            to = "dmr"
            ports = "udp/7200-7202"
            timeout = { udp = "20m" }
            """;

    @RegisterExtension final EditedConfigs configs = new EditedConfigs(this);

    @Override
    TunnelEnd newRelay() throws IOException {
        append(files.relay(), FORWARD);
        return super.newRelay();
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        append(files.router(), ALLOW);
        return super.newRouter();
    }

    private static void change(TunnelEnd end, Path file, String from, String to)
            throws IOException {
        edit(file, from, to);
        reload(end);
    }

    private static boolean comesIn(UdpSocket from, InetSocketAddress to) throws IOException {
        return from.ask(to, HELLO, SILENCE).isPresent();
    }

    @Test
    @Tag("N2")
    @Tag("N4")
    void filteredForwardIsOpenToWhomTheDeviceSpeaksAndFromAnyOfHisPorts() throws Exception {
        try (UdpSocket radioSocket = UdpSocket.open(radio, PEER_PORT);
                UdpSocket stranger = UdpSocket.open(client, 0);
                UdpSocket master = UdpSocket.open(client, 0)) {
            stranger.trySend(relayAt(PEER_PORT), HELLO);
            assertTrue(radioSocket.receive(SILENCE).isEmpty(), "nobody was spoken to yet");
            radioSocket.trySend(clientAt(master.port()), HELLO);
            assertEquals(relayAt(PEER_PORT), master.receive(SOON).orElseThrow().from());
            stranger.trySend(relayAt(PEER_PORT), HELLO);
            assertEquals(clientAt(stranger.port()), radioSocket.receive(SOON).orElseThrow().from());
            String why =
                    said(relay, 0, "why", "udp", NetworkLab.CLIENT + ":9", "relay:" + PEER_PORT);
            assertTrue(why.contains("forward peers"), why);
            assertTrue(why.contains("lets it in"), why);
        }
        String filtered = said(relay, 1, "why", "udp", "203.0.113.99:9", "relay:" + PEER_PORT);
        assertTrue(filtered.contains("keeps it out"), filtered);
    }

    @Test
    @Tag("N2")
    @Tag("N54")
    void anotherFilterHoldsFromTheReloadOn() throws Exception {
        change(relay, files.relay(), "filtering = \"address-dependent\"", "");
        try (UdpEcho _ = UdpEcho.listen(radio, RELOADED_PORT);
                UdpSocket stranger = UdpSocket.open(client, 0)) {
            assertTrue(answer(stranger, relayAt(RELOADED_PORT), HELLO).isPresent());
            Files.writeString(files.relay(), configs.relayBefore());
            String changed = said(relay, 0, "config", "diff");
            assertTrue(changed.contains("filtering = \"address-dependent\""), changed);
            reload(relay);
            assertTrue(!comesIn(stranger, relayAt(RELOADED_PORT)), "its flow has not ended");
        }
    }

    @Test
    @Tag("N47")
    @Tag("N54")
    void masqueradeMayBeSwitchedOffByAReload() throws Exception {
        try (UdpEcho echo = UdpEcho.listen(radio, 7_100);
                UdpSocket udp = UdpSocket.open(client, 0)) {
            assertTrue(answer(udp, relayAt(7_100), HELLO).isPresent());
            assertEquals(RELAY_IN_TUNNEL, echo.lastSource().getAddress().getHostAddress());
            change(relay, files.relay(), "masquerade = true", "masquerade = false");
            assertTrue(answer(udp, relayAt(7_100), HELLO).isPresent());
            assertEquals(clientAt(udp.port()), echo.lastSource());
        }
    }

    @Test
    @Tag("N12")
    @Tag("N54")
    void ownLimitOfARuleIsItsFlowsLimitAtBothEnds() throws Exception {
        try (UdpSocket radioSocket = UdpSocket.open(radio, LIMITED_PORT);
                UdpSocket master = UdpSocket.open(client, 0)) {
            radioSocket.trySend(clientAt(master.port()), HELLO);
            assertTrue(master.receive(SOON).isPresent());
            int before = endsIn(relay, master);
            assertTrue(before > 1_100 && before <= 1_200, "20 min: " + before);
            assertTrue(endsIn(router, master) <= 300, "the capture has no limit of its own");
            change(relay, files.relay(), "udp = \"20m\"", "udp = \"40m\"");
            change(router, files.router(), "[capture]", "[capture]\ntimeout.udp = \"40m\"");
            assertTrue(endsIn(relay, master) > 2_300, "the relay's flow");
            assertTrue(endsIn(router, master) > 2_300, "the router's flow");
        }
    }

    /** Seconds that the flow from the radio to a socket of the client's has left. */
    private int endsIn(TunnelEnd end, UdpSocket master) throws IOException {
        String why =
                end == relay
                        ? said(
                                relay,
                                0,
                                "why",
                                "udp",
                                NetworkLab.CLIENT + ":" + master.port(),
                                "relay:" + LIMITED_PORT)
                        : said(
                                router,
                                0,
                                "why",
                                "udp",
                                NetworkLab.RADIO + ":" + LIMITED_PORT,
                                NetworkLab.CLIENT + ":" + master.port());
        Matcher matcher = Pattern.compile("ends in (\\d+) s without packets").matcher(why);
        assertTrue(matcher.find(), why);
        return Integer.parseInt(matcher.group(1));
    }
}
