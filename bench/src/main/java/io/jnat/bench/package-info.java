/**
 * Micro-benchmarks (JMH) and the budgets. May import {@code core}, {@code tun}, {@code nat}, {@code
 * wireguard} and {@code bench.path}.
 */
@NullMarked
package io.jnat.bench;

import org.jspecify.annotations.NullMarked;
