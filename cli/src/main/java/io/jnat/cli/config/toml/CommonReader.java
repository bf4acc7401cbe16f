package io.jnat.cli.config.toml;

import io.jnat.cli.config.BadValue;
import io.jnat.cli.config.Cidr;
import io.jnat.cli.config.EngineConfig;
import io.jnat.cli.config.InstanceConfig;
import io.jnat.cli.config.KeyFiles;
import io.jnat.cli.config.Nearest;
import io.jnat.cli.config.PublicKey;
import io.jnat.cli.config.TunnelConfig;
import io.jnat.cli.config.Values;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads what both roles have. */
final class CommonReader {
    private static final int LONGEST_TUN_PREFIX = 11;

    /** Stands for an address that could not be read. */
    static final Cidr NO_CIDR = Cidr.host(InetAddress.getLoopbackAddress());

    private static final Path NO_FILE = Path.of("");

    private CommonReader() {}

    static InstanceConfig instance(Section root, boolean relay) {
        String name = root.optional("name", Values::name, InstanceConfig.NAME);
        String fallback =
                name.length() <= LONGEST_TUN_PREFIX ? name : name.substring(0, LONGEST_TUN_PREFIX);
        return new InstanceConfig(
                name,
                root.optional("tun", CommonReader::tunPrefix, fallback),
                root.integer("mtu", 1280, 9000, InstanceConfig.MTU),
                tunnel(root.table("tunnel"), relay, root.has("tunnel")),
                engine(root.table("engine")),
                LifetimeReader.timeouts(root.table("timeout")));
    }

