package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class ConfigCommandTest {
    private static final Path EXAMPLES = Path.of("src/test/resources/config");

    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine commandLine =
            Jnat.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @BeforeEach
    void relayExample() throws Exception {
        for (String name : new String[] {"relay.toml", "relay.key"}) {
            Path copy = Files.copy(EXAMPLES.resolve(name), folder.resolve(name));
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void aRightFileIsOneLine() {
        assertEquals(ExitCode.OK, check("relay.toml"));
        assertEquals(
                folder.resolve("relay.toml")
                        + ": ok: relay on eth0, 1 site, 2 devices, 3 forwards\n",
                out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void aWrongFileIsAllItsErrorsOnStderrAndThree() throws Exception {
        Files.copy(EXAMPLES.resolve("wrong/everything-at-once.toml"), folder.resolve("wrong.toml"));
        assertEquals(ExitCode.CONFIG_INVALID, check("wrong.toml"));
        assertEquals("", out.toString());
        assertEquals(6, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains("wrong.toml:27:1: forward.to: \"flx\""), err::toString);
        assertTrue(err.toString().endsWith("5 errors, nothing was changed\n"), err::toString);
    }

    @Test
    void aMissingFileIsThreeToo() {
        assertEquals(ExitCode.CONFIG_INVALID, check("none.toml"));
        assertTrue(err.toString().contains("none.toml: no such file"), err::toString);
    }

    @Test
    void everythingIsShownWithItsDefaults() {
        String file = folder.resolve("relay.toml").toString();
        assertEquals(
                ExitCode.OK,
                commandLine.execute("config", "show", "--effective", "--config", file));
        assertTrue(out.toString().contains("flows = 65536"), out::toString);
        assertTrue(out.toString().startsWith("# " + file + "\nrole = \"relay\"\n"), out::toString);
    }

    @Test
    void anEndpointThatNoDeviceUnderstandsIsNotExported() {
        for (String endpoint :
                new String[] {"relay.example.org", "relay.example.org:99999", "::1:5"}) {
            assertEquals(ExitCode.USAGE, export("--endpoint", endpoint), endpoint);
            assertEquals("", out.toString());
            assertTrue(
                    err.toString().startsWith("--endpoint: " + endpoint + " (expected "),
                    err::toString);
            err.getBuffer().setLength(0);
        }
    }

    /** As behind a provider's translation: a site would call an address that is not the relay's. */
    @Test
    void aPrivateAddressIsNoEndpointOfAnExportedSite() throws Exception {
        Path relay = folder.resolve("relay.toml");
        Files.writeString(
                relay, Files.readString(relay).replace("public = \"eth0\"", "public = \"lo\""));
        assertFails(
                "lo has no public IPv4 address here; say where the relay is reached: --endpoint"
                        + " relay.example.org:51820",
                export());
    }

    @Test
    void aFileThatCannotBeReadOrWrittenIsNamedWithTheReason() {
        String endpoint = "relay.example.org:51820";
        String none = folder + "/none/file";
        assertFails(
                none + ": no such file or directory",
                export("--endpoint", endpoint, "--out", none));
        assertFails(
                none + ": no such file or directory",
                export("--endpoint", endpoint, "--with-keys", "--private-key-file", none));
        assertFails(
                folder + ": is a directory (expected a file)",
                export(
                        "--endpoint",
                        endpoint,
                        "--with-keys",
                        "--private-key-file",
                        folder.toString()));
        assertFails(
                folder + ": is a directory (expected a file)",
                commandLine.execute("config", "import", folder.toString()));
    }

    @Test
    void whatNeverEndsOrNeverBeginsIsNoFile() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        String reason = fifo + ": is a FIFO, a socket or a device (expected a file)";
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> {
                    assertFails(reason, commandLine.execute("config", "import", fifo.toString()));
                    assertFails(reason, commandLine.execute("key", "pub", fifo.toString()));
                    assertEquals(ExitCode.CONFIG_INVALID, check("fifo"));
                });
        assertTrue(err.toString().startsWith(reason + "\n"), err::toString);
    }

    @Test
    void whatWasImportedButIsWrongIsSaidToBeWritten() throws Exception {
        Path file = wgQuick("Endpoint = vpn.example.org");
        Path made = folder.resolve("made.toml");
        assertEquals(
                ExitCode.CONFIG_INVALID,
                commandLine.execute("config", "import", file.toString(), "--out", made.toString()));
        assertTrue(err.toString().contains("made.toml:11:1: relay.endpoint: "), err::toString);
        assertTrue(
                err.toString()
                        .endsWith(
                                made
                                        + " is written, and private.key beside it; mend it there,"
                                        + " then: jnat config check --config "
                                        + made
                                        + "\n"),
                err::toString);
    }

    @Test
    void ofAnImportThatCannotBeWrittenNothingStays() throws Exception {
        Path file = wgQuick("Endpoint = vpn.example.org:51820");
        String tooLong = folder.resolve("x".repeat(300)).toString();
        assertEquals(
                ExitCode.FAILED,
                commandLine.execute("config", "import", file.toString(), "--out", tooLong));
        assertTrue(err.toString().endsWith("File name too long\n"), err::toString);
        assertFalse(Files.exists(folder.resolve("private.key")));
    }

    private Path wgQuick(String endpoint) throws Exception {
        String key = Files.readString(folder.resolve("relay.key"));
        return Files.writeString(
                folder.resolve("wg0.conf"),
                """
                [Interface]
                PrivateKey = %s
                Address = 10.7.0.2/24
                [Peer]
                PublicKey = K6Bo2HmQD4b1UGVKJxkMIq2RnKUbVwXmJHX2YsuDVlI=
                %s
                """
                        .formatted(key.strip(), endpoint));
    }

    private void assertFails(String reason, int exit) {
        assertEquals(ExitCode.FAILED, exit);
        assertEquals("jnat: " + reason + "\n", err.toString());
        err.getBuffer().setLength(0);
    }

    private int export(String... options) {
        List<String> words = new ArrayList<>(List.of("site", "export", "wa7vc"));
        words.addAll(List.of("--config", folder.resolve("relay.toml").toString()));
        words.addAll(List.of(options));
        return commandLine.execute(words.toArray(String[]::new));
    }

    @Test
    void helpHasAnExample() {
        assertEquals(ExitCode.OK, commandLine.execute("config", "check", "--help"));
        assertTrue(out.toString().contains("jnat config check --config"), out::toString);
    }

    private int check(String name) {
        return commandLine.execute("config", "check", "--config", folder.resolve(name).toString());
    }
}
