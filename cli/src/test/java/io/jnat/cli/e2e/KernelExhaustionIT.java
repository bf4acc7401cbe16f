package io.jnat.cli.e2e;

import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;

/** The oracle: the kernel's own NAT, whose masquerade has four ports. */
final class KernelExhaustionIT extends ExhaustionContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        return WireguardGoEnds.relay(lab, files, WireguardGoEnds.DEBIANS);
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return WireguardGoEnds.router(lab, files, WireguardGoEnds.DEBIANS);
    }

    @BeforeAll
    void masqueradeToFewPorts() throws IOException {
        lab.namespace("vps")
                .nft(
                        """
                        flush chain ip oracle out
                        add rule ip oracle out oifname "eth0" ip saddr 192.168.20.0/24 \
                        meta l4proto { tcp, udp } masquerade to :%d-%d
                        """
                                .formatted(FIRST_PORT, LAST_PORT));
    }

    @Override
    Differences differences() {
        return Differences.KERNEL;
    }

    @Override
    long refusals() {
        return -1;
    }

    @Override
    void end(String protocol, String device, int port) throws IOException {
        forget("-p", protocol, "--orig-src", device, "--orig-port-src", "" + port);
    }

    @Override
    void endAll() throws IOException {
        forget("--orig-src", "192.168.20.0/24");
    }

    /** Says that it has deleted nothing, and ends with 1, when there was nothing to delete. */
    private void forget(String... which) throws IOException {
        String[] command = new String[which.length + 2];
        command[0] = "conntrack";
        command[1] = "-D";
        System.arraycopy(which, 0, command, 2, which.length);
        Shell.attempt(lab.namespace("vps").inside(command), "");
    }
}
