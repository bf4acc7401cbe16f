/**
 * The Noise IKpsk2 handshake and its key derivation; start with {@link
 * io.jnat.wireguard.noise.InitiatorHandshake} and {@link
 * io.jnat.wireguard.noise.ResponderHandshake}. May import {@code message} and {@code crypto}.
 */
@NullMarked
package io.jnat.wireguard.noise;

import org.jspecify.annotations.NullMarked;
