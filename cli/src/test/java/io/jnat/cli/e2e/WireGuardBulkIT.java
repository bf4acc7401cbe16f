package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bulk between {@code jnat wg} and Debian's {@code wireguard-go}; it takes both cores, so that
 * nothing runs beside it.
 */
@Tag("alone")
@Timeout(150)
final class WireGuardBulkIT extends JoinedNamespaces {
    @Test
    @Tag("W14")
    void aGigabyteGoesEachWayWhileSessionsAreRenewed() throws IOException {
        jnatInAHurry();
        wireguardGo(right, b0());
        join(a0(), b0());
        run(left, "ping -c 1 -W 2 10.7.0.2");
        long first = handshake();
        iperf("-n 1G");
        iperf("-n 1G -R");
        long second = handshake();
        assertTrue(second - first >= RENEWAL.toSeconds(), first + " " + second);
        run(left, "ping -f -c 100 -W 2 10.7.0.2");
        String[] bytes = run(left, "wg show " + a0() + " transfer").strip().split("\t", -1);
        assertTrue(Long.parseLong(bytes[1]) > 1L << 30, bytes[1]);
        assertTrue(Long.parseLong(bytes[2]) > 1L << 30, bytes[2]);
    }
}
