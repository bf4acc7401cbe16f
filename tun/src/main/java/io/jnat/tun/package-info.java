/**
 * Links, where packets come from and go to, and the factory that opens them. May import {@code
 * core}.
 */
@NullMarked
package io.jnat.tun;

import org.jspecify.annotations.NullMarked;
