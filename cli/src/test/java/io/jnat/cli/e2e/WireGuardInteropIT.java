package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code jnat wg} on the left against Debian's {@code wireguard-go} on the right, over longer
 * stretches: sizes, renewed sessions, restarts. Our timers run thirty times as fast where a test
 * says so; the other end's are as the protocol has them.
 */
@Timeout(150)
final class WireGuardInteropIT extends JoinedNamespaces {
    @Test
    @Tag("W21")
    void datagramsOfAllSizesCross() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                left,
                "ping -c 3 -i 0.1 -s 65000 -W 3 10.7.0.2; ping -c 3 -i 0.1 -s 65000 -W 3 fd07::2");
        for (String size : new String[] {"-l 1372", "-l 1372 -R", "-l 8000", "-l 8000 -R"}) {
            assertTrue(iperf("-u -b 20M -t 1 " + size).contains("receiver"), size);
        }
        run(left, "ip link set " + a0() + " mtu 34736");
        run(right, "ip link set " + b0() + " mtu 34736");
        Await.until(
                SOON,
                "MTU 34736",
                () -> attempt(left, "ping -c 1 -W 1 -M do -s 34708 10.7.0.2").exitCode() == 0);
        assertNotEquals(0, attempt(left, "ping -c 1 -W 1 -M do -s 34709 10.7.0.2").exitCode());
        for (String size : new String[] {"-l 34000", "-l 34000 -R", "-l 60000"}) {
            assertTrue(iperf("-u -b 20M -t 1 " + size).contains("receiver"), size);
        }
        run(left, "ping -c 3 -i 0.1 -s 65000 -W 3 10.7.0.2");
        run(right, "ping -c 3 -i 0.1 -s 65000 -W 3 fd07::1");
    }

    /** Their checksums lie within: a kernel may leave them to whoever reads the TUN device. */
    @Test
    void networksWithinUdpCross() throws IOException {
        assumeTrue(attempt(left, "ip link add v0 type vxlan id 1 dstport 1").exitCode() == 0);
        run(left, "ip link del v0");
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        vxlan(left, "1", "2");
        vxlan(right, "2", "1");
        run(right, "iperf3 -s -1 -D");
        Await.until(SOON, "iperf3", () -> run(right, "ss -Htln sport = 5201").contains("5201"));
        String said = run(left, "timeout 20 iperf3 -c 10.8.0.2 -n 4M");
        assertTrue(said.contains("receiver"), said);
    }

    private void vxlan(String namespace, String number, String other) throws IOException {
        run(
                namespace,
                "ip link add v0 type vxlan id 1 local 10.7.0.%1$s remote 10.7.0.%2$s dstport 4789; ip addr add 10.8.0.%1$s/24 dev v0; ip link set v0 up"
                        .formatted(number, other));
    }

    @Test
    @Tag("W14")
    @Tag("W5")
    void renewingASessionLosesNothing() throws IOException {
        jnatInAHurry();
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
        long first = handshake();
        String pinged = run(left, "ping -q -i 0.01 -c 1000 -W 2 10.7.0.2");
        assertTrue(pinged.contains(" 1000 received"), pinged);
        assertTrue(handshake() - first >= RENEWAL.toSeconds(), pinged);
    }

    @Test
    @Tag("W14")
    @Tag("W11")
    void sessionsThatTheOtherEndBeganEndAndComeAgain() throws IOException {
        jnatInAHurry();
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                right,
                "wg set %1$s peer $(wg show %1$s peers) endpoint 192.0.2.1:5001; ping -c 1 -W 2 10.7.0.1"
                        .formatted(b0()));
        // Ends at 6 s; half a second without an answer later, we begin a new one.
        String pinged = run(right, "ping -q -i 0.02 -w 12 10.7.0.1");
        String lost = pinged.replaceAll("(?s).* ([\\d.]+)% packet loss.*", "$1");
        assertTrue(Double.parseDouble(lost) < 15, pinged);
        run(right, "ping -c 1 -W 1 10.7.0.1");
    }

    @Test
    @Tag("W22")
    @Tag("W13")
    void translationBetweenThemMayForget() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                left,
                "nft 'table ip t { chain p { type nat hook postrouting priority 100; udp dport 5002 masquerade to :20000-30000 fully-random; }; }'; wg set %1$s peer $(wg show %1$s peers) persistent-keepalive 1"
                        .formatted(a0()));
        // Until it is answered nothing may be forgotten: the keepalive has begun a handshake.
        run(left, "ping -c 1 -W 2 10.7.0.2");
        String before = run(right, "wg show " + b0() + " endpoints");
        run(left, "conntrack -F 2>/dev/null");
        // Nothing but the keepalive tells the other end where we are now.
        Await.until(
                SOON,
                "another port",
                () -> !run(right, "wg show " + b0() + " endpoints").equals(before));
        run(right, "ping -c 3 -i 0.2 -W 2 10.7.0.1");
    }

    @Test
    @Tag("W22")
    void translationInFrontOfTheOtherEndMayForget() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                right,
                "nft 'table ip t { chain p { type nat hook postrouting priority 100; udp dport 5001 masquerade to :20000-30000 fully-random; }; }'; wg set %1$s peer $(wg show %1$s peers) endpoint 192.0.2.1:5001 persistent-keepalive 1; ping -c 1 -W 2 10.7.0.1"
                        .formatted(b0()));
        String before = run(left, "wg show " + a0() + " endpoints");
        run(right, "conntrack -F 2>/dev/null");
        Await.until(
                SOON,
                "another port",
                () -> !run(left, "wg show " + a0() + " endpoints").equals(before));
        run(left, "ping -c 3 -i 0.2 -W 2 10.7.0.2");
    }

    @Test
    @Tag("W11")
    void eitherEndMayBeRestarted() throws IOException {
        jnatInAHurry();
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
        String leftConfiguration = run(left, "wg showconf " + a0());
        String rightConfiguration =
                run(right, "wg showconf " + b0()).replaceAll("(?m)^Endpoint.*\\n", "");
        run(right, "ip link del " + b0());
        Await.until(SOON, "end", () -> !Files.exists(socket(b0())));
        wireguardGo(right, b0());
        setUp(right, b0(), "2", rightConfiguration);
        // It does not know where we are: we have to notice.
        Await.until(SOON, "after the right was restarted", () -> pings(left, "10.7.0.2"));
        run(left, "ip link del " + a0());
        Await.until(SOON, "end", () -> !Files.exists(socket(a0())));
        jnatInAHurry();
        setUp(left, a0(), "1", leftConfiguration);
        Await.until(SOON, "after the left was restarted", () -> pings(left, "10.7.0.2"));
        run(right, "ping -c 1 -W 2 10.7.0.1");
    }

    private void setUp(String namespace, String device, String number, String configuration)
            throws IOException {
        run(
                namespace,
                "wg setconf %1$s %2$s; ip addr add 10.7.0.%3$s/24 dev %1$s; ip link set %1$s up"
                        .formatted(device, file(device + ".conf", configuration), number));
    }

    /** Both ends may begin at the same time, again and again, and no packet is lost for good. */
    @Test
    @Tag("W6")
    void bothEndsBeginAtOnce() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                right,
                "wg set %1$s peer $(wg show %1$s peers) endpoint 192.0.2.1:5001".formatted(b0()));
        for (int round = 0; round < 3; round++) {
            run(left, "ip link set %1$s down".formatted(a0()));
            run(right, "ip link set %1$s down".formatted(b0()));
            run(left, "ip link set %1$s up".formatted(a0()));
            run(right, "ip link set %1$s up".formatted(b0()));
            Shell.Result both =
                    Shell.attempt(
                            List.of(
                                    "bash",
                                    "-c",
                                    "ip netns exec %s ping -c 2 -i 0.3 -W 3 10.7.0.2 & ip netns exec %s ping -c 2 -i 0.3 -W 3 10.7.0.1 && wait $!"
                                            .formatted(left, right)),
                            "");
            assertEquals(0, both.exitCode(), both.output());
        }
    }
}
