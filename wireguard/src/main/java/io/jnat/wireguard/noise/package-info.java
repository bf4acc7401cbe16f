/**
 * The Noise IKpsk2 handshake and its key derivation. May import {@code core}, {@code message} and
 * {@code crypto}.
 */
@NullMarked
package io.jnat.wireguard.noise;

import org.jspecify.annotations.NullMarked;
