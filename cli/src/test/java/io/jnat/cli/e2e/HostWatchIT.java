package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.ProcessStat;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Nothing is done while the host stays as it is, and what somebody changes is followed at once. */
final class HostWatchIT extends RunningLab {
    /** Longer than the pause between two looks of a host that changes all the time. */
    private static final Duration QUIET = Duration.ofSeconds(13);

    /** Ways of our own at the start, and what IPv6 makes by itself, have been heard of by then. */
    private static final Duration QUIET_WITHIN = Duration.ofSeconds(50);

    /** A look a second whether something was announced, and the programs. */
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    /** Page faults of programs that an end has called and that have ended. */
    private static long faultsOfPrograms(TunnelEnd end) throws IOException {
        return ProcessStat.CMINFLT.of(end.pid());
    }

    private static void becomesQuiet(TunnelEnd end, Duration quiet) throws IOException {
        long[] last = {faultsOfPrograms(end), System.nanoTime()};
        Await.until(
                QUIET_WITHIN,
                "no program is called for " + quiet.toSeconds() + " s",
                () -> {
                    long now = faultsOfPrograms(end);
                    if (now != last[0]) {
                        last[0] = now;
                        last[1] = System.nanoTime();
                    }
                    return System.nanoTime() - last[1] > quiet.toNanos();
                });
    }

    @Test
    void aQuietHostCallsNoProgramsAndWhatIsChangedIsPutBackAtOnce() throws IOException {
        becomesQuiet(relay, QUIET);
        becomesQuiet(router, QUIET);
        assertTrue(forwardWorksWithin(SOON), "after the quiet");
        Namespace vps = lab.namespace("vps");
        vps.run("nft", "flush", "ruleset");
        Await.until(
                AT_ONCE,
                "the table is back",
                () -> vps.run("nft", "list", "tables").contains("jnat"));
        assertTrue(forwardWorksWithin(SOON), "after the flush");
        // It need not wait for the pause that other changes wait for after such a look.
        becomesQuiet(relay, Duration.ofSeconds(2));
        vps.run("ip", "rule", "del", "pref", "100", "ipproto", "udp");
        Await.until(
                AT_ONCE,
                "the rule is back",
                () -> vps.run("ip", "rule").contains("ipproto udp dport 1024-60999 lookup"));
    }

    /** As of somebody who runs by hand what is a service already. */
    @Test
    void aSecondStartWithOtherDirectoriesChangesNothing() throws IOException {
        Namespace vps = lab.namespace("vps");
        Path other = Files.copy(files.relay(), files.relay().resolveSibling("second.toml"));
        String before = vps.run("nft", "list", "chains");
        JnatProcess second = lab.add(jnat("vps", other));
        second.start();
        Await.until(START_LIMIT, "the second one has ended", () -> !second.alive());
        assertEquals(before, vps.run("nft", "list", "chains"));
        assertTrue(second.log().contains("a running jnat has the device jnat-wan"), second.log());
        assertTrue(forwardWorksWithin(SOON), "through the first one");
    }

    /** As at boot, when an interface is configured while services start. */
    @Test
    void anAddressThatComesWhileTheRelayStartsIsFollowed() throws IOException {
        relay.stop();
        Namespace vps = lab.namespace("vps");
        vps.run("ip", "-4", "addr", "flush", "dev", "eth0");
        Path journal = files.relay().resolveSibling("relay-state").resolve("jnat.steering");
        relay.start();
        Await.until(START_LIMIT, "it has looked at the host", () -> Files.exists(journal));
        vps.ip("addr add 198.51.100.1/24 dev eth0\nroute add default via 198.51.100.254\n");
        assertTrue(forwardWorksWithin(QUIET_WITHIN), "to the address that came later");
    }

    @Test
    void aWanThatIsDownOrHasNoAddressIsAProblem() throws IOException {
        Namespace site = lab.namespace("site");
        assertEquals("", problems("eth0"));
        try {
            site.run("ip", "link", "set", "eth0", "down");
            assertTrue(problems("eth0").contains("eth0 is down, or has no carrier"));
            site.run("ip", "addr", "flush", "dev", "eth0");
            assertTrue(problems("eth0").contains("eth0 has no address, or is not there"));
            site.run("ip", "link", "set", "eth0", "up");
            site.run("ip", "addr", "add", "2001:db8:100::2/64", "dev", "eth0", "nodad");
            assertTrue(problems("eth0").contains("eth0 has no IPv4 address"), problems("eth0"));
            site.run("ip", "addr", "del", "2001:db8:100::2/64", "dev", "eth0");
        } finally {
            site.ip(
                    """
                    link set eth0 up
                    addr add %s/10 dev eth0
                    route add default via 100.64.0.1
                    """
                            .formatted(NetworkLab.SITE_WAN));
        }
        assertTrue(forwardWorksWithin(QUIET_WITHIN), "with its address");
        assertEquals("", problems("eth0"));
    }

    @Test
    void aLanThatIsDownOrHasNoAddressIsAProblem() throws IOException {
        Namespace site = lab.namespace("site");
        assertEquals("", problems("eth1"));
        try {
            site.run("ip", "link", "set", "eth1", "down");
            assertTrue(problems("eth1").contains("eth1 is down, or has no carrier"));
            site.run("ip", "-4", "addr", "flush", "dev", "eth1");
            assertTrue(problems("eth1").contains("eth1 has no address, or is not there"));
        } finally {
            site.ip(
                    """
                    link set eth1 up
                    addr replace %s/24 dev eth1
                    route add 10.20.30.0/24 via %s
                    """
                            .formatted(NetworkLab.SITE_LAN, NetworkLab.HOST));
        }
        assertTrue(forwardWorksWithin(QUIET_WITHIN), "with its address");
        assertEquals("", problems("eth1"));
    }

    private String problems(String what) throws IOException {
        return problems(router, what);
    }

    /** Those of an end that name something. */
    private static String problems(TunnelEnd end, String what) throws IOException {
        return String.join(
                "; ",
                ((JnatProcess) end)
                        .status().problems().stream()
                                .filter(problem -> problem.contains(what))
                                .toList());
    }

    @Test
    void aFirewallThatComesLaterIsNamedInLogAndStatus() throws IOException {
        Namespace vps = lab.namespace("vps");
        vps.nft(
                "table ip later { chain forward {"
                        + " type filter hook forward priority 0; policy drop; }; }");
        try {
            Await.until(
                    QUIET_WITHIN,
                    "it is named",
                    () -> relay.log().contains("chain ip later forward drops what is forwarded"));
            assertTrue(problems(relay, "chain ip later forward").contains("nft insert rule"));
        } finally {
            vps.run("nft", "delete", "table", "ip", "later");
        }
    }
}
