package io.jnat.cli.e2e;

import io.jnat.cli.demo.TunnelEnd;
import io.jnat.cli.demo.WireguardGoEnds;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** jnat on site, Debian's wireguard-go on the VPS: jnat initiates, wireguard-go responds. */
@Tag("interop")
final class WireguardGoRelayIT extends ForwardingContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        return WireguardGoEnds.relay(lab, files, WireguardGoEnds.DEBIANS);
    }
}
