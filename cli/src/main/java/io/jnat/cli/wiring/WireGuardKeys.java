package io.jnat.cli.wiring;

import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.PublicKey;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys and prefixes, from the configuration's form to WireGuard's. */
final class WireGuardKeys {
    private WireGuardKeys() {}

    static WireGuardKey read(Path file) throws IOException {
        byte[] bytes = KeyFiles.read(file);
        WireGuardKey key = WireGuardKey.of(bytes);
        Arrays.fill(bytes, (byte) 0);
        return key;
    }

    static @Nullable WireGuardKey readOptional(Optional<Path> file) throws IOException {
        return file.isPresent() ? read(file.get()) : null;
    }

    static WireGuardKey of(PublicKey key) {
        return WireGuardKey.of(key.bytes());
    }

    static AllowedIp allowedIp(Cidr cidr) {
        return AllowedIp.parse(cidr.network().toString());
    }
}
