package io.jnat.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LabLeftoversTest {

    @TempDir private Path sockets;

    @Test
    void socketsOfEndsAreRemovedWhenNobodyAnswersAndTheirLaboratoryIsGone() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        assertEquals(0, gone.waitFor());
        Path left = deadSocket("wgr" + gone.pid() + ".sock");
        Path ofJnat = deadSocket("jnat.sock");
        Path beingMade = deadSocket("wgs" + ProcessHandle.current().pid() + ".sock");
        Path ofOthers = deadSocket("wg0.sock");
        LabLeftovers.removeDeadSockets(sockets);
        assertFalse(Files.exists(left));
        assertFalse(Files.exists(ofJnat));
        assertTrue(Files.exists(beingMade));
        assertTrue(Files.exists(ofOthers));
        try (ServerSocketChannel answers = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            answers.bind(UnixDomainSocketAddress.of(ofJnat));
            LabLeftovers.removeDeadSockets(sockets);
            assertTrue(Files.exists(ofJnat), "a real instance's");
        }
    }

    private Path deadSocket(String name) throws IOException {
        Path socket = sockets.resolve(name);
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(socket));
        dead.close();
        return socket;
    }

    @Test
    void foldersOfProcessesThatAreGoneAreRemovedAndThoseOfOthersAreNot() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        assertEquals(0, gone.waitFor());
        Path left = Files.createTempDirectory("jnat-lab-" + gone.pid() + "-");
        Path live = Files.createTempDirectory("jnat-lab-" + ProcessHandle.current().pid() + "-");
        Path other = Files.createTempDirectory("jnat-laboratory-");
        try {
            Files.writeString(left.resolve("relay.key"), "a key");
            LabLeftovers.removeFolders();
            assertFalse(Files.exists(left));
            assertTrue(Files.exists(live));
            assertTrue(Files.exists(other));
        } finally {
            Files.delete(live);
            Files.delete(other);
        }
    }
}
