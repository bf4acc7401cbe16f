package io.jnat.cli.e2e;

import com.fasterxml.jackson.jr.ob.JSON;
import io.jnat.cli.demo.TunnelEnd;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** jnat at both ends, and a relay with four ports. */
final class JnatExhaustionIT extends ExhaustionContract {

    @Override
    TunnelEnd newRelay() throws IOException {
        String ports = "\n[engine]\nports = \"%d-%d\"\n".formatted(FIRST_PORT, LAST_PORT);
        return jnat("vps", append(files.relay(), ports));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", files.router());
    }

    @Override
    Differences differences() {
        return Differences.JNAT;
    }

    @Override
    long refusals() throws IOException {
        Map<String, Object> status = JSON.std.mapFrom(said(relay, 0, "status", "--json"));
        for (Object each : (List<?>) status.get("drops")) {
            Map<?, ?> drop = (Map<?, ?>) each;
            if ("NO_FREE_PORT".equals(drop.get("reason"))) {
                return ((Number) drop.get("packets")).longValue();
            }
        }
        return 0;
    }

    @Override
    void end(String protocol, String device, int port) throws IOException {
        said(relay, 0, "flows", "proto=" + protocol, "src=" + device, "port=" + port, "--kill");
    }

    @Override
    void endAll() throws IOException {
        said(relay, 0, "flows", "src=192.168.20.0/24", "--kill");
    }
}
