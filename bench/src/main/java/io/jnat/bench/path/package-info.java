/**
 * Both ends of a tunnel with all their steps, NAT and WireGuard, on simulated links in one process:
 * for benchmarks, for tests of the whole path, and for {@code jnat bench} without root. Start
 * reading at {@link io.jnat.bench.path.SimulatedPair}. May import {@code core}, {@code tun}, {@code
 * nat} and {@code wireguard}.
 */
@NullMarked
package io.jnat.bench.path;

import org.jspecify.annotations.NullMarked;
