/**
 * mac1, mac2, cookies and the rate limit of handshakes; start with {@link
 * io.jnat.wireguard.cookie.CookieChecker}, our side, and {@link io.jnat.wireguard.cookie.MacStamp},
 * the other. May import {@code core}, {@code message}, {@code crypto} and {@code timer}.
 */
@NullMarked
package io.jnat.wireguard.cookie;

import org.jspecify.annotations.NullMarked;
