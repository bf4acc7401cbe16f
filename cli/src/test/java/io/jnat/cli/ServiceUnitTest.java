package io.jnat.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The units in the documentation are such as systemd takes. */
final class ServiceUnitTest {
    private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");
    private static final Pattern UNIT = Pattern.compile("```ini\n(.*?)```", Pattern.DOTALL);

    @TempDir private Path folder;

    @Test
    void systemdHasNothingToSayAboutTheUnits() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(ANALYZE));
        List<String> units =
                UNIT.matcher(Files.readString(Path.of("../docs/configuration.md")))
                        .results()
                        .map(unit -> unit.group(1))
                        .toList();
        assertEquals(2, units.size());
        String service = units.getFirst();
        Matcher common =
                Pattern.compile("RuntimeDirectoryMode.*?\n\n", Pattern.DOTALL).matcher(service);
        assertEquals(true, common.find());
        verify("jnat.service", service);
        verify("jnat-wg@.service", units.getLast() + common.group());
    }

    private void verify(String name, String text) throws IOException, InterruptedException {
        Path unit = folder.resolve(name);
        String jnat = Path.of("../jnat").toRealPath().toString();
        Files.writeString(unit, text.replace("/usr/local/bin/jnat", jnat));
        Process analyze =
                new ProcessBuilder(ANALYZE.toString(), "verify", "--man=no", unit.toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(analyze.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // What it has to say about the units of the host is not for us.
        List<String> ours = said.lines().filter(line -> line.contains("jnat")).toList();
        assertEquals(List.of(), ours);
        assertEquals(0, analyze.waitFor());
    }
}
