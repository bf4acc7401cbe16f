/**
 * {@code jnat wg}: a drop-in userspace WireGuard device for {@code wg} and {@code wg-quick}. Start
 * with {@link io.jnat.cli.wg.WgDevice}; the protocol's text is {@code io.jnat.wireguard.uapi}. May
 * import everything below {@code cli}, {@code cli.engine}, {@code cli.control}, and the commands'
 * shared types.
 */
@NullMarked
package io.jnat.cli.wg;

import org.jspecify.annotations.NullMarked;
