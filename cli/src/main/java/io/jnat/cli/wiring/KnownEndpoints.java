package io.jnat.cli.wiring;

import io.jnat.wireguard.PeerEndpoint;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;

/**
 * Where each peer was heard last, kept in a file over a restart.
 *
 * <p>A relay has no configured endpoints. Without this it cannot speak after a restart until it is
 * spoken to, and the other end, which still has a session, notices only after 15 s that nobody
 * answers (KEEPALIVE_TIMEOUT and REKEY_TIMEOUT). With it the relay starts the handshake itself, at
 * once, if the peer is given a persistent keepalive.
 *
 * <p>One peer a line: public key, a space, endpoint. Owner: one thread. A file that is damaged or
 * missing is as good as an empty one: what is known is only a place to try.
 */
public final class KnownEndpoints {
    private final Path file;
    private Map<WireGuardKey, PeerEndpoint> written;

    private KnownEndpoints(Path file, Map<WireGuardKey, PeerEndpoint> written) {
        this.file = file;
        this.written = written;
    }

    /** Reads the file; lines that are no peer are passed over. */
    public static KnownEndpoints read(Path file) {
        Map<WireGuardKey, PeerEndpoint> known = new HashMap<>();
        try {
            for (String line : Files.readString(file, StandardCharsets.UTF_8).lines().toList()) {
                int space = line.indexOf(' ');
                try {
                    known.put(
                            WireGuardKey.fromBase64(line.substring(0, Math.max(space, 0))),
                            PeerEndpoint.parse(line.substring(space + 1)));
                } catch (IllegalArgumentException damaged) {
                    // The others may be whole.
                }
            }
        } catch (NoSuchFileException first) {
            // The first start.
        } catch (IOException unreadable) {
            known.clear();
        }
        return new KnownEndpoints(file, Map.copyOf(known));
    }

    /** What is known, by public key. */
    public Map<WireGuardKey, PeerEndpoint> endpoints() {
        return written;
    }

    /**
     * Writes the file if anything changed; the old or the new one is there whatever happens.
     *
     * @throws IOException naming the file; what is in memory is kept, and the next call tries again
     */
    public void write(Map<WireGuardKey, PeerEndpoint> now) throws IOException {
        if (now.equals(written)) {
            return;
        }
        StringBuilder text = new StringBuilder();
        now.forEach((key, endpoint) ->
                text.append(key.base64()).append(' ').append(endpoint).append('\n'));
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " has no directory");
        }
        Files.createDirectories(directory);
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(
                fresh,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(fresh, text, StandardCharsets.UTF_8);
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = Map.copyOf(now);
    }
}
