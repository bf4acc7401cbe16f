/**
 * Header views over bytes, checksums (RFC 1071, RFC 1624) and the one parser that admits untrusted
 * bytes: start with {@link io.jnat.core.wire.PacketParser}. Views are static and allocation-free;
 * they take the address where their header starts, and none can fail after the parser (or, for
 * headers quoted in ICMP errors, the caller) has checked the length. May import {@code core.packet}
 * and {@code core.stat}.
 */
@NullMarked
package io.jnat.core.wire;

import org.jspecify.annotations.NullMarked;
