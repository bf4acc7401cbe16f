package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;

/** The oracle: the kernel's own NAT, with nftables and wireguard-go, packet by packet. */
final class KernelNatIT extends NatContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        return WireguardGoEnds.relay(lab, files, WireguardGoEnds.DEBIANS);
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return WireguardGoEnds.router(lab, files, WireguardGoEnds.DEBIANS);
    }

    @Override
    Differences differences() {
        return Differences.KERNEL;
    }
}
