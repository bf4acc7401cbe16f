/**
 * WireGuard's device, its peers and their configuration. May import {@code core} and its own
 * sub-packages.
 */
@NullMarked
package io.jnat.wireguard;

import org.jspecify.annotations.NullMarked;
