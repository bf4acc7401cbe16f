package io.jnat.wireguard.noise;

import io.jnat.wireguard.crypto.PacketKey;

/**
 * What a finished handshake gives.
 *
 * @param send key of what we send
 * @param receive key of what we receive
 * @param remoteIndex index by which the other end knows the session
 */
public record SessionKeys(PacketKey send, PacketKey receive, int remoteIndex) {
    /** Names no key material. */
    @Override
    public String toString() {
        return "SessionKeys";
    }
}
