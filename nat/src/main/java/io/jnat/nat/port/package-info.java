/** External addresses and the allocation of ports. May import {@code core}. */
@NullMarked
package io.jnat.nat.port;

import org.jspecify.annotations.NullMarked;
