package io.jnat.cli.control;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Asks the running process. */
public final class ControlClient {
    /** Enough for a reload on a host that is full; who monitors a process waits no longer. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    private ControlClient() {}

    /** No process answers; the message says where it was looked for and what to do. */
    public static final class NotReachable extends IOException {
        private static final long serialVersionUID = 1;

        NotReachable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Sends one request and gives the answer's {@code data}.
     *
     * @param instance the instance's name, or null for the only one that runs
     * @throws NotReachable when no process answers
     * @throws IOException when the process refuses; the message is its own
     */
    public static Object ask(@Nullable String instance, Map<String, Object> request)
            throws IOException {
        return ask(
                instance == null
                        ? onlySocket(Directories.runtime())
                        : Directories.controlSocket(instance),
                request);
    }

    /**
     * Asks the one process whose socket is in a directory.
     *
     * @see #ask(String, Map)
     */
    public static Object askOnlyOneIn(Path directory, Map<String, Object> request)
            throws IOException {
        return ask(onlySocket(directory), request);
    }

    static Object ask(Path socket, Map<String, Object> request) throws IOException {
        return ask(socket, request, ANSWER_LIMIT);
    }

    static Object ask(Path socket, Map<String, Object> request, Duration limit) throws IOException {
        String answer;
        try {
            answer = exchange(socket, JSON.std.asString(request), limit);
        } catch (ClosedChannelException late) {
            throw new NotReachable(
                    "the jnat process at "
                            + socket
                            + " has not answered for "
                            + limit.toSeconds()
                            + " s: it is stopped (SIGSTOP, a debugger), or stuck; its log may say"
                            + " more. What was asked of it may still be done"
                            + " when it goes on",
                    late);
        } catch (IOException failure) {
            throw new NotReachable(
                    "no jnat process answers on "
                            + socket
                            + " ("
                            + failure.getMessage()
                            + "); start one with `jnat run`, or ask as the user who runs it",
                    failure);
        }
        if (answer == null) {
            throw new NotReachable(
                    "the jnat process at " + socket + " closed the connection", null);
        }
        Map<String, Object> fields = JSON.std.mapFrom(answer);
        if (!Boolean.TRUE.equals(fields.get("ok"))) {
            throw new IOException(String.valueOf(fields.get("error")));
        }
        return fields.getOrDefault("data", Map.of());
    }

    /**
     * Sends a line and gives the answer's, or null.
     *
     * @throws ClosedChannelException when it takes longer than the limit
     */
    private static @Nullable String exchange(Path socket, String line, Duration limit)
            throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            Thread alarm = Thread.ofPlatform().daemon().start(() -> closeAfter(limit, channel));
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                Writer out = Channels.newWriter(channel, StandardCharsets.UTF_8);
                out.write(line);
                out.write('\n');
                out.flush();
                return new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))
                        .readLine();
            } finally {
                alarm.interrupt();
            }
        }
    }

    private static void closeAfter(Duration limit, SocketChannel channel) {
        try {
            Thread.sleep(limit);
            channel.close();
        } catch (InterruptedException | IOException answered) {
            Thread.currentThread().interrupt();
        }
    }

    private static Path onlySocket(Path directory) throws IOException {
        List<Path> sockets = List.of();
        try (Stream<Path> files = Files.list(directory)) {
            sockets = files.filter(file -> file.toString().endsWith(".sock")).sorted().toList();
        } catch (NoSuchFileException none) {
            // as empty
        } catch (AccessDeniedException denied) {
            throw new NotReachable(
                    "no jnat process can be looked for: "
                            + directory
                            + ": permission denied; ask as the user who runs it",
                    denied);
        } catch (NotDirectoryException file) {
            throw new NotReachable(
                    directory
                            + " is no directory, where control sockets would be; set"
                            + " JNAT_RUNTIME_DIR as the process has it",
                    file);
        }
        if (sockets.isEmpty()) {
            throw new NotReachable(
                    "no jnat process runs here: "
                            + directory
                            + " has no control socket; start one with `jnat run --config FILE`",
                    null);
        }
        if (sockets.size() > 1) {
            throw new IOException(
                    "several jnat processes run here: "
                            + sockets.stream()
                                    .map(Path::getFileName)
                                    .map(Path::toString)
                                    .map(name -> name.replaceFirst("\\.sock$", ""))
                                    .toList()
                            + "; say which with --name");
        }
        return sockets.getFirst();
    }
}
