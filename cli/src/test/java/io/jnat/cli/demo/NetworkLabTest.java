package io.jnat.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class NetworkLabTest {

    @Test
    void foldersOfProcessesThatAreGoneAreRemovedAndThoseOfOthersAreNot() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        assertEquals(0, gone.waitFor());
        Path left = Files.createTempDirectory("jnat-lab-" + gone.pid() + "-");
        Path live = Files.createTempDirectory("jnat-lab-" + ProcessHandle.current().pid() + "-");
        Path other = Files.createTempDirectory("jnat-laboratory-");
        try {
            Files.writeString(left.resolve("relay.key"), "a key");
            NetworkLab.removeLeftFolders();
            assertFalse(Files.exists(left));
            assertTrue(Files.exists(live));
            assertTrue(Files.exists(other));
        } finally {
            Files.delete(live);
            Files.delete(other);
        }
    }
}
