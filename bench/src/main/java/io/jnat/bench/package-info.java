/**
 * Micro-benchmarks (JMH) and the budgets. May import {@code core}, {@code tun}, {@code nat} and
 * {@code wireguard}.
 */
@NullMarked
package io.jnat.bench;

import org.jspecify.annotations.NullMarked;
