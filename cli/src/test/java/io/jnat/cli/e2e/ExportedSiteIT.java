package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatCommand;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.LabKey;
import io.jnat.cli.lab.Namespace;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.UdpEcho;
import io.jnat.cli.lab.UdpSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device with nothing but {@code wg-quick} and {@code wireguard-go} becomes a site. */
@Tag("interop")
@Timeout(90)
final class ExportedSiteIT {
    private static final int PORT = 6000;
    private static final String RELAY =
            """
            role = "relay"
            public = "eth0"
            [tunnel]
            address = "10.99.0.1/24"
            private-key-file = "relay.key"
            [[site]]
            name = "phone"
            public-key = "@PHONE@"
            preshared-key-file = "phone.psk"
            address = "10.99.0.2"
            [[forward]]
            name = "echo"
            listen = "udp/6000"
            to = "phone:10.99.0.2"
            """;

    private final String device = "jnx" + ProcessHandle.current().pid() % 1_000_000;
    private NetworkLab lab;
    private Path conf;

    @AfterEach
    void close() throws IOException {
        if (lab != null) {
            if (conf != null) {
                Shell.attempt(wgQuick("down"), "");
            }
            lab.close();
        }
    }

    private List<String> wgQuick(String verb) {
        Namespace site = lab.namespace("site");
        return new ArrayList<>(
                site.inside(
                        "env",
                        "WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go",
                        "LOG_LEVEL=silent",
                        "wg-quick",
                        verb,
                        conf.toString()));
    }

    private void secret(String name, LabKey key) throws IOException {
        Path file = lab.directory().resolve(name);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, key.privateText() + "\n");
    }

    @Test
    void whatIsExportedMakesWgQuickASite() throws IOException {
        RunningLab.assumeLaboratory();
        for (String tool : List.of("/usr/bin/wg-quick", "/usr/bin/wireguard-go")) {
            assumeTrue(Files.isExecutable(Path.of(tool)), "needs " + tool);
        }
        lab = NetworkLab.open();
        LabKey phone = LabKey.generate();
        secret("relay.key", LabKey.generate());
        secret("phone.key", phone);
        secret("phone.psk", LabKey.generate());
        Path config = lab.directory().resolve("relay.toml");
        Files.writeString(config, RELAY.replace("@PHONE@", phone.publicText()));
        Path launcher = Path.of("..", "jnat").toRealPath();
        JnatProcess relay =
                lab.add(
                        new JnatProcess(
                                lab.namespace("vps"), JnatCommand.ofLauncher(launcher), config));
        relay.start();
        Path written = lab.directory().resolve(device + ".conf");
        Shell.Result exported =
                relay.command(
                        "site",
                        "export",
                        "phone",
                        "--config",
                        config.toString(),
                        "--format",
                        "wg-quick",
                        "--with-keys",
                        "--private-key-file",
                        lab.directory().resolve("phone.key").toString(),
                        "--out",
                        written.toString());
        assertEquals(0, exported.exitCode(), exported::output);
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(written)));
        conf = written;
        Shell.Result up = Shell.attempt(wgQuick("up"), "");
        assertEquals(0, up.exitCode(), up::output);
        byte[] hello = "hello".getBytes(StandardCharsets.US_ASCII);
        try (UdpEcho echo = UdpEcho.listen(lab.namespace("site"), PORT);
                UdpSocket udp = UdpSocket.open(lab.namespace("client"), 0)) {
            assertTrue(
                    Await.within(
                            Duration.ofSeconds(20),
                            () ->
                                    udp.ask(
                                                    NetworkLab.at(NetworkLab.VPS, PORT),
                                                    hello,
                                                    Duration.ofMillis(200))
                                            .isPresent()),
                    () -> "no answer; it heard from " + echo.packetsBySource());
        }
        Shell.Result status = relay.command("status");
        assertTrue(status.output().contains("preshared key"), status::output);
    }
}
