/**
 * mac1, mac2, cookies and the rate limit of handshakes. May import {@code core}, {@code message}
 * and {@code crypto}.
 */
@NullMarked
package io.jnat.wireguard.cookie;

import org.jspecify.annotations.NullMarked;
