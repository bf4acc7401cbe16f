package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.LabKey;
import io.jnat.cli.lab.ProcessStat;
import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code jnat wg} as people use it: through the launcher, with Debian's {@code wg}, {@code
 * wg-quick} and {@code wireguard-go}, in two namespaces that a veth pair joins.
 */
@Tag("alone")
@Timeout(90)
final class WireGuardDropInIT extends JoinedNamespaces {
    @Test
    @Tag("W44")
    @Tag("W40")
    void aDeviceCanBeUsedWhenTheCommandReturns() throws IOException {
        jnatWg(left, a0());
        assertEquals("rw-------", mode(socket(a0())));
        assertEquals("interface: " + a0(), run(left, "wg show " + a0()).strip());
        assertTrue(run(left, "ip link show " + a0()).contains("mtu 1420"));
        assertEquals("", run(left, "ss -Hunl"), "sockets are open only while the device is up");
    }

    @Test
    @Tag("W44")
    void theKernelGivesTheDeviceNoAddressOfItsOwn() throws IOException {
        jnatWg(left, a0());
        run(left, "ip link set " + a0() + " up");
        assertEquals("", run(left, "ip -6 addr show dev " + a0()), "wg-quick save would save it");
    }

    @Test
    void whoMayOpenNoMoreFilesKeepsNoCoreBusyAndAnswersWhenItMayAgain() throws IOException {
        jnatWg(left, a0());
        long pid = Long.parseLong(Shell.run("ip", "netns", "pids", left).strip());
        Shell.run("prlimit", "--nofile=3:", "--pid", Long.toString(pid));
        long before = ticks(pid);
        assertNotEquals(0, attempt(left, "timeout 3 wg show " + a0()).exitCode());
        long ticks = ticks(pid) - before;
        assertTrue(ticks < 100, ticks + " of 300 ticks for a client that cannot be taken");
        Shell.run("prlimit", "--nofile=1024:", "--pid", Long.toString(pid));
        assertEquals("interface: " + a0(), run(left, "timeout 5 wg show " + a0()).strip());
    }

    private static long ticks(long pid) throws IOException {
        return ProcessStat.UTIME.of(pid) + ProcessStat.STIME.of(pid);
    }

    @Test
    void coresAreKeptAwakeOnlyWhenThatIsAskedFor() throws IOException {
        jnatWg(left, a0());
        assertFalse(threads(left).contains("awake-"));
        jnatWg(right, "--awake " + b0());
        assertTrue(threads(right).contains("awake-1"));
    }

