/**
 * WireGuard's device, its peers and their configuration. Start with {@link
 * io.jnat.wireguard.WireGuardDevice}; the data path is in {@code Opener} and {@code Sealer}, the
 * handshakes are in {@code HandshakeWorker}, and what a peer does about its timers is in {@code
 * Peer}. May import {@code core} and its own sub-packages.
 */
@NullMarked
package io.jnat.wireguard;

import org.jspecify.annotations.NullMarked;
