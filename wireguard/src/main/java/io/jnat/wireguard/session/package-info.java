/**
 * What each data packet needs: keypairs with their replay windows, and the indices that messages
 * name them by. Start with {@link io.jnat.wireguard.session.PeerSessions}. May import {@code
 * crypto}.
 */
@NullMarked
package io.jnat.wireguard.session;

import org.jspecify.annotations.NullMarked;
