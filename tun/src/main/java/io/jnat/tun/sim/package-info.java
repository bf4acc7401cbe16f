/**
 * Links without a kernel, for tests and benchmarks of the whole path with a hand-driven clock: a
 * {@link io.jnat.tun.sim.SimulatedDevice} for each TUN device, and a {@link
 * io.jnat.tun.sim.SimulatedNetwork} that loses, doubles, holds back and damages datagrams when it
 * is told to. May import {@code core} and {@code tun}.
 */
@NullMarked
package io.jnat.tun.sim;

import org.jspecify.annotations.NullMarked;
