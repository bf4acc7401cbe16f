package io.jnat.cli.wg;

import io.jnat.cli.control.SocketClients;
import io.jnat.wireguard.uapi.UapiConversation;
import io.jnat.wireguard.uapi.UapiDevice;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The userspace API's socket (W40). It comes into being complete, with mode 0600: it is made under
 * another name and then linked to its own, which fails where somebody else was faster.
 */
public final class UapiServer implements AutoCloseable {
    /** Where {@code wg} looks. */
    public static final Path DIRECTORY = Path.of("/var/run/wireguard");

    private static final int MAX_CLIENTS = 64;
    private static final int MILLIS_BETWEEN_ATTEMPTS = 100;

    private final Path path;
    private final Object identity;
    private final ServerSocketChannel server;
    private final UapiDevice device;
    private final Consumer<String> refusals;

    private UapiServer(
            Path path,
            Object identity,
            ServerSocketChannel server,
            UapiDevice device,
            Consumer<String> refusals) {
        this.path = path;
        this.identity = identity;
        this.server = server;
        this.device = device;
        this.refusals = refusals;
    }

    /**
     * Listens on {@code DIRECTORY/NAME.sock}. A socket that nobody answers on is replaced; a
     * process that is about to end is waited for.
     *
     * @param patience how long a process that answers there is given to end
     * @param refusals gets what was refused, for the log
     * @throws IOException naming the socket and what to do, when another process holds it
     */
    public static UapiServer listen(
            Path directory,
            String name,
            Duration patience,
            UapiDevice device,
            Consumer<String> refusals)
            throws IOException {
        Path path = directory.resolve(name + ".sock");
        Path draft = directory.resolve("." + name + "." + ProcessHandle.current().pid());
        makeDirectory(directory);
        removeLeftDrafts(directory, name);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Files.deleteIfExists(draft);
            server.bind(UnixDomainSocketAddress.of(draft));
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            Object identity = identity(draft);
            publish(draft, path, patience.toMillis());
            return new UapiServer(path, identity, server, device, refusals);
        } catch (IOException failure) {
            server.close();
            throw failure;
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Who was killed while it waited has left one. */
    private static void removeLeftDrafts(Path directory, String name) throws IOException {
        String prefix = "." + name + ".";
        try (DirectoryStream<Path> drafts = Files.newDirectoryStream(directory, prefix + "*")) {
            for (Path draft : drafts) {
                String pid = draft.toFile().getName().substring(prefix.length());
                // Not answered alone could be one that is being made; no process, one elsewhere.
                if (pid.matches("[0-9]{1,9}")
                        && ProcessHandle.of(Long.parseLong(pid)).isEmpty()
                        && !isAnswered(draft)) {
                    Files.deleteIfExists(draft);
                }
            }
        }
    }

    private static void publish(Path draft, Path path, long patienceMillis) throws IOException {
        for (long waitedMillis = 0; ; waitedMillis += MILLIS_BETWEEN_ATTEMPTS) {
            try {
                Files.createLink(path, draft);
                return;
            } catch (FileAlreadyExistsException taken) {
                if (!isAnswered(path)) {
                    Files.deleteIfExists(path);
                } else if (waitedMillis >= patienceMillis) {
                    throw new IOException(
                            path
                                    + ": another process answers there; remove its device, or take"
                                    + " another name",
                            taken);
                } else {
                    pause();
                }
            }
        }
    }

    private static boolean isAnswered(Path path) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return channel.isConnected();
        } catch (IOException nobodyThere) {
            return false;
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(MILLIS_BETWEEN_ATTEMPTS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }

    private static Object identity(Path socket) throws IOException {
        return Files.getAttribute(socket, "unix:dev")
                + ":"
                + Files.getAttribute(socket, "unix:ino");
    }

    /** Starts to answer. */
    public void start() {
        new SocketClients("uapi", server, MAX_CLIENTS, this::serve).start();
    }

    /** Whether the socket file is still there, and this process's. */
    boolean isInPlace() {
        try {
            return identity(path).equals(identity);
        } catch (IOException removed) {
            return false;
        }
    }

    private void serve(SocketChannel client) throws IOException {
        try (Reader in = Channels.newReader(client, StandardCharsets.UTF_8);
                Writer out = Channels.newWriter(client, StandardCharsets.UTF_8)) {
            new UapiConversation(device, refusals).run(in, out);
        } catch (RuntimeException | Error fault) {
            refusals.accept("the device failed: " + fault);
        }
    }

    /** Stops listening; the socket file goes unless it is a newer process's. */
    @Override
    public void close() throws IOException {
        if (isInPlace()) {
            Files.deleteIfExists(path);
        }
        server.close();
    }
}
