package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A relay in a namespace of its own; the TUN device is a real one that nobody reads. */
abstract class SteeredRelay {
    static final String TUN = "ip tuntap add dev jnat-wan mode tun";

    @TempDir Path folder;
    TestNetwork network;

    @BeforeEach
    void network() throws IOException {
        network = TestNetwork.create();
        network.add("vps");
        network.add("net");
        network.cable("net", "eth0", "198.51.100.2/24", "vps", "eth0", "198.51.100.1/24");
    }

    @AfterEach
    void remove() throws IOException {
        network.close();
    }

    Steering open(UnaryOperator<String> change) throws Exception {
        RelayConfig config = Configs.relay(folder, change);
        return Steering.open(
                config, network.runner("vps"), folder.resolve("state"), folder.resolve("run"));
    }

    void start(Steering steering) throws IOException {
        steering.guard();
        network.in("vps", TUN);
        steering.apply(51820);
    }

    /** One network that is routed to the VPS, and a part of the VPS's own. */
    static String withIpv6(String text) {
        return text.replace(
                        "[\"192.168.20.0/24\"]",
                        "[\"192.168.20.0/24\", \"2001:db8:20::/64\", \"2001:db8:0:0:20::/80\","
                                + " \"fd20::/64\"]")
                .replace("[device]", "[device]\nflex6 = \"wa7vc:2001:db8:0:0:20::40\"");
    }

    static void stop(Process process) throws InterruptedException {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.waitFor();
        }
    }

    void await(String name, String command, String... parts) throws Exception {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (true) {
            String output = network.in(name, command);
            if (List.of(parts).stream().allMatch(output::contains)) {
                return;
            }
            assertTrue(System.nanoTime() - deadline < 0, () -> command + ": " + output);
            Thread.sleep(20);
        }
    }
}
