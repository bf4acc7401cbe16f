/**
 * The voice benchmark: load, clocks of the streams, histograms and the report. May import {@code
 * core}, {@code tun}, {@code nat} and {@code wireguard}.
 */
@NullMarked
package io.jnat.bench.voice;

import org.jspecify.annotations.NullMarked;
