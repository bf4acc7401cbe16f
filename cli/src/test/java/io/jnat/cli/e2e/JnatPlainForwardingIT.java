package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** jnat at both ends as on the smallest machine and the plainest kernel: one thread, no offload. */
@Tag("alone")
final class JnatPlainForwardingIT extends ForwardingContract {

    private static final String PLAIN =
            """

            [engine]
            layout = "1"
            offload = "off"
            """;

    @Override
    boolean choosesCipher() {
        return true;
    }

    @Override
    TunnelEnd newRelay() throws IOException {
        return jnat("vps", append(files.relay(), PLAIN));
    }

    @Override
    TunnelEnd newRouter() throws IOException {
        return jnat("site", append(files.router(), PLAIN));
    }
}
