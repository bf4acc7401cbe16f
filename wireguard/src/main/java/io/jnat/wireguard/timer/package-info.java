/**
 * The protocol's timers, named by purpose and driven by events; start with {@link
 * io.jnat.wireguard.timer.PeerTimers}. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.wireguard.timer;

import org.jspecify.annotations.NullMarked;
