package io.jnat.cli.steering;

import io.jnat.cli.config.RouterConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A router between a carrier and two LANs; 192.168.20.31 (dmr) is captured, 192.168.20.50 is not.
 * The host forwards before jnat comes, as a router does: without steering everything would pass.
 */
abstract class SteeredRouter {
    static final String TUNS =
            "ip tuntap add dev jnat-lan mode tun; ip tuntap add dev jnat-wan mode tun";

    @TempDir Path folder;
    TestNetwork network;

    @BeforeEach
    void network() throws IOException {
        network = TestNetwork.create();
        for (String name : List.of("carrier", "router", "radio", "other")) {
            network.add(name);
        }
        network.cable("carrier", "eth0", "100.64.0.1/10", "router", "eth0", "100.64.5.2/10");
        network.cable("radio", "eth0", "192.168.20.31/24", "router", "eth1", "192.168.20.1/24");
        network.cable("other", "eth0", "192.168.30.50/24", "router", "eth2", "192.168.30.1/24");
        network.in(
                "carrier",
                "ip addr add 203.0.113.1/32 dev lo; ip addr add 192.168.100.1/32 dev lo");
        network.in("carrier", "ip route add 192.168.0.0/16 via 100.64.5.2");
        network.in("carrier", "ip -6 addr add 2001:db8:a::1/64 dev eth0 nodad");
        network.in("carrier", "ip -6 route add 2001:db8:b::/64 via 2001:db8:a::2");
        network.in("router", "ip route add default via 100.64.0.1");
        network.in("router", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        network.in("router", "ip -6 addr add 2001:db8:a::2/64 dev eth0 nodad");
        network.in("router", "ip -6 addr add 2001:db8:b::1/64 dev eth1 nodad");
        network.in("radio", "ip route add default via 192.168.20.1");
        network.in("radio", "ip -6 addr add 2001:db8:b::31/64 dev eth0 nodad");
        network.in("radio", "ip -6 route add default via 2001:db8:b::1");
        network.in("other", "ip route add default via 192.168.30.1");
    }

    @AfterEach
    void remove() throws IOException {
        network.close();
    }

    Steering open(UnaryOperator<String> change) throws Exception {
        UnaryOperator<String> twoLans = text -> text.replace("[\"eth1\"]", "[\"eth1\", \"eth2\"]");
        RouterConfig config = Configs.router(folder, text -> change.apply(twoLans.apply(text)));
        return Steering.open(
                config, network.runner("router"), folder.resolve("state"), folder.resolve("run"));
    }

    static String kernel(String text) {
        return text.replace("others = \"wan\"", "others = \"kernel\"");
    }

    boolean reaches(String from, String address) throws IOException {
        return network.runner(from)
                        .run(Command.of("ping", "-c", "1", "-W", "1", address))
                        .exitCode()
                == 0;
    }

    void clean() throws IOException {
        SteeringCleanup.cleanUp(
                "jnat", network.runner("router"), folder.resolve("state"), folder.resolve("run"));
    }
}
