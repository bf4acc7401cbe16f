package io.jnat.wireguard.uapi;

import io.jnat.wireguard.AllowedIp;

/**
 * A prefix that a peer gets or loses.
 *
 * @param prefix the prefix
 * @param remove whether it is taken away, if this peer has it
 */
public record AllowedIpChange(AllowedIp prefix, boolean remove) {}
