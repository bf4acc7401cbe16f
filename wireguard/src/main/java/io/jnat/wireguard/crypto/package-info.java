/** ChaCha20-Poly1305 for bursts, BLAKE2s and X25519. May import {@code core}. */
@NullMarked
package io.jnat.wireguard.crypto;

import org.jspecify.annotations.NullMarked;
