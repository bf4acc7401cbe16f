/**
 * Keypairs and the replay window: what each data packet needs. May import {@code core}, {@code
 * message} and {@code crypto}.
 */
@NullMarked
package io.jnat.wireguard.session;

import org.jspecify.annotations.NullMarked;
