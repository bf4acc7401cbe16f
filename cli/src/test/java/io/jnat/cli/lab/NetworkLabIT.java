package io.jnat.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

final class NetworkLabIT {
    /** As two demos do that are started at once, after one that was killed. */
    @Test
    void leftoversMayBeRemovedByTwoAtOnce() throws Exception {
        assumeTrue(Requirements.isRoot() && Requirements.missingPackages().isEmpty());
        Process gone = new ProcessBuilder("true").start();
        assertEquals(0, gone.waitFor());
        String prefix = "jnlab" + gone.pid() + "-";
        for (String name : List.of("a", "b", "c", "d", "e", "f")) {
            Shell.run("ip", "netns", "add", prefix + name);
        }
        FutureTask<Void> other = new FutureTask<>(NetworkLabIT::removeLeftovers);
        Thread.ofPlatform().start(other);
        removeLeftovers();
        other.get();
        assertFalse(Shell.run("ip", "netns", "list").contains(prefix));
    }

    private static Void removeLeftovers() throws IOException {
        LabLeftovers.removeAll();
        return null;
    }

    /** As after a start with {@code ipv6.disable=1}: it would refuse. */
    @Test
    void ofAKernelWithoutIpv6NothingOfItIsWanted() throws Exception {
        assumeTrue(Requirements.isRoot() && Requirements.missingPackages().isEmpty());
        try (NetworkLab lab = NetworkLab.open(false)) {
            for (String name : List.of("client", "internet", "vps", "cgn", "site", "radio")) {
                String addresses =
                        lab.namespace(name)
                                .run("ip", "-6", "-o", "address", "show", "scope", "global");
                assertEquals("", addresses, name);
            }
            lab.namespace("site").run("ping", "-q", "-c", "1", "-W", "5", NetworkLab.CLIENT);
        }
    }
}
