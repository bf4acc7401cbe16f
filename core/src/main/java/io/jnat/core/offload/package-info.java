/**
 * Super-frames: what the kernel says about them ({@link io.jnat.core.offload.VirtioNetHeader}), how
 * they are made ({@link io.jnat.core.offload.Coalescer}) and cut ({@link
 * io.jnat.core.offload.Segmenter}); and packets cut to fragments. May import {@code core.packet},
 * {@code core.stat} and {@code core.wire}.
 */
@NullMarked
package io.jnat.core.offload;

import org.jspecify.annotations.NullMarked;
