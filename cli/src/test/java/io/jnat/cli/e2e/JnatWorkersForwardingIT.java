package io.jnat.cli.e2e;

import io.jnat.cli.demo.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * jnat at both ends as on a large machine: workers help to seal and open, whatever cores there are.
 */
final class JnatWorkersForwardingIT extends ForwardingContract {

    private static final String WORKERS =
            """

            [engine]
            layout = "4+"
            """;

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", withWorkers(files.relay()));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", withWorkers(files.router()));
    }

    private static Path withWorkers(Path config) throws IOException {
        return Files.writeString(config, WORKERS, StandardOpenOption.APPEND);
    }
}
