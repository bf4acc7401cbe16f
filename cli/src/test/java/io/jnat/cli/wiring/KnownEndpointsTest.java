package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownEndpointsTest {

    private static final WireGuardKey KEY = WireGuardKey.of(new byte[32]);
    private static final PeerEndpoint V4 = new PeerEndpoint("203.0.113.2", 51820);
    private static final PeerEndpoint V6 = new PeerEndpoint("2001:db8::1", 1);

    @TempDir private Path directory;

    @Test
    void whatWasWrittenIsReadAgain() throws IOException {
        Path file = directory.resolve("state/relay.endpoints");
        byte[] other = new byte[32];
        other[0] = 1;
        Map<WireGuardKey, PeerEndpoint> known = Map.of(KEY, V4, WireGuardKey.of(other), V6);
        KnownEndpoints.read(file).write(known);
        assertEquals(known, KnownEndpoints.read(file).endpoints());
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void missingFileKnowsNothing() {
        assertEquals(Map.of(), KnownEndpoints.read(directory.resolve("none")).endpoints());
    }

    @Test
    void damagedLinesArePassedOver() throws IOException {
        Path file = directory.resolve("relay.endpoints");
        Files.write(
                file,
                List.of(
                        "",
                        "nonsense",
                        "AAAA 203.0.113.9:1",
                        KEY.base64() + " 203.0.113.9:99999",
                        KEY.base64(),
                        KEY.base64() + " " + V4));
        assertEquals(Map.of(KEY, V4), KnownEndpoints.read(file).endpoints());
    }

    @Test
    void unchangedEndpointsAreNotWrittenAgain() throws IOException {
        Path file = directory.resolve("relay.endpoints");
        KnownEndpoints endpoints = KnownEndpoints.read(file);
        endpoints.write(Map.of(KEY, V4));
        Files.delete(file);
        endpoints.write(Map.of(KEY, V4));
        assertFalse(Files.exists(file));
        endpoints.write(Map.of(KEY, V6));
        assertEquals(Map.of(KEY, V6), KnownEndpoints.read(file).endpoints());
    }

    @Test
    void unwritableFileIsSaidAndTriedAgain() throws IOException {
        Path blocked = Files.createFile(directory.resolve("blocked"));
        KnownEndpoints endpoints = KnownEndpoints.read(blocked.resolve("relay.endpoints"));
        assertThrows(IOException.class, () -> endpoints.write(Map.of(KEY, V4)));
        Files.delete(blocked);
        endpoints.write(Map.of(KEY, V4));
        assertEquals(
                Map.of(KEY, V4),
                KnownEndpoints.read(blocked.resolve("relay.endpoints")).endpoints());
    }
}
