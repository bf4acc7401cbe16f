package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ways to the other end that change under a running {@code jnat wg}, and ways that go wrong. */
@Timeout(60)
final class WireGuardPathIT extends JoinedNamespaces {

    @Override
    boolean choosesCipher() {
        return false;
    }

    /** A pair of devices with jnat on the left and wireguard-go on the right. */
    private void joined() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
    }

    private String rightsEndpoint() throws IOException {
        return run(right, "wg show " + b0() + " endpoints").strip().split("\t", -1)[1];
    }

    private void leftCalls(String endpoint) throws IOException {
        run(
                left,
                "wg set %1$s peer $(wg show %1$s peers) endpoint '%2$s'".formatted(a0(), endpoint));
    }

    /** After a change of the network, at the latest; on a busy machine it takes its time. */
    private static final Duration VOICE_IS_BACK = Duration.ofSeconds(5);

    @Test
    @Tag("W27")
    void anotherRouteBringsAnotherSource() throws IOException {
        // Not wireguard-go on the right: that ties its packets to the interface that the last one
        // came in by, so that they would come by the new way before the left side has judged it.
        jnatWg(left, a0());
        jnatWg(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
        assertEquals("192.0.2.1:5001", rightsEndpoint());
        Shell.run(
                "ip", "link", "add", "e1", "netns", left, "type", "veth", "peer", "name", "e1",
                "netns", right);
        run(
                left,
                """
                for all in all e0 e1; do echo 0 >/proc/sys/net/ipv4/conf/$all/rp_filter; done
                ip addr add 192.0.2.3/24 dev e1; ip link set e1 up; ip route flush dev e1
                ip route flush dev e0
                ip route add 192.0.2.0/24 dev e0 src 192.0.2.1 metric 2
                """);
        run(
                right,
                """
                ip link set e1 up
                for all in all e0 e1; do echo 0 >/proc/sys/net/ipv4/conf/$all/rp_filter; done
                """);
        run(left, "ping -c 1 -W 2 10.7.0.2");
        assertEquals("192.0.2.1:5001", rightsEndpoint());
        // Speaks to the old address all the time, as a call does.
        Process call =
                new ProcessBuilder("ip", "netns", "exec", right, "ping", "-i", "0.01", "10.7.0.1")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            run(left, "ip route add 192.0.2.0/24 dev e1 src 192.0.2.3 metric 1");
            Await.until(
                    VOICE_IS_BACK,
                    "the other uplink's address",
                    () -> rightsEndpoint().equals("192.0.2.3:5001"));
            run(left, "ip addr del 192.0.2.3/24 dev e1");
            // The call's packets no longer come in, so it is the left side that has to speak.
            Await.until(
                    VOICE_IS_BACK,
                    "the first uplink's address again",
                    () -> pings(left, "10.7.0.2") && rightsEndpoint().equals("192.0.2.1:5001"));
        } finally {
            call.destroy();
        }
    }

    @Test
    @Tag("W27")
    void addressThatIsTakenAwayIsNotStuckTo() throws IOException {
        joined();
        run(
                left,
                "echo 1 >/proc/sys/net/ipv4/conf/e0/promote_secondaries; ip addr add 192.0.2.10/24 dev e0; ip addr del 192.0.2.1/24 dev e0; ping -c 1 -W 1 10.7.0.2");
        assertEquals("192.0.2.10:5001", rightsEndpoint());
        // The kernel takes a second to find a neighbour when the link is new.
        Await.until(SOON, "neighbours over IPv6", () -> pings(left, "2001:db8::2"));
        leftCalls("[2001:db8::2]:5002");
        run(left, "ping -c 1 -W 1 10.7.0.2");
        run(left, "ip addr add 2001:db8::10/64 dev e0 nodad");
        // Nor is a new address heard of at once: who asks too early asks again after a second.
        Await.until(SOON, "the new neighbour", () -> pings(right, "2001:db8::10"));
        run(left, "ip addr del 2001:db8::1/64 dev e0; ping -c 1 -W 1 10.7.0.2");
        assertEquals("[2001:db8::10]:5001", rightsEndpoint());
    }

    @Test
    @Tag("W27")
    void repliesLeaveFromTheAddressThatWasSpokenTo() throws IOException {
        jnatWg(left, a0());
        jnatWg(right, b0());
        join(a0(), b0());
        run(right, "ip addr add 192.0.2.22/24 dev e0; ip addr add 2001:db8::22/64 dev e0 nodad");
        run(
                right,
                "ip link add d0 type veth peer name d1; ip addr add 198.51.100.9/24 dev d0; ip link set d0 up; ip link set d1 up");
        run(left, "ip route add 198.51.100.0/24 via 192.0.2.2");
        for (String place :
                List.of(
                        "192.0.2.2:5002",
                        "[2001:db8::2]:5002",
                        "192.0.2.22:5002",
                        "[2001:db8::22]:5002",
                        "198.51.100.9:5002")) {
            leftCalls(place);
            run(left, "ping -c 1 -W 2 10.7.0.2");
            assertTrue(
                    run(left, "wg show " + a0() + " endpoints").strip().endsWith("\t" + place),
                    place);
        }
    }

    @Test
    @Tag("W30")
    void newPrivateKeyIsUsedAtOnceAlsoWhenTheOtherEndLearnsItLater() throws IOException {
        joined();
        Key next = key();
        Path file = file("next.key", next.privateText() + "\n");
        String before = run(right, "wg show " + b0() + " peers").strip();
        run(left, "wg set " + a0() + " private-key " + file);
        run(
                right,
                "wg set %s peer %s preshared-key %s/psk allowed-ips 10.7.0.1/32 peer %s remove"
                        .formatted(b0(), next.publicText(), directory, before));
        run(left, "ping -c 1 -W 1 10.7.0.2");
    }

    @Test
    @Tag("W26")
    void routeThatLeadsTheTunnelIntoItselfIsNamed() throws IOException {
        Path log = directory.resolve("log");
        run(
                left,
                "LOG_LEVEL=verbose JNAT_BUILD=never '%s' wg %s 2>%s"
                        .formatted(LAUNCHER, a0(), log));
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
        run(
                left,
                "wg set %1$s peer $(wg show %1$s peers) allowed-ips 0.0.0.0/0; ip route add 192.0.2.2/32 dev %1$s"
                        .formatted(a0()));
        attempt(left, "ping -c 3 -i 0.1 -W 1 10.7.0.2");
        Await.until(
                SOON,
                "a line that says so",
                () -> Files.readString(log).contains("leads into its own tunnel"));
        String sent = run(left, "wg show " + a0() + " transfer").strip().split("\t", -1)[2];
        assertTrue(Long.parseLong(sent) < 70_000, sent);
        run(left, "ip route del 192.0.2.2/32 dev " + a0());
        Await.until(SOON, "a way again", () -> pings(left, "10.7.0.2"));
    }

    @Test
    @Tag("W44")
    void wgQuickLeadsEverythingIntoTheTunnelButTheTunnel() throws IOException {
        wireguardGo(right, b0());
        Key a = key();
        Key b = key();
        Path bKey = file("b.key", b.privateText() + "\n");
        run(
                right,
                "wg set %s private-key %s listen-port 5002 peer %s allowed-ips 10.7.0.1/32,fd07::1/128; ip addr add 10.7.0.2/24 dev %1$s; ip addr add fd07::2/64 dev %1$s nodad; ip link set %1$s up; ip addr add 203.0.113.9/32 dev lo; ip addr add 2001:db8:99::9/128 dev lo"
                        .formatted(b0(), bKey, a.publicText()));
        Path conf =
                file(
                        a0() + ".conf",
                        """
                        [Interface]
                        PrivateKey = %s
                        Address = 10.7.0.1/24, fd07::1/64

                        [Peer]
                        PublicKey = %s
                        AllowedIPs = 0.0.0.0/0, ::/0
                        Endpoint = 192.0.2.2:5002
                        """
                                .formatted(a.privateText(), b.publicText()));
        String quick =
                "export JNAT_BUILD=never WG_QUICK_USERSPACE_IMPLEMENTATION='"
                        + LAUNCHER.resolveSibling("cli/src/main/scripts/jnat-wg")
                        + "'; wg-quick ";
        run(left, quick + "up " + conf);
        run(left, "ping -f -c 50 -W 2 203.0.113.9; ping -f -c 50 -W 2 2001:db8:99::9");
        assertNotEquals("off", run(left, "wg show " + a0() + " fwmark").strip());
        run(left, quick + "down " + conf);
        assertTrue(attempt(left, "ip route get 203.0.113.9").output().contains("unreachable"));
    }

    @Test
    @Tag("W44")
    void tunnelRunsThroughATunnel() throws IOException {
        joined();
        String a1 = prefix + "a1";
        String b1 = prefix + "b1";
        jnatWg(left, a1);
        wireguardGo(right, b1);
        Key a = key();
        Key b = key();
        Path aKey = file("a1.key", a.privateText() + "\n");
        Path bKey = file("b1.key", b.privateText() + "\n");
        run(
                left,
                "wg set %s private-key %s listen-port 5003 peer %s allowed-ips 10.8.0.2/32 endpoint '[fd07::2]:5004'; ip addr add 10.8.0.1/24 dev %1$s; ip link set mtu 1340 up dev %1$s"
                        .formatted(a1, aKey, b.publicText()));
        run(
                right,
                "wg set %s private-key %s listen-port 5004 peer %s allowed-ips 10.8.0.1/32; ip addr add 10.8.0.2/24 dev %1$s; ip link set mtu 1340 up dev %1$s"
                        .formatted(b1, bKey, a.publicText()));
        Await.until(SOON, "through both", () -> pings(left, "10.8.0.2"));
        run(left, "ping -c 3 -i 0.1 -s 20000 -W 2 10.8.0.2; ping -f -c 100 -W 2 10.8.0.2");
    }

    @Test
    @Tag("W44")
    void endsWithTheNamespaceThatItsDeviceIsIn() throws IOException {
        jnatWg(left, a0());
        String inner = prefix + "c";
        namespace(inner);
        run(left, "ip link set " + a0() + " netns " + inner);
        run(inner, "ip link set " + a0() + " up");
        Await.until(A_SECOND, "sockets", () -> !run(left, "ss -Hunl").isEmpty());
        Shell.run("ip", "netns", "delete", inner);
        namespaces.remove(inner);
        Await.until(SOON, "end", () -> !Files.exists(socket(a0())));
        Await.until(SOON, "no process", () -> run(left, "ss -Hunl").isEmpty());
    }
}
