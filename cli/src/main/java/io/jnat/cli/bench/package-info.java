/**
 * {@code jnat bench}: how voice fares on this machine, and what each step of the data path costs.
 * Start reading at {@link io.jnat.cli.bench.BenchCommand}. Measures with {@code bench}, in the
 * laboratory of {@code cli.lab}.
 *
 * <p>May import both, {@code cli.control}, the commands' shared types, {@code tun.pcap}, {@code
 * wireguard.crypto.vector} and HdrHistogram.
 */
@NullMarked
package io.jnat.cli.bench;

import org.jspecify.annotations.NullMarked;
