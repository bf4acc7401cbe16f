package io.jnat.cli.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The configuration of both ends, as it stands in the documentation, with this laboratory's names
 * and addresses.
 */
public final class LabFiles {

    /** UDP port that is forwarded to the radio, and from which it speaks to its peers. */
    public static final int DMR_PORT = 55193;

    /** TCP port that is forwarded to the radio. */
    public static final int WEB_PORT = 8080;

    /** First UDP port of a range that is forwarded to the radio. */
    public static final int VOICE_FIRST_PORT = 50000;

    /** Last UDP port of that range. */
    public static final int VOICE_LAST_PORT = 50149;

    /** TCP port that is forwarded to the flex. */
    public static final int SMARTLINK_PORT = 4994;

    /** TCP port that is forwarded to port 22 of the host, which is not captured. */
    public static final int SSH_PORT = 2222;

    private final LabKey relayKey = LabKey.generate();
    private final LabKey routerKey = LabKey.generate();
    private final Path relay;
    private final Path router;

    private LabFiles(Path directory) {
        this.relay = directory.resolve("relay.toml");
        this.router = directory.resolve("router.toml");
    }

    /** Writes both configurations and both private keys. */
    public static LabFiles write(Path directory) throws IOException {
        try {
            return writeAll(directory);
        } catch (IOException full) {
            throw NetworkLab.noRoom(directory, full);
        }
    }

    private static LabFiles writeAll(Path directory) throws IOException {
        LabFiles files = new LabFiles(directory);
        Path relayKeyFile = directory.resolve("relay.key");
        Path routerKeyFile = directory.resolve("router.key");
        writePrivate(relayKeyFile, files.relayKey);
        writePrivate(routerKeyFile, files.routerKey);
        Files.writeString(
                files.relay,
                RELAY.replace("@KEY_FILE@", relayKeyFile.toString())
                        .replace("@PEER@", files.routerKey.publicText()));
        Files.writeString(
                files.router,
                ROUTER.replace("@KEY_FILE@", routerKeyFile.toString())
                        .replace("@PEER@", files.relayKey.publicText()));
        return files;
    }

    /** The relay's configuration file. */
    public Path relay() {
        return relay;
    }

    /** The router's configuration file. */
    public Path router() {
        return router;
    }

    /** The relay's keys. */
    public LabKey relayKey() {
        return relayKey;
    }

    /** The router's keys. */
    public LabKey routerKey() {
        return routerKey;
    }

    private static void writePrivate(Path file, LabKey key) throws IOException {
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, key.privateText() + "\n");
    }

    private static final String RELAY =
            """
            role = "relay"
            public = "eth0"

            [tunnel]
            listen = 51820
            address = "10.99.0.1/24"
            private-key-file = "@KEY_FILE@"

            [[site]]
            name = "hilltop"
            public-key = "@PEER@"
            address = "10.99.0.2"
            networks = ["192.168.20.0/24"]

            [device]
            dmr = "hilltop:192.168.20.31"
            flex = "hilltop:192.168.20.40"

            [[forward]]
            name = "dmr"
            listen = "udp/55193"
            to = "dmr"

            [[forward]]
            name = "voice"
            listen = "udp/50000-50149"
            to = "dmr"

            [[forward]]
            name = "web"
            listen = "tcp/8080"
            to = "dmr"

            [[forward]]
            name = "smartlink"
            listen = ["tcp/4994", "udp/4993"]
            to = "flex"

            [[forward]]
            name = "ssh"
            listen = "tcp/2222"
            to = "hilltop:192.168.20.50"
            to-port = 22
            """;

    private static final String ROUTER =
            """
            role = "router"
            lan = ["eth1"]
            wan = "eth0"
            others = "wan"

            [tunnel]
            address = "10.99.0.2/24"
            private-key-file = "@KEY_FILE@"
            keepalive = "25s"

            [relay]
            endpoint = "198.51.100.1:51820"
            public-key = "@PEER@"

            [device]
            dmr = "192.168.20.31"
            flex = "192.168.20.40"

            [capture]
            devices = ["dmr", "flex"]

            [[allow]]
            name = "dmr"
            from = "tunnel"
            to = "dmr"
            ports = ["udp/55193", "udp/50000-50149", "tcp/8080"]

            [[allow]]
            name = "flex"
            from = "tunnel"
            to = "flex"
            ports = ["tcp/4994", "udp/4993"]

            [[allow]]
            name = "ssh"
            from = "tunnel"
            to = "192.168.20.50"
            ports = ["tcp/22"]
            """;

    /** Removes a folder and all that is in it. */
    public static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
