package io.jnat.wireguard.uapi;

import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code set=1} asks for one peer.
 *
 * @param publicKey who
 * @param remove whether it goes; nothing else counts then
 * @param updateOnly whether it is left alone when it does not exist
 * @param presharedKey null leaves it; a zero key removes it
 * @param endpoint null leaves it
 * @param persistentKeepaliveSeconds null leaves it; 0 turns it off
 * @param replaceAllowedIps whether it loses all prefixes first
 * @param allowedIps in order
 */
public record PeerChange(
        WireGuardKey publicKey,
        boolean remove,
        boolean updateOnly,
        @Nullable WireGuardKey presharedKey,
        @Nullable PeerEndpoint endpoint,
        @Nullable Integer persistentKeepaliveSeconds,
        boolean replaceAllowedIps,
        List<AllowedIpChange> allowedIps) {}