    /** The names of all threads in a namespace. */
    private String threads(String namespace) throws IOException {
        return run(
                namespace,
                "for pid in $(ip netns pids %s); do cat /proc/$pid/task/*/comm 2>/dev/null || true; done"
                        .formatted(namespace));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    @Tag("W40")
    @Tag("W41")
    @Tag("W42")
    void wgShowsAndSets() throws IOException {
        jnatWg(left, a0());
        String peer = LabKey.generate().publicText();
        Key key = key();
        file("key", key.privateText() + "\n");
        run(
                left,
                "wg set %s private-key %s listen-port 5001 fwmark 0x2a peer %s allowed-ips 10.8.0.0/16,fd08::/16,0.0.0.0/0 persistent-keepalive 25 endpoint '[2001:db8::2]:5002'"
                        .formatted(a0(), directory.resolve("key"), peer));
        assertEquals(
                List.of(
                        a0() + "\t" + key.privateText() + "\t" + key.publicText() + "\t5001\t0x2a",
                        a0()
                                + "\t"
                                + peer
                                + "\t(none)\t[2001:db8::2]:5002\t10.8.0.0/16,fd08::/16,0.0.0.0/0\t0\t0\t0\t25"),
                run(left, "wg show all dump")
                        .lines()
                        .filter(line -> line.startsWith(a0()))
                        .toList());
        String saved = run(left, "wg showconf " + a0());
        Path conf = file("saved.conf", saved);
        run(left, "wg set %s private-key /dev/null fwmark 0 peer %s remove".formatted(a0(), peer));
        assertEquals("(none)", run(left, "wg show " + a0() + " private-key").strip());
        assertEquals("", run(left, "wg show " + a0() + " peers"));
        run(left, "wg setconf " + a0() + " " + conf);
        assertEquals(saved, run(left, "wg showconf " + a0()));
        String other = LabKey.generate().publicText();
        Path more =
                file("more.conf", "[Peer]\nPublicKey = " + other + "\nAllowedIPs = 10.8.0.0/16\n");
        run(left, "wg addconf " + a0() + " " + more);
        assertEquals(
                List.of(peer + "\tfd08::/16 0.0.0.0/0", other + "\t10.8.0.0/16"),
                run(left, "wg show " + a0() + " allowed-ips").lines().toList());
        run(left, "wg syncconf " + a0() + " " + conf);
        assertEquals(saved, run(left, "wg showconf " + a0()));
    }

    @Test
    @Tag("W42")
    void aPortInUseIsRefusedAndNothingChanges() throws IOException {
        jnatWg(left, a0());
        run(left, "wg set " + a0() + " listen-port 5001; ip link set " + a0() + " up");
        Await.until(A_SECOND, "port 5001", () -> run(left, "ss -Hunl").contains(":5001"));
        Process holder =
                new ProcessBuilder("ip", "netns", "exec", left, "nc", "-u", "-l", "5009").start();
        try {
            Await.until(SOON, "nc", () -> run(left, "ss -Hunl").contains(":5009"));
            String peer = LabKey.generate().publicText();
            Shell.Result refused =
                    attempt(left, "wg set " + a0() + " listen-port 5009 fwmark 7 peer " + peer);
            assertAll(
                    () -> assertNotEquals(0, refused.exitCode()),
                    () -> assertTrue(refused.output().contains("in use"), refused.output()),
                    () ->
                            assertEquals(
                                    "5001", run(left, "wg show " + a0() + " listen-port").strip()),
                    () -> assertEquals("off", run(left, "wg show " + a0() + " fwmark").strip()),
                    () -> assertEquals("", run(left, "wg show " + a0() + " peers")),
                    () -> assertTrue(run(left, "ss -Hunl").contains(":5001")));
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    @Tag("W45")
    void aHundredThirtyThousandAllowedIpsAreSetAndReadBack() throws IOException {
        jnatWg(left, a0());
        StringBuilder conf = new StringBuilder("[Interface]\n");
        conf.append("PrivateKey = ").append(LabKey.generate().privateText());
        conf.append("\n[Peer]\nPublicKey = ").append(LabKey.generate().publicText()).append('\n');
        for (int at = 0; at < 255 * 256; at++) {
            int a = at / 256 + 1;
            int b = at % 256;
            conf.append("AllowedIPs = %d.%d.0.0/16,%x::%x/128\n".formatted(a, b, a, b));
        }
        for (int peer = 0; peer < 300; peer++) {
            conf.append("[Peer]\nPublicKey = ").append(LabKey.generate().publicText()).append('\n');
            conf.append("AllowedIPs = 10.%d.%d.3/32\n".formatted(peer / 256, peer % 256));
        }
        Path file = file("large.conf", conf.toString());
        long startNanos = System.nanoTime();
        run(left, "wg setconf " + a0() + " " + file);
        String shown = run(left, "wg show " + a0() + " allowed-ips");
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        assertEquals(301, shown.lines().count());
        assertEquals(
                2 * 255 * 256 - 1,
                shown.lines()
                        .findFirst()
                        .orElseThrow()
                        .chars()
                        .filter(character -> character == ' ')
                        .count());
        assertTrue(millis < 8_000, "took " + millis + " ms");
    }

    @Test
    @Tag("W42")
    void moreAllowedIpsThanThereIsMemoryForAreRefused() throws IOException {
        jnatWg(left, a0());
        String peer = LabKey.generate().publicText();
        run(left, "wg set " + a0() + " peer " + peer + " allowed-ips 10.7.0.0/16");
        StringBuilder conf = new StringBuilder("[Peer]\nPublicKey = ").append(peer);
        for (int a = 1; a < 100; a++) {
            for (int b = 0; b < 256; b++) {
                conf.append("\nAllowedIPs = ");
                for (int c = 0; c < 16; c++) {
                    conf.append(c == 0 ? "" : ",").append("%d.%d.%d.0/24".formatted(a, b, c));
                }
            }
        }
        Path file = file("too-large.conf", conf.append('\n').toString());
        Shell.Result refused = attempt(left, "wg addconf " + a0() + " " + file);
        assertTrue(refused.output().contains("Cannot allocate memory"), refused.output());
        assertEquals(peer + "\t10.7.0.0/16", run(left, "wg show " + a0() + " allowed-ips").strip());
        run(left, "ip link del " + a0());
        Await.until(SOON, "the end", () -> !Files.exists(socket(a0())));
    }

    @Test
    @Tag("W44")
    void anotherImplementationIsReachedInBothFamilies() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(
                left,
                "ping -c 3 -i 0.1 -W 3 10.7.0.2; ping -c 3 -i 0.1 -W 3 fd07::2; ping -c 2 -i 0.1 -s 20000 -W 3 10.7.0.2");
        run(
                left,
                "wg set "
                        + a0()
                        + " peer $(wg show "
                        + a0()
                        + " peers) endpoint '[2001:db8::2]:5002'");
        run(left, "ping -c 3 -i 0.1 -W 3 10.7.0.2");
        assertTrue(run(right, "wg show " + b0() + " endpoints").contains("[2001:db8::1]:5001"));
        assertTrue(
                run(left, "wg show " + a0() + " transfer")
                        .matches("(?s).*\t[1-9]\\d+\t[1-9]\\d+\\s*"));
    }

    @Test
    @Tag("W44")
    void anotherImplementationReachesUs() throws IOException {
        wireguardGo(left, a0());
        jnatWg(right, b0());
        join(a0(), b0());
        run(left, "ping -c 3 -i 0.1 -W 3 10.7.0.2; ping -c 3 -i 0.1 -W 3 fd07::2");
    }

    @Test
    @Tag("W26")
    void sendersHearThatThereIsNobody() throws IOException {
        jnatWg(left, a0());
        run(
                left,
                "ip addr add 10.7.0.1/24 dev %1$s; ip addr add fd07::1/64 dev %1$s nodad; ip link set %1$s up"
                        .formatted(a0()));
        run(
                left,
                "wg set %s private-key <(wg genkey) peer $(wg genkey | wg pubkey) allowed-ips 10.7.0.9/32"
                        .formatted(a0()));
        for (String nobody : List.of("10.7.0.2", "fd07::2", "10.7.0.9")) {
            Shell.Result pinged = attempt(left, "ping -c 1 -W 2 " + nobody);
            assertTrue(pinged.output().contains("nreachable"), nobody + ": " + pinged.output());
        }
    }

    @Test
    @Tag("W22")
    @Tag("W27")
    void roamingEndsAreFollowed() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 2 -i 0.1 -W 3 10.7.0.2");
        run(left, "ip addr del 192.0.2.1/24 dev e0; ip addr add 192.0.2.77/24 dev e0");
        Await.until(SOON, "from another address", () -> pings(left, "10.7.0.2"));
        assertTrue(run(right, "wg show " + b0() + " endpoints").contains("192.0.2.77:5001"));
        run(right, "wg set " + b0() + " listen-port 5055");
        Await.until(SOON, "a peer at another port", () -> pings(right, "10.7.0.1"));
        assertTrue(run(left, "wg show " + a0() + " endpoints").contains("192.0.2.2:5055"));
    }

    @Test
    @Tag("W43")
    void syncconfAndSetconfKeepSessions() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 2 -i 0.1 -W 3 10.7.0.2");
        String before = run(left, "wg show " + a0() + " latest-handshakes");
        assertFalse(before.strip().endsWith("\t0"), before);
        run(
                left,
                "wg showconf %1$s >%2$s/now.conf; wg syncconf %1$s %2$s/now.conf"
                        .formatted(a0(), directory));
        run(left, "wg setconf %s %s/now.conf".formatted(a0(), directory));
        assertEquals(before, run(left, "wg show " + a0() + " latest-handshakes"));
        // the other end can't shake hands: the old session has to do
        run(right, "wg set " + b0() + " private-key /dev/null");
        assertTrue(run(left, "wg show " + a0() + " latest-handshakes").equals(before));
    }

