/** The protocol's timers, named by purpose and driven by events. May import {@code core}. */
@NullMarked
package io.jnat.wireguard.timer;

import org.jspecify.annotations.NullMarked;
