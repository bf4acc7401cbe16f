package io.jnat.cli.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The relay as its router sees it.
 *
 * @param endpoint where it listens
 * @param publicKey its key
 * @param presharedKeyFile holds the key that both ends share besides
 */
public record RelayPeerConfig(
        HostPort endpoint, PublicKey publicKey, Optional<Path> presharedKeyFile) {}
