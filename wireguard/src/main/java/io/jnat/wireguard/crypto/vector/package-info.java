/**
 * ChaCha20-Poly1305 for bursts in vector registers. Start with {@link
 * io.jnat.wireguard.crypto.vector.VectorCipher}, which says how a burst is laid out; the kernels
 * that it calls are described in {@code VectorKernels} and written by {@code ChaChaKernels} and
 * {@code PolyKernels}. {@code docs/cipher.md} explains all of it. May import {@code core}, {@code
 * wireguard.crypto} and, alone in the project, {@code jdk.incubator.vector}.
 */
@NullMarked
package io.jnat.wireguard.crypto.vector;

import org.jspecify.annotations.NullMarked;
