package io.jnat.cli.control;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers commands on the instance's Unix socket (mode 0600): one JSON object a line in, one a line
 * out.
 *
 * <p>A request is {@code {"op":"status", …}}; an answer is {@code {"v":1,"ok":true,"data":…}} or
 * {@code {"v":1,"ok":false,"error":"…"}}.
 */
public final class ControlServer implements AutoCloseable {
    /** Version of the answers' schema. */
    public static final int SCHEMA_VERSION = 1;

    private static final String ANOTHER =
            "; name another directory for the control socket: JNAT_RUNTIME_DIR";

    private static final int MAX_CLIENTS = 16;
    private static final int MAX_REQUEST_CHARACTERS = 64 * 1024;

    private final Path path;
    private final ServerSocketChannel server;
    private final Map<String, ControlOperation> operations;

    /**
     * Listens; a socket file that nobody answers on is replaced.
     *
     * @throws IOException when another process answers there, or the directory can't be made
     */
    public ControlServer(Path path, Map<String, ControlOperation> operations) throws IOException {
        this.path = path;
        this.operations = operations;
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            makeDirectory(directory);
        }
        removeStale(path);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException failure) {
            server.close();
            throw new IOException(
                    "cannot listen on " + path + ": " + failure.getMessage() + ANOTHER, failure);
        }
        new SocketClients("control", server, MAX_CLIENTS, this::serve).start();
    }

    private static void makeDirectory(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (FileAlreadyExistsException file) {
            throw new IOException(file.getFile() + " is no directory" + ANOTHER, file);
        } catch (IOException refused) {
            throw new IOException(
                    "cannot make the directory of the control socket: "
                            + refused.getMessage()
                            + (refused instanceof AccessDeniedException
                                    ? ": permission denied"
                                    : "")
                            + ANOTHER,
                    refused);
        }
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
        } catch (ConnectException nobodyThere) {
            Files.delete(path);
            return;
        }
        throw new IOException(
                path
                        + " is answered by a running jnat; stop it, or give this one another name or"
                        + " JNAT_RUNTIME_DIR");
    }

    private void serve(SocketChannel client) throws IOException {
        try (BufferedReader in =
                        new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
                Writer out = Channels.newWriter(client, StandardCharsets.UTF_8)) {
            String request = readLine(in);
            while (request != null) {
                out.write(answer(request));
                out.write('\n');
                out.flush();
                request = readLine(in);
            }
        }
    }

    private static @Nullable String readLine(BufferedReader in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int character = in.read(); character >= 0; character = in.read()) {
            if (character == '\n') {
                return line.toString();
            }
            if (line.length() == MAX_REQUEST_CHARACTERS) {
                throw new IOException("request too long");
            }
            line.append((char) character);
        }
        return null;
    }

    private String answer(String request) throws IOException {
        try {
            Map<String, Object> fields = JSON.std.mapFrom(request);
            String name = String.valueOf(fields.get("op"));
            ControlOperation operation = operations.get(name);
            if (operation == null) {
                return failure("unknown operation " + name);
            }
            return JSON.std.asString(
                    Map.of("v", SCHEMA_VERSION, "ok", true, "data", operation.run(fields)));
        } catch (IOException | RuntimeException wrong) {
            return failure(String.valueOf(wrong.getMessage()));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return failure("stopping");
        }
    }

    private static String failure(String error) throws IOException {
        return JSON.std.asString(Map.of("v", SCHEMA_VERSION, "ok", false, "error", error));
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
    }
}
