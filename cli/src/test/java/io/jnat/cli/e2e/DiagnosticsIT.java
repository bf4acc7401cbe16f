package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabFiles;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the commands that look say about two real ends: why, flows, status. */
@Tag("N56")
final class DiagnosticsIT extends RunningLab {

    private static void has(String output, String... parts) {
        for (String part : parts) {
            assertTrue(output.contains(part), () -> part + " is not in:\n" + output);
        }
    }

    private static String from(int port) {
        return NetworkLab.CLIENT + ":" + port;
    }

    @Test
    void theWayOfAForwardIsToldByBothEnds() throws IOException {
        String relaySays = said(relay, 0, "why", "udp", from(4000), "relay:55193");
        has(
                relaySays,
                "relay (this end)",
                "the kernel leads it from eth0 into jnat-wan",
                "forward dmr",
                "relay.toml:",
                "router hilltop (asked through the tunnel)",
                "allow dmr",
                "verdict: goes through: leaves the router hilltop as "
                        + from(4000)
                        + " -> 192.168.20.31:55193");
        String routerSays = said(router, 0, "why", "udp", from(4000), "relay:55193");
        has(
                routerSays,
                "relay (asked through the tunnel)",
                "forward dmr",
                "router (this end)",
                "router.toml:",
                "verdict: goes through: leaves the router by jnat-lan as "
                        + from(4000)
                        + " -> 192.168.20.31:55193");
    }

    @Test
    void theWayOfACapturedDeviceIsToldByBothEnds() throws IOException {
        String routerSays = said(router, 0, "why", "flex:5060", "203.0.113.9:53", "udp");
        has(
                routerSays,
                "capture flex",
                "relay (asked through the tunnel)",
                "leaves the relay as 198.51.100.1:");
        String relaySays = said(relay, 0, "why", "flex:5060", "203.0.113.9:53", "udp");
        has(
                relaySays,
                "router hilltop (asked through the tunnel)",
                "capture flex",
                "leaves the relay by jnat-wan as 198.51.100.1:");
        has(said(router, 0, "why", "icmp", "flex", "203.0.113.9"), "goes through");
    }

    @Test
    void whatDoesNotPassIsToldWithItsReasonAndWhatToDo() throws IOException {
        has(
                said(relay, 1, "why", "udp", from(4000), "relay:55194"),
                "none of ",
                "reason: NO_FORWARD",
                "what to do: add a [[forward]]");
        has(
                said(relay, 1, "why", "tcp", from(4000), "relay:22"),
                "jnat never sees it",
                "the kernel keeps it for this host");
        has(
                said(router, 1, "why", "udp", from(4000), "dmr:9"),
                "reason: NOT_ALLOWED",
                "add an [[allow]]");
        has(
                said(router, 1, "why", "udp", from(4000), "relay:55194"),
                "does not lead it here, and tells no more");
        has(said(relay, 1, "why", "udp", from(4000), "dmrr:5"), "did you mean \"dmr\"?");
        has(said(relay, 0, "why", "NOT_ALLOWED"), "no rule allows it", "what to do:");
        has(said(relay, 2, "why", "NOT_A_REASON"), "no such drop reason");
    }

    @Test
    void askingLeavesNoFlowAndAFlowAnswersForItself() throws IOException {
        said(relay, 0, "why", "udp", from(4321), "relay:55193");
        has(said(relay, 0, "flows", "port=4321"), "0 flows");
        has(said(router, 0, "flows", "port=4321"), "0 flows");
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            assertTrue(answer(udp, relayAt(LabFiles.DMR_PORT), HELLO).isPresent());
            has(
                    said(relay, 0, "why", "udp", from(udp.port()), "relay:55193"),
                    "flow ",
                    "belongs to it: let in by forward dmr, two-way");
        }
    }

    @Test
    void flowsAreFilteredAndEnded() throws IOException {
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            assertTrue(answer(udp, relayAt(LabFiles.DMR_PORT), HELLO).isPresent());
            String port = "port=" + udp.port();
            has(
                    said(
                            relay,
                            0,
                            "flows",
                            "device=dmr",
                            "proto=udp",
                            "rule=dmr",
                            "site=hilltop",
                            "state=two-way",
                            "src=" + NetworkLab.CLIENT,
                            port),
                    "forward dmr",
                    "1 flow");
            has(said(relay, 0, "flows", "device=flex", port), "0 flows");
            has(said(router, 0, "flows", "rule=dmr", port, "--json"), "\"rule\":\"allow dmr\"");
            has(said(relay, 2, "flows", "device=dmr", "prot=udp"), "did you mean \"proto=…\"?");
            has(said(relay, 1, "flows", "device=dmrr"), "did you mean \"dmr\"?");
            has(said(relay, 1, "flows", "state=twoway"), "did you mean \"two-way\"?");
            has(said(relay, 2, "flows", "--kill"), "without a filter");
            has(said(relay, 0, "flows", port, "--kill"), "forward dmr", "1 flow ended");
            has(said(relay, 0, "flows", port), "0 flows");
        }
    }

    /** All of them at once would not fit into the heap. */
    @Test
    void flowsThatNeedSeveralAnswersAreListedAndEnded() throws IOException {
        for (int at = 0; at < 1500; at++) {
            try (UdpSocket udp = UdpSocket.open(client, 0)) {
                udp.trySend(relayAt(LabFiles.DMR_PORT), HELLO);
            }
        }
        String json = said(relay, 0, "flows", "rule=dmr", "--json");
        Object[] listed = JSON.std.arrayFrom(json);
        assertTrue(listed.length > 1100, json);
        String text = said(relay, 0, "flows", "rule=dmr");
        has(text, listed.length + " flows");
        assertEquals(listed.length + 2, text.lines().count(), "one heading");
        has(said(relay, 0, "flows", "rule=dmr", "--kill"), listed.length + " flows ended");
        has(said(relay, 0, "flows", "rule=dmr"), "0 flows");
        has(said(relay, 0, "flows", "proto=icmpv6"), "0 flows");
    }

    @Test
    void statusShowsEachPeerAndNamesAScan() throws IOException {
        has(
                said(relay, 0, "status"),
                "hilltop: public key " + files.routerKey().publicText(),
                "session ",
                " rekeys",
                "keepalives ",
                "refused by allowed IPs (10.99.0.2/32");
        assertFalse(said(relay, 0, "status", "--check").contains("port scan or flood"));
        try (UdpSocket udp = UdpSocket.open(client, 0)) {
            Await.until(
                    Duration.ofSeconds(15),
                    "the scan is named",
                    () -> {
                        for (int port = 20_000; port < 21_000; port++) {
                            udp.trySend(relayAt(port), HELLO);
                        }
                        return said(relay, 0, "status", "--check")
                                .contains("attack: port scan or flood");
                    });
        }
        has(said(relay, 0, "status", "--json"), "\"attacks\":[{", "\"defence\":\"dropped");
        has(relay.log(), "port scan or flood");
    }
}
