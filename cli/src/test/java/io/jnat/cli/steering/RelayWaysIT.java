package io.jnat.cli.steering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which packets to a relay reach its TUN device. */
final class RelayWaysIT extends SteeredRelay {
    @Test
    @Tag("N46")
    void ipv6NetworksOfASiteAreSteeredWholeAndNothingElseOfIpv6() throws Exception {
        network.in("vps", "ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
        network.in("net", "ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
        network.in("net", "ip -6 route add 2001:db8:20::/64 via 2001:db8::1");
        String before = network.snapshot("vps");
        try (Steering steering = open(SteeredRelay::withIpv6)) {
            start(steering);
            assertEquals(
                    """
                    0:	from all lookup local
                    100:	from all to 2001:db8:20::/64 iif eth0 lookup 7700
                    100:	from all to 2001:db8:0:0:20::/80 iif eth0 lookup 7700
                    101:	from all to 2001:db8:20::/64 iif eth0 blackhole
                    101:	from all to 2001:db8:0:0:20::/80 iif eth0 blackhole
                    32766:	from all lookup main\
                    """,
                    network.in("vps", "ip -6 rule"));
            assertEquals("2", network.in("vps", "cat /proc/sys/net/ipv6/conf/eth0/accept_ra"));
            network.in("net", "ping -c 1 -W 2 2001:db8::1");
            network.in("vps", "ping -c 1 -W 2 2001:db8::2");
            assertEquals(
                    "2001:db8::20:0:0:40 dev eth0 proxy",
                    network.in("vps", "ip -6 neigh show proxy").strip());
            network.in("vps", "ip link del jnat-wan");
            steering.undo();
        }
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    @Tag("N46")
    void ipv6NetworksOfASiteGoNowhereAfterAKill() throws Exception {
        network.in("vps", "ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
        network.in("vps", "ip -6 route add default via 2001:db8::2");
        network.in("net", "ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
        network.in("net", "ip -6 route add 2001:db8:20::/64 via 2001:db8::1");
        String before = network.snapshot("vps");
        Steering killed = open(SteeredRelay::withIpv6);
        start(killed);
        killed.close();
        network.in("vps", "ip link del jnat-wan");
        network.in(
                "net",
                "nft 'add table inet count; add chain inet count in"
                        + " { type filter hook prerouting priority 0; }; add rule inet count in"
                        + " ip6 daddr 2001:db8:20::31 counter'");
        network.in("net", "ping -c 2 -i 0.2 -W 1 2001:db8:20::31 || true");
        String counted = network.in("net", "nft list table inet count");
        assertTrue(counted.contains("counter packets 0 bytes 0"), counted);
        SteeringCleanup.cleanUp(
                "jnat", network.runner("vps"), folder.resolve("state"), folder.resolve("run"));
        assertEquals(before, network.snapshot("vps"));
    }

    @Test
    @Tag("N32")
    void portsAndWholeFragmentTrainsReachTheTunAndNothingElseDoes() throws Exception {
        Process ssh = network.start("vps", "socat", "TCP4-LISTEN:22,fork", "EXEC:echo ssh");
        Process reader = null;
        try (Steering steering = open(text -> text)) {
            steering.guard();
            reader = readTun(folder.resolve("tun.bin"));
            steering.apply(51820);
            long before = steered();
            network.in(
                    "net",
                    "head -c 6000 /dev/zero | socat -b 8192 - UDP4-SENDTO:198.51.100.1:55193");
            assertEquals(5, awaitSteered(before, 5), "6000 bytes are five fragments of 1500");
            before = steered();
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:1024");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:60999");
            network.runner("net").run(Command.of("ping", "-c", "1", "-W", "1", "198.51.100.1"));
            assertEquals(3, awaitSteered(before, 3), "two datagrams and a ping");
            before = steered();
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:1023");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:61000");
            network.in("net", "echo x | socat - UDP4-SENDTO:198.51.100.1:51820");
            assertEquals("ssh", network.in("net", "socat -t1 - TCP4:198.51.100.1:22 </dev/null"));
            assertEquals(0, steered() - before, "these are the host's own");

            stop(reader);
            await("vps", "ip -o link", "eth0");
            String connect =
                    "socat -t1 - TCP4:198.51.100.1:4994,connect-timeout=1 </dev/null 2>&1 || :";
            String silent = network.in("net", connect);
            assertTrue(silent.contains("timed out"), "engine ports are silent: " + silent);
            String own = network.in("net", connect.replace("4994", "81"));
            assertTrue(own.contains("refused"), "the host's own are answered: " + own);
            network.in("net", "ping -c 1 -W 2 198.51.100.1");
        } finally {
            stop(ssh);
            stop(reader);
        }
    }

    /** A TUN device with somebody who reads it, so that its counters move. */
    private Process readTun(Path file) throws Exception {
        Process reader =
                network.start(
                        "vps",
                        "socat",
                        "-u",
                        "TUN,tun-name=jnat-wan,tun-type=tun,iff-up",
                        "OPEN:" + file + ",creat");
        await("vps", "ip -o link", "jnat-wan");
        return reader;
    }

    private long steered() throws IOException {
        String counter = "cat /sys/class/net/jnat-wan/statistics/tx_packets";
        return Long.parseLong(network.in("vps", counter));
    }

    private long awaitSteered(long before, int packets) throws Exception {
        long deadline = System.nanoTime() + 3_000_000_000L;
        while (steered() - before < packets && System.nanoTime() - deadline < 0) {
            Thread.sleep(20);
        }
        return steered() - before;
    }
}