    @Test
    @Tag("W44")
    void upDownAndMtuAreFollowedInAnotherNamespace() throws IOException {
        jnatWg(left, a0());
        wireguardGo(right, b0());
        String inner = prefix + "c";
        namespace(inner);
        run(left, "ip link set " + a0() + " netns " + inner);
        Key a = key();
        Key b = key();
        Path aKey = file("a.key", a.privateText() + "\n");
        Path bKey = file("b.key", b.privateText() + "\n");
        run(
                left,
                "wg set %s private-key %s listen-port 5001 peer %s allowed-ips 10.7.0.2/32 endpoint 192.0.2.2:5002"
                        .formatted(a0(), aKey, b.publicText()));
        run(
                right,
                "wg set %s private-key %s listen-port 5002 peer %s allowed-ips 10.7.0.1/32; ip addr add 10.7.0.2/24 dev %1$s; ip link set %1$s up"
                        .formatted(b0(), bKey, a.publicText()));
        run(
                inner,
                "ip addr add 10.7.0.1/24 dev %1$s; ip link set %1$s up; ping -c 2 -i 0.2 -W 3 10.7.0.2"
                        .formatted(a0()));
        assertTrue(run(left, "ss -Hunl").contains(":5001"), "sockets stay where jnat was started");
        assertEquals("", run(inner, "ss -Hunl"));
        run(inner, "ip link set " + a0() + " mtu 9000");
        run(right, "ip link set " + b0() + " mtu 9000");
        Await.until(
                A_SECOND.plusMillis(500),
                "MTU 9000",
                () -> attempt(inner, "ping -c 1 -W 1 -M do -s 8972 10.7.0.2").exitCode() == 0);
        run(inner, "ip link set " + a0() + " down");
        Await.until(A_SECOND, "sockets shut", () -> run(left, "ss -Hunl").isEmpty());
        run(inner, "ip link set " + a0() + " up");
        run(inner, "ping -c 2 -i 0.2 -W 3 10.7.0.2");
        run(inner, "ip link del " + a0());
        Await.until(A_SECOND, "end", () -> !Files.exists(socket(a0())));
    }

