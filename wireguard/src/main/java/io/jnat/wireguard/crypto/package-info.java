/**
 * ChaCha20-Poly1305 for bursts, BLAKE2s and X25519; start with {@link
 * io.jnat.wireguard.crypto.PacketCipher}. May import {@code core}.
 */
@NullMarked
package io.jnat.wireguard.crypto;

import org.jspecify.annotations.NullMarked;
