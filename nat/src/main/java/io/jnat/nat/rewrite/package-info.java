/** Rewriting of headers and of the packets inside ICMP errors. May import {@code core}. */
@NullMarked
package io.jnat.nat.rewrite;

import org.jspecify.annotations.NullMarked;
