package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;

/** The oracle: wireguard-go and the kernel's own NAT meet the contract on the same topology. */
final class KernelForwardingIT extends ForwardingContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        return WireguardGoEnds.relay(lab, files, WireguardGoEnds.DEBIANS);
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return WireguardGoEnds.router(lab, files, WireguardGoEnds.DEBIANS);
    }
}
