package io.jnat.cli.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A site that the relay serves.
 *
 * @param name what devices are prefixed with
 * @param publicKey of the site's router
 * @param presharedKeyFile holds the key that both ends share besides
 * @param address of the site's router in the tunnel
 * @param networks behind it
 * @param translation of what its devices send
 * @param place where it is written
 */
public record SiteConfig(
        String name,
        PublicKey publicKey,
        Optional<Path> presharedKeyFile,
        InetAddress address,
        List<Cidr> networks,
        TranslationConfig translation,
        Place place) {
    /** Copies the list. */
    public SiteConfig {
        networks = List.copyOf(networks);
    }
}
