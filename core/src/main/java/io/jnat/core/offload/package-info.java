/** Super-frames: made ({@link io.jnat.core.offload.Coalescer}) and cut. */
@NullMarked
package io.jnat.core.offload;

import org.jspecify.annotations.NullMarked;
