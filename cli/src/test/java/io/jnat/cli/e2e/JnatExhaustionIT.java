package io.jnat.cli.e2e;

import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;

/** jnat at both ends, and a relay with four ports. */
final class JnatExhaustionIT extends ExhaustionContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        String ports = "\n[engine]\nports = \"%d-%d\"\n".formatted(FIRST_PORT, LAST_PORT);
        return jnat("vps", append(files.relay(), ports));
    }

    @Override
    Differences differences() {
        return Differences.JNAT;
    }

    @Override
    long refusals() throws IOException {
        return dropped(relay, "NO_FREE_PORT");
    }

    @Override
    void end(String protocol, String device, int port) throws IOException {
        ((JnatProcess) relay).endFlows("proto=" + protocol, "src=" + device, "port=" + port);
    }

    @Override
    void endAll() throws IOException {
        ((JnatProcess) relay).endFlows("src=192.168.20.0/24");
    }
}
