/**
 * Linux: TUN devices, UDP sockets and epoll through JNA, which only this package imports. Start
 * with {@link io.jnat.tun.linux.Linux}, which opens them. May import {@code core} and {@code tun}.
 */
@NullMarked
package io.jnat.tun.linux;

import org.jspecify.annotations.NullMarked;
