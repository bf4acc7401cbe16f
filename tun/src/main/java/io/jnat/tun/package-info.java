/**
 * Links, where packets come from and go to, as the rest of jnat sees them: start with {@link
 * io.jnat.tun.TunDevice} and {@link io.jnat.tun.UdpSockets}. The real ones are opened by {@code
 * io.jnat.tun.linux.Linux}; {@code io.jnat.tun.sim} has some without a kernel. May import {@code
 * core}.
 */
@NullMarked
package io.jnat.tun;

import org.jspecify.annotations.NullMarked;