    @Test
    @Tag("W44")
    void endsWithItsDeviceItsSocketAndOnSignals() throws IOException {
        jnatWg(left, a0());
        run(left, "ip link del " + a0());
        Await.until(SOON, "the socket goes with the device", () -> !Files.exists(socket(a0())));
        jnatWg(left, a0());
        Files.delete(socket(a0()));
        Await.until(
                A_SECOND,
                "the device goes with the socket",
                () -> attempt(left, "ip link show " + a0()).exitCode() != 0);
        for (String signal : List.of("TERM", "INT")) {
            jnatWg(left, a0());
            run(
                    left,
                    "kill -"
                            + signal
                            + " $(ip netns pids "
                            + left
                            + " | while read -r p; do grep -q java /proc/$p/comm && echo $p; done || true)");
            Await.until(
                    SOON,
                    signal,
                    () ->
                            !Files.exists(socket(a0()))
                                    && attempt(left, "ip link show " + a0()).exitCode() != 0);
        }
    }

    @Test
    void inTheForegroundByTheEnvironmentItStaysWithoutAWarning() throws IOException {
        Shell.Result stayed =
                attempt(
                        left,
                        "WG_PROCESS_FOREGROUND=1 JNAT_BUILD=never timeout 5 '%s' wg %s"
                                .formatted(LAUNCHER, a0()));
        assertEquals(124, stayed.exitCode(), stayed.output());
        assertFalse(stayed.output().contains("warning"), stayed.output());
    }

