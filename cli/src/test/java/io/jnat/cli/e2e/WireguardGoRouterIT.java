package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import io.jnat.cli.lab.WireguardGoEnds;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** jnat on the VPS, Debian's wireguard-go on site: wireguard-go initiates, jnat responds. */
@Tag("interop")
final class WireguardGoRouterIT extends ForwardingContract {

    @Override
    TunnelEnd newRouter() throws IOException {
        return WireguardGoEnds.router(lab, files, WireguardGoEnds.DEBIANS);
    }
}
