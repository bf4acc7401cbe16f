package io.jnat.cli.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * This end of the tunnel.
 *
 * @param listen UDP port; 0 lets the kernel choose one (router only)
 * @param address own address in the tunnel, with the network that both ends share
 * @param privateKeyFile holds the private key; read it with {@link KeyFiles#read}
 * @param keepalive interval of persistent keepalives; zero for none
 * @param answersWhy whether the other end's {@code jnat why} is answered
 */
public record TunnelConfig(
        int listen, Cidr address, Path privateKeyFile, Duration keepalive, boolean answersWhy) {
    /** Port that a relay listens on unless configured. */
    public static final int RELAY_LISTEN = 51820;
}
