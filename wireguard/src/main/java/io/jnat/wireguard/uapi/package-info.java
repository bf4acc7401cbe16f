/**
 * The text protocol of WireGuard's userspace API, which {@code wg} speaks; start with {@link
 * io.jnat.wireguard.uapi.UapiConversation}. May import {@code wireguard} and its {@code crypto}.
 */
@NullMarked
package io.jnat.wireguard.uapi;

import org.jspecify.annotations.NullMarked;
