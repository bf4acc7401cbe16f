package io.jnat.cli.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ControlSocketTest {
    @TempDir private Path folder;

    private ControlServer server(Path socket) throws IOException {
        return new ControlServer(
                socket,
                Map.of(
                        "echo", request -> Map.of("said", request.get("word")),
                        "fail",
                                request -> {
                                    throw new IllegalStateException("as the test asked");
                                }));
    }

    @Test
    void answersWhatItIsAsked() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ControlServer _ = server(socket)) {
            assertEquals(
                    Map.of("said", "hello"),
                    ControlClient.ask(socket, Map.of("op", "echo", "word", "hello")));
        }
        assertFalse(Files.exists(socket));
    }

    @Test
    void onlyItsOwnerMayAsk() throws Exception {
        Path socket = folder.resolve("deeper").resolve("a.sock");
        try (ControlServer _ = server(socket)) {
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        }
    }

    @Test
    void refusalCarriesTheReasonAndTheServerGoesOn() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ControlServer _ = server(socket)) {
            IOException failed =
                    assertThrows(
                            IOException.class,
                            () -> ControlClient.ask(socket, Map.of("op", "fail")));
            assertEquals("as the test asked", failed.getMessage());
            IOException unknown =
                    assertThrows(
                            IOException.class, () -> ControlClient.ask(socket, Map.of("op", "x")));
            assertEquals("unknown operation x", unknown.getMessage());
            assertEquals(
                    Map.of("said", "still here"),
                    ControlClient.ask(socket, Map.of("op", "echo", "word", "still here")));
        }
    }

    @Test
    void garbageAndEndlessLinesDoNoHarm() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ControlServer _ = server(socket)) {
            for (String text : List.of("\n", "{\n", "[1,2]\n", "null\n", "x".repeat(100_000))) {
                try (SocketChannel client =
                        SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                    try {
                        while (bytes.hasRemaining()) {
                            client.write(bytes);
                        }
                        client.read(ByteBuffer.allocate(4096));
                    } catch (IOException hungUpOnUs) {
                        assertTrue(text.length() > 64 * 1024, "hung up on " + text);
                    }
                }
            }
            assertEquals(
                    Map.of("said", "alive"),
                    ControlClient.ask(socket, Map.of("op", "echo", "word", "alive")));
        }
    }

    @Test
    void processThatIsStoppedIsNotWaitedForForever() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ServerSocketChannel stopped = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stopped.bind(UnixDomainSocketAddress.of(socket));
            ControlClient.NotReachable late =
                    assertThrows(
                            ControlClient.NotReachable.class,
                            () ->
                                    ControlClient.ask(
                                            socket, Map.of("op", "status"), Duration.ofSeconds(1)));
            assertEquals(
                    "the jnat process at "
                            + socket
                            + " has not answered for 1 s: it is stopped (SIGSTOP, a debugger), or"
                            + " stuck; its log may say more. What was asked of it may still be done"
                            + " when it goes on",
                    late.getMessage());
        }
    }

    @Test
    void socketThatNobodyAnswersIsReplaced() throws Exception {
        Path socket = folder.resolve("a.sock");
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(socket));
        dead.close();
        assertTrue(Files.exists(socket));
        try (ControlServer _ = server(socket)) {
            assertEquals(
                    Map.of("said", "new"),
                    ControlClient.ask(socket, Map.of("op", "echo", "word", "new")));
        }
    }

    @Test
    void socketOfARunningProcessIsLeftAlone() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ControlServer _ = server(socket)) {
            IOException refused = assertThrows(IOException.class, () -> server(socket));
            assertTrue(
                    refused.getMessage().contains("is answered by a running jnat"),
                    refused.getMessage());
            assertEquals(
                    Map.of("said", "mine"),
                    ControlClient.ask(socket, Map.of("op", "echo", "word", "mine")));
        }
    }

    @Test
    void whereNoSocketCanBeMadeIsSaidWithWhatToDo() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        for (Path socket :
                List.of(
                        file.resolve("a.sock"),
                        file.resolve("deeper/a.sock"),
                        Path.of("/proc/none/a.sock"),
                        folder.resolve("x".repeat(120)).resolve("a.sock"))) {
            String said = assertThrows(IOException.class, () -> server(socket)).getMessage();
            assertTrue(said.length() > socket.toString().length(), said);
            assertTrue(said.endsWith(": JNAT_RUNTIME_DIR"), said);
        }
    }

    @Test
    void whereNoSocketsCanBeIsSaid() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        ControlClient.NotReachable wrong =
                assertThrows(
                        ControlClient.NotReachable.class,
                        () -> ControlClient.askOnlyOneIn(file, Map.of("op", "echo")));
        assertTrue(wrong.getMessage().contains("set JNAT_RUNTIME_DIR"), wrong.getMessage());
    }

    @Test
    void nobodyThereIsSaidWithWhatToDo() {
        ControlClient.NotReachable nobody =
                assertThrows(
                        ControlClient.NotReachable.class,
                        () -> ControlClient.ask(folder.resolve("none.sock"), Map.of("op", "echo")));
        assertTrue(nobody.getMessage().contains("start one with `jnat run`"), nobody.getMessage());
    }
}
