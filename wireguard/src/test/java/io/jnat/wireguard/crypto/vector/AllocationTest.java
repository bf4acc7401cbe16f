package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AllocationTest {
    /** Once training has passed, nothing is allocated for any packet. */
    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void sealingAndOpeningAllocatesNothing(VectorWidth width)
            throws IOException, InterruptedException {
        VectorWidth widest = VectorSupport.width(CipherChoice.AUTO);
        assumeTrue(
                widest != null && widest.bits() >= width.bits(),
                "where the instructions are missing the JVM computes with objects");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(AllocationProbe.class.getName());
        command.add(width.name());
        Process probe = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(probe.waitFor(1, TimeUnit.SECONDS), said);
        assertEquals(0, probe.exitValue(), said);
    }
}
