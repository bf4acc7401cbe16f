package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.KeyFiles;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class KeyCommandTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine commandLine =
            Jnat.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    /** RFC 7748, section 6.1: Alice's keys. */
    @Test
    void publicKeyIsThatOfThePublishedVector() {
        HexFormat hex = HexFormat.of();
        byte[] known =
                hex.parseHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        assertArrayEquals(
                hex.parseHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
                WireGuardKey.of(known).publicKey().toBytes());
    }

    @Test
    void generatedKeysHaveThePublicKeyThatWgComputes() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/wg")), "wireguard-tools");
        for (int round = 0; round < 20; round++) {
            out.getBuffer().setLength(0);
            Path file = folder.resolve("key" + round);
            assertEquals(ExitCode.OK, commandLine.execute("key", "gen", "--out", file.toString()));
            assertEquals(ExitCode.OK, commandLine.execute("key", "pub", file.toString()));
            assertEquals(wgPubkey(file), out.toString());
        }
    }

    private static String wgPubkey(Path file) throws IOException, InterruptedException {
        Process wg = new ProcessBuilder("wg", "pubkey").redirectInput(file.toFile()).start();
        String text = new String(wg.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertEquals(0, wg.waitFor());
        return text;
    }

    @Test
    void generatedKeyIsClampedAndPrintedOnce() {
        assertEquals(ExitCode.OK, commandLine.execute("key", "gen"));
        byte[] key = Base64.getDecoder().decode(out.toString().strip());
        assertEquals(32, key.length);
        assertEquals(0, key[0] & 7);
        assertEquals(64, key[31] & 0xC0);
    }

    @Test
    void keyFileIsForItsOwnerOnlyAndNeverOverwritten() throws Exception {
        Path file = folder.resolve("private.key");
        assertEquals(ExitCode.OK, commandLine.execute("key", "gen", "--out", file.toString()));
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        byte[] before = KeyFiles.read(file);
        assertEquals(ExitCode.FAILED, commandLine.execute("key", "gen", "--out", file.toString()));
        assertTrue(err.toString().contains("never overwritten"), err::toString);
        assertArrayEquals(before, KeyFiles.read(file));
    }

    @Test
    void aFolderThatIsNotThereIsNamedWithWhatMakesIt() {
        Path file = folder.resolve("etc/private.key");
        assertEquals(ExitCode.FAILED, commandLine.execute("key", "gen", "--out", file.toString()));
        assertEquals(
                "jnat: %s: there is no folder %s; make it with: mkdir -p %s%n"
                        .formatted(file, file.getParent(), file.getParent()),
                err.toString());
    }

    @Test
    void whatIsNotAKeyIsRefusedWithoutShowingIt() throws Exception {
        Path file = Files.writeString(folder.resolve("bad"), "secret-but-short");
        assertEquals(ExitCode.FAILED, commandLine.execute("key", "pub", file.toString()));
        assertTrue(err.toString().contains(file.toString()), err::toString);
        assertEquals(-1, err.toString().indexOf("secret-but-short"));
        assertEquals(ExitCode.FAILED, commandLine.execute("key", "pub", folder + "/none"));
        assertTrue(err.toString().contains("no such file"), err::toString);
    }
}
