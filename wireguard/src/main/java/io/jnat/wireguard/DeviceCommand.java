package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of the running device; see {@link WireGuardDevice#submit}. */
public sealed interface DeviceCommand {
    /**
     * Exchanges the own private key (W30).
     *
     * @param privateKey null removes it
     */
    record SetPrivateKey(@Nullable WireGuardKey privateKey) implements DeviceCommand {}

    /**
     * Adds a peer, or changes the one with this public key, whose sessions stay. An endpoint of
     * null leaves the present one; AllowedIPs are replaced.
     */
    record SetPeer(PeerConfig peer) implements DeviceCommand {}

    /** Removes a peer, its sessions and AllowedIPs; an unknown one is no error. */
    record RemovePeer(WireGuardKey publicKey) implements DeviceCommand {}

    /**
     * Says where a peer is, also when it has moved away from that very place since. An unknown peer
     * is no error.
     */
    record MoveEndpoint(WireGuardKey publicKey, PeerEndpoint endpoint) implements DeviceCommand {}

    /**
     * The interface went down: forgets sessions and what waits, and begins nothing until {@link
     * Resume}.
     */
    record Suspend() implements DeviceCommand {}

    /**
     * The interface came up: peers with a persistent keepalive, or whom packets wait for, hear of
     * it at once.
     */
    record Resume() implements DeviceCommand {}

    /** Makes these all the peers there are; sessions of those that stay are kept. */
    record ReplacePeers(List<PeerConfig> peers) implements DeviceCommand {
        /** Copies the list. */
        public ReplacePeers {
            peers = List.copyOf(peers);
        }
    }

    /**
     * The local address that a peer was spoken to from does not exist any more (W27).
     *
     * @param peer the peer's number
     */
    record ForgetSource(int peer) implements DeviceCommand {}

    /** The sockets were bound or marked anew: no remembered source address counts any more. */
    record ForgetSources() implements DeviceCommand {}

    /**
     * Whether what is sent to a peer from its remembered source would leave by the interface that
     * the peer's packets come in by. If not, the kernel chooses the source, as long as the peer's
     * packets come to that address by that interface.
     *
     * @param peer the peer's number
     * @param path where the peer is and the local side that was judged, as {@link
     *     WireGuardDevice#paths} gave it
     */
    record JudgeSource(int peer, Endpoint path, boolean leavesAsItCame) implements DeviceCommand {}

    /**
     * This machine's addresses or ways out have changed: all remembered source addresses are
     * forgotten, and hands are shaken at once with every peer whose endpoint is known.
     */
    record NetworkChanged() implements DeviceCommand {}
}
