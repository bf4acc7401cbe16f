/**
 * Super-frames: the virtio-net header, coalescing and segmenting. May import {@code core.wire},
 * {@code core.packet} and {@code core.stat}.
 */
@NullMarked
package io.jnat.core.offload;

import org.jspecify.annotations.NullMarked;
