package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/**
 * jnat at both ends as on a large machine: workers help to seal and open, whatever cores there are.
 */
@Tag("alone")
final class JnatWorkersForwardingIT extends ForwardingContract {

    private static final String WORKERS =
            """

            [engine]
            layout = "4+"
            """;

    @Override
    boolean choosesCipher() {
        return true;
    }

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", append(files.relay(), WORKERS));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", append(files.router(), WORKERS));
    }
}
