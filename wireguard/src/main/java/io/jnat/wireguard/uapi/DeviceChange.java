package io.jnat.wireguard.uapi;

import io.jnat.wireguard.WireGuardKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one {@code set=1} asks for, checked.
 *
 * @param privateKey null leaves it; a zero key removes it
 * @param listenPort null leaves it; 0 picks one
 * @param fwmark null leaves it; 0 removes it
 * @param replacePeers whether peers that are not among {@code peers} are removed
 * @param peers in order; a key may stand there more than once
 */
public record DeviceChange(
        @Nullable WireGuardKey privateKey,
        @Nullable Integer listenPort,
        @Nullable Integer fwmark,
        boolean replacePeers,
        List<PeerChange> peers) {
    /** Copies the list. */
    public DeviceChange {
        peers = List.copyOf(peers);
    }
}
