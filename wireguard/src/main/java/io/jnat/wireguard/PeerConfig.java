package io.jnat.wireguard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A peer as configured.
 *
 * @param name for people; need not be unique
 * @param publicKey who it is
 * @param presharedKey null for none
 * @param endpoint null when the peer is waited for
 * @param allowedIps what it may use
 * @param persistentKeepaliveSeconds 0 for none, to 65535
 * @param domain routing domain that its inner addresses belong to; 0 unless several sites use the
 *     same prefix
 */
public record PeerConfig(
        String name,
        WireGuardKey publicKey,
        @Nullable WireGuardKey presharedKey,
        @Nullable PeerEndpoint endpoint,
        List<AllowedIp> allowedIps,
        int persistentKeepaliveSeconds,
        int domain) {
    /** Checks the numbers. */
    public PeerConfig {
        if (persistentKeepaliveSeconds < 0 || persistentKeepaliveSeconds > 65_535) {
            throw new IllegalArgumentException(
                    "persistent keepalive "
                            + persistentKeepaliveSeconds
                            + " s (expected: 0 to 65535)");
        }
        allowedIps = List.copyOf(allowedIps);
    }

    /** The same without the preshared key, which the device keeps where it can wipe it. */
    PeerConfig withoutPresharedKey() {
        return new PeerConfig(
                name, publicKey, null, endpoint, allowedIps, persistentKeepaliveSeconds, domain);
    }
}