    private static String tunPrefix(String text) throws BadValue {
        if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST_TUN_PREFIX) {
            throw new BadValue("at most " + LONGEST_TUN_PREFIX + " bytes, -wan is put behind");
        }
        return Values.interfaceName(text);
    }

    private static TunnelConfig tunnel(Section section, boolean relay, boolean present) {
        int listen =
                relay
                        ? section.integer("listen", 1, 65535, TunnelConfig.RELAY_LISTEN)
                        : section.integer("listen", 0, 65535, 0);
        String example = relay ? "10.99.0.1/24" : "10.99.0.2/24";
        Cidr address =
                section.required(
                        "address",
                        CommonReader::tunnelAddress,
                        "this end's address in the tunnel: address = \"" + example + "\"",
                        NO_CIDR);
        if (present && section.has("address") && address.isNetwork() && isWide(address)) {
            section.error(
                    "address",
                    new BadValue(
                                    "this end's own address with the length, such as \""
                                            + example
                                            + "\"")
                            .message('"' + address.toString() + '"'));
        }
        Path file =
                section.required(
                        "private-key-file",
                        text -> path(section, "private-key-file", text),
                        "private-key-file = \"/etc/jnat/private.key\"; make it with: jnat key gen --out"
                                + " /etc/jnat/private.key",
                        NO_FILE);
        checkKeyFile(section, "private-key-file", file);
        Duration keepalive = section.optional("keepalive", CommonReader::keepalive, Duration.ZERO);
        boolean answersWhy =
                section.optional(
                        "why",
                        text ->
                                switch (text) {
                                    case "answer" -> true;
                                    case "ignore" -> false;
                                    default ->
                                            throw new BadValue(
                                                    "\"answer\" or \"ignore\"",
                                                    Nearest.to(text, List.of("answer", "ignore")));
                                },
                        true);
        section.refuseUnknown();
        return new TunnelConfig(listen, address, file, keepalive, answersWhy);
    }

    /** Peers have an IPv4 address in the tunnel; IPv6 needs none there. */
    private static Cidr tunnelAddress(String text) throws BadValue {
        Cidr address = Cidr.parse(text);
        if (address.v6()) {
            throw new BadValue("an IPv4 address; IPv6 goes through the tunnel without one in it");
        }
        return address;
    }

    private static boolean isWide(Cidr address) {
        return address.bits() < 31;
    }

    /** A path; what is not absolute is beside the file that names it. */
    private static Path path(Section section, String key, String text) throws BadValue {
        if (text.isBlank()) {
            throw new BadValue("the path of a file");
        }
        if (text.length() == 44 && text.endsWith("=")) {
            throw new BadValue("the path of a file that holds the key, not the key itself");
        }
        if (text.startsWith("~")) {
            throw new BadValue("the path of a file without ~, which only a shell understands");
        }
        try {
            return section.placeOf(key).file().resolveSibling(text);
        } catch (InvalidPathException notAPath) {
            throw new BadValue("the path of a file");
        }
    }

    private static Duration keepalive(String text) throws BadValue {
        Duration duration = Values.duration(text);
        long seconds = duration.toSeconds();
        if (seconds > 65535 || !Duration.ofSeconds(seconds).equals(duration)) {
            throw new BadValue("whole seconds from \"0s\" (off) to \"65535s\"");
        }
        return duration;
    }

    /** Says what is wrong with a key file, and how to mend it. */
    static void checkKeyFile(Section section, String key, Path file) {
        if (!section.has(key) || file.equals(NO_FILE)) {
            return;
        }
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            String both = key.startsWith("preshared") ? ", and copy it to the other end" : "";
            String mend =
                    Files.exists(file) ? "" : "; make it with: jnat key gen --out " + file + both;
            section.error(key, '"' + file.toString() + "\": " + TomlFiles.unreadable(file) + mend);
            return;
        }
        try {
            Arrays.fill(KeyFiles.read(file), (byte) 0);
            if (KeyFiles.othersMayReadIt(file)) {
                section.warning(key, "others may read it; mend it with: chmod 600 " + file);
            }
        } catch (IOException | UnsupportedOperationException e) {
            section.error(key, String.valueOf(e.getMessage()));
        }
    }

    /** This end's own public key, or null when the private one cannot be read. */
    static @Nullable PublicKey ownKey(InstanceConfig instance) {
        Path file = instance.tunnel().privateKeyFile();
        if (!Files.isRegularFile(file)) {
            return null; // reported before, and to read from a pipe may take forever
        }
        try {
            byte[] secret = KeyFiles.read(file);
            PublicKey own = PublicKey.of(WireGuardKey.of(secret).publicKey().toBytes());
            Arrays.fill(secret, (byte) 0);
            return own;
        } catch (IOException reportedBefore) {
            return null;
        }
    }

    static PublicKey peerKey(Section section, @Nullable PublicKey own) {
        PublicKey key =
                section.required(
                        "public-key",
                        PublicKey::parse,
                        "the other end's public key; it prints it with: jnat key pub",
                        PublicKey.NONE);
        if (own != null && key.equals(own)) {
            section.error(
                    "public-key",
                    "this end's own key (expected the other end's; it prints it with: jnat key pub)");
        }
        return key;
    }

    static Optional<Path> presharedKey(Section section) {
        Optional<Path> file =
                section.optional(
                        "preshared-key-file", text -> path(section, "preshared-key-file", text));
        file.ifPresent(path -> checkKeyFile(section, "preshared-key-file", path));
        return file;
    }

    private static EngineConfig engine(Section section) {
        EngineConfig.Layout layout =
                section.optional(
                        "layout",
                        choice(EngineConfig.Layout.class, EngineConfig.Layout::text),
                        EngineConfig.DEFAULT.layout());
        EngineConfig.Offload offload =
                section.optional(
                        "offload",
                        choice(EngineConfig.Offload.class, EngineConfig.Offload::text),
                        EngineConfig.DEFAULT.offload());
        int flows = section.integer("flows", 1024, 16_777_216, EngineConfig.DEFAULT.flows());
        EngineConfig.Ports ports =
                section.optional("ports", EngineConfig.Ports::parse, EngineConfig.DEFAULT.ports());
        EngineConfig.TcpPickUp pickUp =
                section.optional(
                        "tcp-pick-up",
                        choice(EngineConfig.TcpPickUp.class, EngineConfig.TcpPickUp::text),
                        EngineConfig.DEFAULT.tcpPickUp());
        OptionalInt nice = OptionalInt.empty();
        int value = section.integer("nice", -20, 19, Integer.MIN_VALUE);
        if (value != Integer.MIN_VALUE) {
            nice = OptionalInt.of(value);
        }
        List<Integer> cpus = section.integers("cpus", 0, 1023);
        boolean awake = section.flag("awake", EngineConfig.DEFAULT.awake());
        section.refuseUnknown();
        return new EngineConfig(layout, offload, flows, ports, pickUp, nice, cpus, awake);
    }

    /** One of an enum's names. */
    static <E extends Enum<E>> Section.Parser<E> choice(
            Class<E> type, java.util.function.Function<E, String> text) {
        Map<String, E> byText = new LinkedHashMap<>();
        for (E value : EnumSet.allOf(type)) {
            byText.put(text.apply(value), value);
        }
        return found -> {
            E value = byText.get(found);
            if (value == null) {
                String quoted =
                        byText.keySet().stream()
                                .map(name -> '"' + name + '"')
                                .collect(Collectors.joining(" or "));
                throw new BadValue(quoted, Nearest.to(found, byText.keySet()));
            }
            return value;
        };
    }
}
