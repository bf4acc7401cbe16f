/**
 * Links without a kernel: loop-back, fault-injecting and file links for tests and benchmarks. May
 * import {@code core} and {@code tun}.
 */
@NullMarked
package io.jnat.tun.sim;

import org.jspecify.annotations.NullMarked;
