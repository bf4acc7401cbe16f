package io.jnat.cli.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.config.toml.ConfigReader;
import io.jnat.cli.config.toml.Examples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("N54")
final class ConfigDiffTest {
    @TempDir private Path folder;

    @BeforeEach
    void examples() throws IOException {
        Examples.copyTo(folder);
    }

    /** What changes when a text in the example is replaced. */
    private ConfigDiff change(String name, String from, String to) throws Exception {
        Path file = folder.resolve(name);
        JnatConfig before = ConfigReader.load(file).config();
        String text = Files.readString(file);
        assertTrue(text.contains(from), from);
        Files.writeString(file, text.replace(from, to));
        return ConfigDiff.between(before, ConfigReader.load(file).config());
    }

    @Test
    void theSameFileIsNoChange() throws Exception {
        assertTrue(change("relay.toml", "role", "role").changes().isEmpty());
    }

    @Test
    void aNewForwardAndAnotherTimeoutAreTakenOver() throws Exception {
        ConfigDiff diff =
                change(
                        "relay.toml",
                        "[device]",
                        """
                        [timeout]
                        udp = "7m"

                        [[forward]]
                        name = "added"
                        listen = "udp/40001"
                        to = "dmr"

                        [device]\
                        """);
        assertEquals(List.of(), diff.needRestart());
        assertTrue(
                diff.changes()
                        .contains(
                                "+ forward \"added\": listen = [\"udp/40001\"], to = \"dmr\", from ="
                                        + " [\"0.0.0.0/0\", \"::/0\"], filtering ="
                                        + " \"endpoint-independent\", masquerade = false,"
                                        + " inbound-refresh = true"),
                diff::toString);
        assertTrue(diff.changes().contains("~ timeout.udp: \"5m\" -> \"7m\""), diff::toString);
    }

    @Test
    void otherExternalPortsAreTakenOver() throws Exception {
        ConfigDiff diff =
                change("relay.toml", "[device]", "[engine]\nports = \"20000-29999\"\n[device]");
        assertEquals(List.of("~ engine.ports: \"1024-60999\" -> \"20000-29999\""), diff.changes());
        assertEquals(List.of(), diff.needRestart());
    }

    @Test
    void whatIsFixedAtTheStartNeedsARestart() throws Exception {
        ConfigDiff diff = change("relay.toml", "public = \"eth0\"", "public = \"ens3\"");
        assertEquals(List.of("~ public: \"eth0\" -> \"ens3\""), diff.changes());
        assertEquals(diff.changes(), diff.needRestart());
    }

    @Test
    void anotherRoleNeedsARestart() throws Exception {
        JnatConfig relay = ConfigReader.load(folder.resolve("relay.toml")).config();
        JnatConfig router = ConfigReader.load(folder.resolve("router.toml")).config();
        assertTrue(
                ConfigDiff.between(relay, router)
                        .needRestart()
                        .contains("~ role: \"relay\" -> \"router\""));
    }

    @Test
    void whatARuleChoosesIsTakenOver() throws Exception {
        ConfigDiff forward =
                change(
                        "relay.toml",
                        "listen = \"udp/55193\"",
                        "listen = \"udp/55193\"\nmasquerade = true\ntimeout = { udp = \"9m\" }");
        assertEquals(List.of(), forward.needRestart());
        assertEquals(1, forward.changes().size(), forward::toString);
        String change = forward.changes().getFirst();
        assertTrue(change.startsWith("~ forward \"dmr\": "), change);
        assertTrue(change.contains("-> "), change);
        assertTrue(change.contains("masquerade = true"), change);
        assertTrue(change.endsWith("timeout = { udp = \"9m\" }"), change);
        ConfigDiff router =
                change(
                        "router.toml",
                        "[capture]",
                        "[translation]\nmapping = \"address-dependent\"\n"
                                + "[capture]\ntimeout.udp = \"9m\"");
        assertEquals(List.of(), router.needRestart());
        assertEquals(
                List.of(
                        "~ translation.mapping: \"endpoint-independent\" -> \"address-dependent\"",
                        "+ capture.timeout: { udp = \"9m\" }"),
                router.changes());
    }

    @Test
    void rulesOfOneNameAreComparedOneByOne() throws Exception {
        Path file = folder.resolve("router.toml");
        String more = "\n[[allow]]\nto = \"flex\"\nports = \"udp/1\"\n";
        Files.writeString(file, Files.readString(file) + more + more.replace("udp/1", "udp/2"));
        ConfigDiff diff = change("router.toml", "ports = \"udp/1\"", "ports = \"udp/3\"");
        assertEquals(1, diff.changes().size(), diff::toString);
    }

    @Test
    void theOrderOfRulesIsAChange() throws Exception {
        Path file = folder.resolve("relay.toml");
        String head = Files.readString(file);
        String first = "\n[[forward]]\nname = \"first\"\nlisten = \"udp/41001\"\nto = \"dmr\"\n";
        String second = "\n[[forward]]\nname = \"second\"\nlisten = \"udp/41002\"\nto = \"dmr\"\n";
        Files.writeString(file, head + first + second);
        JnatConfig before = ConfigReader.load(file).config();
        Files.writeString(file, head + second + first);
        ConfigDiff diff = ConfigDiff.between(before, ConfigReader.load(file).config());
        assertEquals(1, diff.changes().size(), diff::toString);
        assertTrue(diff.changes().getFirst().startsWith("~ order of forward: "), diff::toString);
        assertEquals(List.of(), diff.needRestart());
    }
}
