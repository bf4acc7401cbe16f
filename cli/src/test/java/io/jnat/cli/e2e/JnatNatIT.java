package io.jnat.cli.e2e;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** jnat at both ends, packet by packet. */
final class JnatNatIT extends NatContract {

    @Override
    Differences differences() {
        return Differences.JNAT;
    }

    @Test
    @Tag("N35")
    void udpLiteKeepsItsPartialChecksumRight() throws IOException {
        Stations at = at().fresh();
        at.radio().send("udplite('192.168.20.31', '198.51.100.2', 6008, 6913, b'partly covered')");
        at.client().sees("p.proto == 136 and p.src == '198.51.100.1' and sound(p)");
        at.client().send("udplite('198.51.100.2', '198.51.100.1', 6913, 6008, b'back')");
        at.radio().sees("p.proto == 136 and p.dst == '192.168.20.31' and sound(p)");
    }
}
