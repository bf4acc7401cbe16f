package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** Network namespaces of a test's own, gone when it ends. */
final class TestNetwork implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final String SNAPSHOT =
            """
            ip -4 rule; ip -6 rule
            ip -4 route show table all; ip -6 route show table all | grep -v fe80
            ip -6 neigh show proxy
            nft -s list ruleset
            cd /proc/sys/net
            grep -sH . ipv4/ip_forward ipv4/ip_local_port_range ipv4/ip_local_reserved_ports \
              ipv4/conf/*/forwarding ipv4/conf/*/rp_filter ipv4/conf/*/accept_local \
              ipv4/conf/*/accept_redirects ipv4/conf/*/send_redirects ipv4/conf/*/src_valid_mark \
              ipv6/conf/*/forwarding ipv6/conf/*/accept_ra ipv6/conf/*/disable_ipv6 \
              ipv6/conf/*/proxy_ndp
            :
            """;

    private final String prefix =
            "jn" + ProcessHandle.current().pid() + "s" + COUNT.incrementAndGet();
    private final List<String> names = new ArrayList<>();

    static TestNetwork create() {
        Assumptions.assumeTrue(
                Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward")), "needs root");
        return new TestNetwork();
    }

    /** A new namespace; the short name is the test's, the whole one unique on this machine. */
    void add(String name) throws IOException {
        names.add(name);
        host("ip netns add " + full(name));
        in(name, "ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0");
    }

    String full(String name) {
        return prefix + name;
    }

    /** A cable between two namespaces. */
    void cable(String a, String deviceA, String addressA, String b, String deviceB, String addressB)
            throws IOException {
        host(
                "ip link add %s netns %s type veth peer name %s netns %s"
                        .formatted(deviceA, full(a), deviceB, full(b)));
        in(a, "ip addr add " + addressA + " dev " + deviceA + "; ip link set " + deviceA + " up");
        in(b, "ip addr add " + addressB + " dev " + deviceB + "; ip link set " + deviceB + " up");
    }

    CommandRunner runner(String name) {
        return new ProgramRunner(List.of("ip", "netns", "exec", full(name)));
    }

    /** Runs a shell script there; it must succeed. */
    String in(String name, String script) throws IOException {
        CommandRunner.Result result = runner(name).run(Command.of("sh", "-c", script));
        assertEquals(0, result.exitCode(), () -> script + ": " + result.output());
        return result.output();
    }

    /** A process that runs there until it is destroyed. */
    Process start(String name, String... command) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("ip", "netns", "exec", full(name)));
        Collections.addAll(arguments, command);
        return new ProcessBuilder(arguments).redirectErrorStream(true).start();
    }

    /** Everything that steering may touch. */
    String snapshot(String name) throws IOException {
        return in(name, SNAPSHOT);
    }

    private static void host(String command) throws IOException {
        CommandRunner.Result result = CommandRunner.here().run(Command.of("sh", "-c", command));
        assertEquals(0, result.exitCode(), () -> command + ": " + result.output());
    }

    @Override
    public void close() throws IOException {
        for (String name : names) {
            CommandRunner.here().run(Command.of("ip", "netns", "del", full(name)));
        }
    }
}
