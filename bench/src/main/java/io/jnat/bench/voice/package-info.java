/**
 * The voice benchmark: calls whose packets leave by a timetable ({@link
 * io.jnat.bench.voice.Timetable}), a way that carries them ({@link io.jnat.bench.voice.CallPath}),
 * and what arrives ({@link io.jnat.bench.voice.Measured}). Start reading at {@link
 * io.jnat.bench.voice.VoiceRun}. Prints nothing. May import {@code core}, {@code tun}, {@code
 * wireguard} and {@code bench.path}.
 */
@NullMarked
package io.jnat.bench.voice;

import org.jspecify.annotations.NullMarked;
