/** The flow table, the states of each protocol and their expiry. May import {@code core}. */
@NullMarked
package io.jnat.nat.flow;

import org.jspecify.annotations.NullMarked;
