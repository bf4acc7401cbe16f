package io.jnat.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class NetworkLabIT {
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
