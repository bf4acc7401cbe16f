package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.PeerStatus;
import io.jnat.wireguard.WireGuardKey;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A peer as {@code get=1} tells it.
 *
 * @param publicKey who it is
 * @param presharedKey null for none
 * @param endpoint {@code 192.0.2.1:51820} or {@code [2001:db8::1]:51820}; null when not known
 * @param lastHandshake null when there was none
 * @param txBytes bytes sent
 * @param rxBytes bytes received
 * @param persistentKeepaliveSeconds 0 for none
 * @param allowedIps what it may use
 */
public record PeerSnapshot(
        WireGuardKey publicKey,
        @Nullable WireGuardKey presharedKey,
        @Nullable String endpoint,
        @Nullable Instant lastHandshake,
        long txBytes,
        long rxBytes,
        int persistentKeepaliveSeconds,
        Collection<AllowedIp> allowedIps) {

    /** A peer of a running device, with its preshared key, null for none. */
    public static PeerSnapshot of(PeerStatus status, @Nullable WireGuardKey presharedKey) {
        return new PeerSnapshot(
                status.config().publicKey(),
                presharedKey,
                status.endpoint(),
                status.lastHandshake(),
                status.txBytes(),
                status.rxBytes(),
                status.config().persistentKeepaliveSeconds(),
                status.config().allowedIps());
    }
}