    @Test
    @Tag("W40")
    void aStaleSocketIsReplacedAndAnothersIsNot() throws IOException {
        jnatWg(left, a0());
        run(
                left,
                "kill -KILL $(ip netns pids "
                        + left
                        + " | while read -r p; do grep -q java /proc/$p/comm && echo $p; done || true)");
        Await.until(
                SOON,
                "the kernel takes the device",
                () -> attempt(left, "ip link show " + a0()).exitCode() != 0);
        assertTrue(Files.exists(socket(a0())));
        jnatWg(left, a0());
        Shell.Result second = attempt(right, "JNAT_BUILD=never '" + LAUNCHER + "' wg " + a0());
        assertAll(
                () -> assertEquals(1, second.exitCode()),
                () ->
                        assertTrue(
                                second.output().contains("another process answers"),
                                second.output()),
                () -> assertTrue(run(left, "wg show " + a0()).contains(a0())),
                () -> assertNotEquals(0, attempt(right, "ip link show " + a0()).exitCode()));
    }

    @Test
    @Tag("W44")
    void wgQuickBringsAnUnchangedConfigurationUpAndDown() throws IOException {
        Key a = key();
        Key b = key();
        String psk = Shell.run("wg", "genpsk").strip();
        wireguardGo(right, b0());
        Path bKey = file("b.key", b.privateText() + "\n");
        file("psk", psk + "\n");
        run(
                right,
                "wg set %s private-key %s listen-port 5002 peer %s preshared-key %s/psk allowed-ips 10.7.0.1/32,fd07::1/128; ip addr add 10.7.0.2/24 dev %1$s; ip addr add fd07::2/64 dev %1$s nodad; ip link set %1$s up"
                        .formatted(b0(), bKey, a.publicText(), directory));
        Path conf =
                file(
                        a0() + ".conf",
                        """
                        [Interface]
                        PrivateKey = %s
                        Address = 10.7.0.1/24, fd07::1/64
                        MTU = 1380
                        Table = 4242
                        PreUp = touch %s/preup
                        PostUp = wg show %%i
                        PostDown = touch %3$s/postdown

                        [Peer]
                        PublicKey = %s
                        PresharedKey = %s
                        AllowedIPs = 10.7.0.0/24, fd07::/64, 10.99.0.0/16
                        Endpoint = 192.0.2.2:5002
                        PersistentKeepalive = 25
                        """
                                .replace("%3$s", directory.toString())
                                .formatted(a.privateText(), directory, b.publicText(), psk));
        String quick =
                "export JNAT_BUILD=never WG_QUICK_USERSPACE_IMPLEMENTATION='"
                        + LAUNCHER.resolveSibling("cli/src/main/scripts/jnat-wg")
                        + "'; wg-quick ";
        run(left, quick + "up " + conf);
        run(left, "ping -c 2 -i 0.2 -W 3 10.7.0.2; ping -c 2 -i 0.2 -W 3 fd07::2");
        assertTrue(run(left, "ip link show " + a0()).contains("mtu 1380"));
        assertTrue(run(left, "ip route show table 4242").contains("10.99.0.0/16"));
        assertTrue(Files.exists(directory.resolve("preup")));
        run(left, quick + "down " + conf);
        assertTrue(Files.exists(directory.resolve("postdown")));
        Await.until(A_SECOND, "end", () -> !Files.exists(socket(a0())));
        run(left, quick + "up " + conf);
        Await.until(SOON, "up again at once", () -> pings(left, "10.7.0.2"));
        run(left, quick + "down " + conf);
        run(left, quick + "up " + conf + "; wg-quick down " + conf);
    }
}
