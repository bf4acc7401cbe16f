package io.jnat.cli.e2e;

import io.jnat.cli.demo.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** jnat at both ends as on the smallest machine and the plainest kernel: one thread, no offload. */
final class JnatPlainForwardingIT extends ForwardingContract {

    private static final String PLAIN =
            """

            [engine]
            layout = "1"
            offload = "off"
            """;

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", plain(files.relay()));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", plain(files.router()));
    }

    private static Path plain(Path config) throws IOException {
        return Files.writeString(config, PLAIN, StandardOpenOption.APPEND);
    }
}
