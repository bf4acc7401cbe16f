package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The launcher, where its surroundings are not those of a terminal. */
final class LauncherIT extends LaboratoryCommand {

    @Test
    void startsWithoutHomeAsASystemServiceDoes() throws Exception {
        ProcessBuilder version = launcher("version").redirectErrorStream(true);
        version.environment().remove("HOME");
        version.environment().remove("JAVA_HOME");
        Process process = version.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.startsWith("jnat "), said);
    }

    @Test
    void outputThatCannotBeWrittenIsAFailure() throws Exception {
        ProcessBuilder key = launcher("key", "gen").redirectOutput(new File("/dev/full"));
        Process process = key.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("could not be written"), said);
    }
}
