package io.jnat.cli.wg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.core.engine.Link;
import io.jnat.core.engine.Zone;
import io.jnat.core.time.Clock;
import io.jnat.wireguard.AllowedIp;
import io.jnat.wireguard.DeviceConfig;
import io.jnat.wireguard.PeerConfig;
import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardDevice;
import io.jnat.wireguard.WireGuardKey;
import io.jnat.wireguard.uapi.DeviceChange;
import io.jnat.wireguard.uapi.DeviceSnapshot;
import io.jnat.wireguard.uapi.UapiDevice;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UapiServerTest {
    private static final UapiDevice EMPTY =
            new UapiDevice() {
                @Override
                public DeviceSnapshot snapshot() {
                    return new DeviceSnapshot(null, 7, 0, List.of());
                }

                @Override
                public void apply(DeviceChange change) {}
            };

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    @TempDir private Path directory;

    private UapiServer listen(UapiDevice device) throws IOException {
        UapiServer server =
                UapiServer.listen(directory, "wg7", Duration.ofMillis(200), device, log::add);
        server.start();
        return server;
    }

    private Path socket() {
        return directory.resolve("wg7.sock");
    }

    private String ask(String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
            channel.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(4096);
            while (channel.read(answer) >= 0) {
                assertTrue(answer.hasRemaining());
            }
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    @Test
    @Tag("W40")
    void listensForTheOwnerOnlyAndCleansUp() throws IOException {
        try (UapiServer server = listen(EMPTY)) {
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
            assertEquals("listen_port=7\nerrno=0\n\n", ask("get=1\n\n"));
            assertTrue(server.isInPlace());
        }
        try (var left = Files.list(directory)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    @Tag("W40")
    void makesTheDirectoryForItsOwnerOnly() throws IOException {
        Path inner = directory.resolve("wireguard");
        UapiServer.listen(inner, "wg7", Duration.ZERO, EMPTY, log::add).close();
        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(inner)));
    }

    @Test
    @Tag("W40")
    void replacesASocketThatNobodyAnswersOn() throws IOException {
        leftSocket("wg7.sock");
        try (UapiServer server = listen(EMPTY)) {
            assertTrue(server.isInPlace());
            assertEquals("listen_port=7\nerrno=0\n\n", ask("get=1\n\n"));
        }
    }

    @Test
    @Tag("W40")
    void removesWhatAProcessLeftThatWasKilledWhileItWaited() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Path left = leftSocket(".wg7." + gone.pid());
        Path ofALivingOne = leftSocket(".wg7.1");
        Path ofAnotherName = leftSocket(".wg77." + gone.pid());
        Path answered = directory.resolve(".wg7." + (gone.pid() + (1 << 23)));
        try (ServerSocketChannel elsewhere =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            elsewhere.bind(UnixDomainSocketAddress.of(answered));
            listen(EMPTY).close();
        }
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(ofALivingOne));
        assertTrue(Files.exists(ofAnotherName));
        assertTrue(Files.exists(answered), "of a process in another namespace");
    }

    private Path leftSocket(String name) throws IOException {
        Path left = directory.resolve(name);
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(left));
        dead.close();
        return left;
    }

    @Test
    @Tag("W40")
    void leavesASocketThatSomebodyAnswersOn() throws IOException {
        try (UapiServer first = listen(EMPTY)) {
            IOException refused = assertThrows(IOException.class, () -> listen(EMPTY));
            assertTrue(String.valueOf(refused.getMessage()).contains("another process answers"));
            assertTrue(first.isInPlace());
        }
    }

    @Test
    @Tag("W44")
    void neverRemovesANewerSocket() throws IOException {
        UapiServer old = listen(EMPTY);
        Files.delete(socket());
        assertFalse(old.isInPlace());
        try (UapiServer newer = listen(EMPTY)) {
            assertFalse(old.isInPlace());
            old.close();
            assertTrue(newer.isInPlace());
            assertEquals("listen_port=7\nerrno=0\n\n", ask("get=1\n\n"));
        }
    }

    @Test
    void aDeviceThatFailsIsToldOfAndTheNextClientIsAnswered() throws IOException {
        boolean[] full = {true};
        UapiDevice failing =
                new UapiDevice() {
                    @Override
                    public DeviceSnapshot snapshot() {
                        if (full[0]) {
                            throw new OutOfMemoryError("full");
                        }
                        return new DeviceSnapshot(null, 7, 0, List.of());
                    }

                    @Override
                    public void apply(DeviceChange change) {}
                };
        try (UapiServer server = listen(failing)) {
            assertTrue(server.isInPlace());
            assertEquals("", ask("get=1\n\n"));
            Await.until(Duration.ofSeconds(5), "told", () -> log.toString().contains("full"));
            full[0] = false;
            assertEquals("listen_port=7\nerrno=0\n\n", ask("get=1\n\n"));
        }
    }

    @Test
    @Tag("W42")
    void aRunningTunnelIsShownAndRefusesChanges() throws IOException {
        WireGuardKey key = WireGuardKey.generatePrivate();
        WireGuardKey peer = WireGuardKey.generatePrivate().publicKey();
        PeerConfig config =
                new PeerConfig(
                        "site",
                        peer,
                        null,
                        new PeerEndpoint("192.0.2.1", 51_820),
                        List.of(AllowedIp.parse("10.0.0.0/8")),
                        25,
                        0);
        WireGuardDevice device =
                new WireGuardDevice(
                        DeviceConfig.standard(key),
                        new Link(0, "tunnel", Zone.TUNNEL, 1420),
                        List.of(config),
                        Clock.MONOTONIC,
                        InstantSource.system(),
                        event -> {});
        try (UapiServer server = listen(new ReadOnlyDevice(device, key, () -> 51_821))) {
            assertTrue(server.isInPlace());
            String shown = ask("get=1\n\n");
            assertTrue(shown.startsWith("private_key=" + key.hex() + "\nlisten_port=51821\n"));
            assertTrue(shown.contains("public_key=" + peer.hex() + "\n"));
            assertTrue(shown.contains("endpoint=192.0.2.1:51820\n"), shown);
            assertTrue(shown.contains("allowed_ip=10.0.0.0/8\nerrno=0\n\n"));
            assertEquals("errno=-1\n\n", ask("set=1\nlisten_port=1\n\n"));
            assertEquals(1, log.size());
            assertTrue(log.getFirst().contains("configuration file"));
        } finally {
            device.close();
        }
    }
}
