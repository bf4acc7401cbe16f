package io.jnat.wireguard.uapi;

import io.jnat.wireguard.WireGuardKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device as {@code get=1} tells it.
 *
 * @param privateKey null when none is set
 * @param listenPort 0 when there is none yet
 * @param fwmark 0 for none
 * @param peers in the order in which they were added
 */
public record DeviceSnapshot(
        @Nullable WireGuardKey privateKey, int listenPort, int fwmark, List<PeerSnapshot> peers) {
    /** Copies the list. */
    public DeviceSnapshot {
        peers = List.copyOf(peers);
    }
}
