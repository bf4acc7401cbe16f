package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel announces of one namespace, made with the programs that administrators use. */
@Timeout(30)
final class HostChangesTest {
    private NetworkNamespace here;
    private NetworkNamespace there;
    private HostChanges changes;

    @BeforeEach
    void listen() throws IOException {
        NetworkNamespace.assumeAvailable();
        here = NetworkNamespace.create();
        there = NetworkNamespace.create();
        // An IPv6 address of the kernel's own would be announced again when nobody else has it.
        here.exec("sysctl", "-q", "-w", "net.ipv6.conf.default.accept_dad=0");
        NetworkNamespace.join(here, "v0", there, "v0");
        here.address("v0", "10.88.0.1/24");
        here.exec("nft", "add", "table", "inet", "someone");
        changes = here.call(Linux::openHostChanges);
    }

    @AfterEach
    void close() throws IOException {
        if (changes != null) {
            changes.close();
            there.close();
            here.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ip link add v1 type veth peer name v2",
                "ip link set v0 mtu 1400",
                "ip address add 10.88.0.7/24 dev v0",
                "ip -6 address add fd88::7/64 dev v0 nodad",
                "ip route add 10.99.0.0/16 via 10.88.0.2",
                "ip -6 route add fd99::/16 dev v0",
                "ip rule add from 10.88.0.1 lookup 77",
                "ip -6 rule add from fd88::7 lookup 77",
                "sysctl -q -w net.ipv4.ip_forward=1",
                "sysctl -q -w net.ipv4.conf.v0.rp_filter=1",
                "sysctl -q -w net.ipv6.conf.v0.forwarding=1",
                "nft flush ruleset",
                "nft add chain inet someone forward",
            })
    void aChangeIsHeardOnce(String command) throws IOException {
        settle();
        assertFalse(changes.heard(), "before it");
        here.exec(command.split(" ", -1));
        assertTrue(changes.heard(), command);
        settle();
        assertFalse(changes.heard(), "after it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ip link show", "nft list ruleset", "ping -c 1 -W 2 10.88.0.2"})
    void lookingAndTrafficAreNoChanges(String command) throws IOException {
        there.address("v0", "10.88.0.2/24");
        settle();
        assertFalse(changes.heard(), "before it");
        here.exec(command.split(" ", -1));
        assertFalse(changes.heard(), command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ip rule del from 10.88.0.9 lookup 77",
                "ip -6 rule del from fd88::9 lookup 77",
                "ip route flush table 7701",
                "ip -6 route flush table 7701",
                "nft flush ruleset",
                "nft delete table inet someone",
            })
    void aRemovalIsToldFromOtherChangesOnce(String command) throws IOException {
        here.exec("ip rule add from 10.88.0.9 lookup 77".split(" ", -1));
        here.exec("ip -6 rule add from fd88::9 lookup 77".split(" ", -1));
        here.exec("ip route add default dev v0 table 7701".split(" ", -1));
        here.exec("ip -6 route add default dev v0 table 7701".split(" ", -1));
        settle();
        assertFalse(changes.removed(), "what was made");
        here.exec("ip route add 10.99.0.0/16 via 10.88.0.2".split(" ", -1));
        here.exec("ip route del 10.99.0.0/16".split(" ", -1));
        assertTrue(changes.heard());
        assertFalse(changes.removed(), "routes of table main come and go");
        here.exec(command.split(" ", -1));
        assertTrue(changes.heard(), command);
        assertTrue(changes.removed(), command);
        assertFalse(changes.removed(), "after it");
    }

    /**
     * IPv6 addresses that the kernel makes, and routes to them, come some time after their link.
     */
    private void settle() {
        long quietSince = System.nanoTime();
        while (System.nanoTime() - quietSince < 500_000_000L) {
            if (changes.heard()) {
                quietSince = System.nanoTime();
            }
        }
    }
}
