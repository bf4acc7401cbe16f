package io.jnat.cli.wgquick;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.RelayConfig;
import io.jnat.cli.config.SiteConfig;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code wg-quick} file of a site, for a device that runs WireGuard itself. Everything goes
 * into the tunnel: what forwards bring has its senders' real addresses, and the answers must go
 * back the same way.
 */
public final class WgQuickExport {
    /** Keeps the way through carrier-grade NAT open; what WireGuard's own documentation advises. */
    private static final int KEEPALIVE_SECONDS = 25;

    private WgQuickExport() {}

    /**
     * Writes it.
     *
     * @param endpoint where the relay is reached, {@code host:port}
     * @param secret the site's private key; null: no secret is written, this one and the preshared
     *     key are left out
     * @throws IOException when a key file of the relay can't be read
     */
    public static String of(
            RelayConfig relay, SiteConfig site, String endpoint, @Nullable WireGuardKey secret)
            throws IOException {
        Cidr tunnel = relay.instance().tunnel().address();
        List<String> lines = new ArrayList<>();
        lines.add("# site " + site.name() + " of jnat's relay, for wg-quick");
        lines.add("[Interface]");
        lines.add(
                secret == null
                        ? "# PrivateKey = the one that belongs to " + site.publicKey()
                        : "PrivateKey = " + secret.base64());
        lines.add("Address = " + site.address().getHostAddress() + "/" + tunnel.bits());
        lines.add("MTU = " + relay.instance().mtu());
        lines.add("");
        lines.add("[Peer]");
        lines.add(
                "PublicKey = "
                        + key(relay.instance().tunnel().privateKeyFile()).publicKey().base64());
        if (site.presharedKeyFile().isPresent()) {
            lines.add(
                    secret == null
                            ? "# PresharedKey = the one that the relay has for this site"
                            : "PresharedKey = " + key(site.presharedKeyFile().get()).base64());
        }
        lines.add("Endpoint = " + endpoint);
        boolean ipv6 = site.networks().stream().anyMatch(Cidr::v6);
        lines.add("AllowedIPs = 0.0.0.0/0" + (ipv6 ? ", ::/0" : ""));
        lines.add("PersistentKeepalive = " + KEEPALIVE_SECONDS);
        return String.join("\n", lines) + "\n";
    }

    private static WireGuardKey key(java.nio.file.Path file) throws IOException {
        return WireGuardKey.of(KeyFiles.read(file));
    }
}
