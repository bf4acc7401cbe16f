/**
 * The text protocol of WireGuard's userspace API. May import {@code core} and {@code wireguard}.
 */
@NullMarked
package io.jnat.wireguard.uapi;

import org.jspecify.annotations.NullMarked;
