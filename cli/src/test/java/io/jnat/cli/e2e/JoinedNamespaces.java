package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Requirements;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.WireguardGo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two namespaces that a veth pair joins, with IPv4 and IPv6, and what the tests of stand-alone
 * WireGuard devices do in them.
 */
abstract class JoinedNamespaces {
    static final Duration SOON = Duration.ofSeconds(5);

    /** W44: changes of the device count within a second. */
    static final Duration A_SECOND = Duration.ofSeconds(1);

    /** Our timers run thirty times as fast. */
    private static final String HURRY = "-Djnat.wireguard.hurry=30";

    /** In a hurry, a session is renewed after so long. */
    static final Duration RENEWAL = Duration.ofSeconds(4);

    private static final Duration BULK_LIMIT = Duration.ofSeconds(60);

    private static final AtomicInteger NUMBER = new AtomicInteger();
    static final Path LAUNCHER = launcher();

    final String prefix =
            "jn" + ProcessHandle.current().pid() % 100_000 + "w" + NUMBER.incrementAndGet();
    final String left = prefix + "a";
    final String right = prefix + "b";
    final List<String> namespaces = new ArrayList<>();

    @TempDir Path directory;

    /** {@code ./jnat} of this checkout. */
    static Path launcher() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.isExecutable(here.resolve("jnat"))) {
            Path parent = here.getParent();
            if (parent == null) {
                return Path.of("jnat");
            }
            here = parent;
        }
        return here.resolve("jnat");
    }

    @BeforeEach
    void makeNamespaces() throws IOException {
        assumeTrue(Requirements.isRoot(), "needs root for network namespaces");
        assumeTrue(Requirements.hasTun(), "needs /dev/net/tun");
        for (String tool : List.of("/usr/bin/wg", "/usr/bin/wg-quick", "/usr/bin/wireguard-go")) {
            assumeTrue(Files.isExecutable(Path.of(tool)), "needs " + tool);
        }
        for (String name : List.of(left, right)) {
            namespace(name);
        }
        Shell.run(
                "ip", "link", "add", "e0", "netns", left, "type", "veth", "peer", "name", "e0",
                "netns", right);
        run(
                left,
                "ip addr add 192.0.2.1/24 dev e0; ip addr add 2001:db8::1/64 dev e0 nodad; ip link set e0 up");
        run(
                right,
                "ip addr add 192.0.2.2/24 dev e0; ip addr add 2001:db8::2/64 dev e0 nodad; ip link set e0 up");
    }

    void namespace(String name) throws IOException {
        Shell.run("ip", "netns", "add", name);
        namespaces.add(name);
        Shell.run("ip", "-n", name, "link", "set", "lo", "up");
    }

    @AfterEach
    void removeNamespaces() throws IOException {
        for (String name : namespaces) {
            for (String pid : Shell.run("ip", "netns", "pids", name).lines().toList()) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
            Shell.run("ip", "netns", "delete", name);
        }
        try (var sockets = Files.newDirectoryStream(SOCKETS, prefix + "*")) {
            for (Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
    }

    private static final Path SOCKETS = Path.of("/var/run/wireguard");

    static Path socket(String device) {
        return SOCKETS.resolve(device + ".sock");
    }

    /** Runs shell lines in a namespace; fails when one of them does. */
    String run(String namespace, String script) throws IOException {
        return Shell.run(List.of("ip", "netns", "exec", namespace, "bash", "-euc", script), "");
    }

    Shell.Result attempt(String namespace, String script) throws IOException {
        return Shell.attempt(List.of("ip", "netns", "exec", namespace, "bash", "-euc", script), "");
    }

    /** A pair of keys as {@code wg} makes them. */
    record Key(String privateText, String publicText) {}

    static Key key() throws IOException {
        String privateText = Shell.run("wg", "genkey").strip();
        return new Key(privateText, Shell.run(List.of("wg", "pubkey"), privateText).strip());
    }

    /**
     * Whether jnat chooses its cipher as it does for users.
     *
     * @see RunningLab#choosesCipher()
     */
    boolean choosesCipher() {
        return true;
    }

    /** Starts a device in the background, as people do. */
    void jnatWg(String namespace, String device) throws IOException {
        jnatWg(namespace, device, choosesCipher() ? "" : "-Djnat.cipher=scalar");
    }

    /** The same with these options for its JVM. */
    void jnatWg(String namespace, String device, String options) throws IOException {
        run(
                namespace,
                "JNAT_JAVA_OPTS='%s' JNAT_BUILD=never '%s' wg %s"
                        .formatted(options, LAUNCHER, device));
    }

    void wireguardGo(String namespace, String device) throws IOException {
        run(namespace, "LOG_LEVEL=silent wireguard-go " + device + " >/dev/null 2>&1");
        WireguardGo.awaitControlSocket("wireguard-go", device);
    }

    Path file(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    boolean pings(String namespace, String address) throws IOException {
        return attempt(namespace, "ping -c 1 -W 1 " + address).exitCode() == 0;
    }

    /**
     * A tunnel between {@code a0} on the left and {@code b0} on the right, with a preshared key.
     */
    void join(String a0, String b0) throws IOException {
        Key a = key();
        Key b = key();
        Path psk = file("psk", Shell.run("wg", "genpsk"));
        Path aKey = file("a.key", a.privateText() + "\n");
        Path bKey = file("b.key", b.privateText() + "\n");
        run(
                left,
                "wg set %s private-key %s listen-port 5001 peer %s preshared-key %s allowed-ips 10.7.0.2/32,fd07::2/128 endpoint 192.0.2.2:5002"
                        .formatted(a0, aKey, b.publicText(), psk));
        run(
                right,
                "wg set %s private-key %s listen-port 5002 peer %s preshared-key %s allowed-ips 10.7.0.1/32,fd07::1/128"
                        .formatted(b0, bKey, a.publicText(), psk));
        run(
                left,
                "ip addr add 10.7.0.1/24 dev %1$s; ip addr add fd07::1/64 dev %1$s nodad; ip link set %1$s up"
                        .formatted(a0));
        run(
                right,
                "ip addr add 10.7.0.2/24 dev %1$s; ip addr add fd07::2/64 dev %1$s nodad; ip link set %1$s up"
                        .formatted(b0));
        Await.until(A_SECOND, "port 5001", () -> run(left, "ss -Hunl").contains(":5001"));
        Await.until(A_SECOND, "port 5002", () -> run(right, "ss -Hunl").contains(":5002"));
    }

    String a0() {
        return prefix + "a0";
    }

    String b0() {
        return prefix + "b0";
    }

    /** The same with timers that run thirty times as fast. */
    void jnatInAHurry() throws IOException {
        jnatWg(left, a0(), HURRY);
    }

    /** When the last handshake of the left was, in seconds since 1970. */
    long handshake() throws IOException {
        String[] words =
                run(left, "wg show " + a0() + " latest-handshakes").strip().split("\t", -1);
        return Long.parseLong(words[1]);
    }

    /** Runs an iperf3 server on the right for one client, which gets these options. */
    String iperf(String options) throws IOException {
        Process server =
                new ProcessBuilder("ip", "netns", "exec", right, "iperf3", "-s", "-1")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            Await.until(SOON, "iperf3", () -> run(right, "ss -Htln sport = 5201").contains("5201"));
            Process client =
                    new ProcessBuilder(
                                    "bash",
                                    "-c",
                                    "exec ip netns exec " + left + " iperf3 -c 10.7.0.2 " + options)
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve("iperf").toFile())
                            .start();
            boolean ended = client.waitFor(BULK_LIMIT.toSeconds(), TimeUnit.SECONDS);
            client.destroyForcibly();
            String said = Files.readString(directory.resolve("iperf"));
            assertTrue(ended, said);
            assertEquals(0, client.exitValue(), said);
            return said;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(options);
        } finally {
            server.destroyForcibly();
        }
    }
}
