/**
 * Rewriting of headers and of the packets inside ICMP errors, and the ICMP messages that jnat sends
 * itself; start with {@link io.jnat.nat.rewrite.HeaderRewriter}. May import {@code core}.
 */
@NullMarked
package io.jnat.nat.rewrite;

import org.jspecify.annotations.NullMarked;
