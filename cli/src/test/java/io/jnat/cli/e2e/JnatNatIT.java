package io.jnat.cli.e2e;

import io.jnat.cli.demo.TunnelEnd;
import java.io.IOException;

/** jnat at both ends, packet by packet. */
final class JnatNatIT extends NatContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", files.relay());
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", files.router());
    }

    @Override
    Differences differences() {
        return Differences.JNAT;
    }
}
