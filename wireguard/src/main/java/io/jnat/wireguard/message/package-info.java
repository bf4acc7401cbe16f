/**
 * Message types 1 to 4 as little-endian views; start with {@link
 * io.jnat.wireguard.message.MessageType}. May import {@code core}.
 */
@NullMarked
package io.jnat.wireguard.message;

import org.jspecify.annotations.NullMarked;
