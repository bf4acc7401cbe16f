package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.engine.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class TableMemoryTest {
    private static final int MOST_FLOWS = 16_777_216;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Log log = new Log(new PrintStream(said, true, StandardCharsets.UTF_8), true);

    @Test
    void tablesThatFitAreNotWorthALine() throws IOException {
        new TableMemory(65_536).check(256L << 20, log);
        new TableMemory(MOST_FLOWS).check(8L << 30, log);
        assertEquals("", said.toString(StandardCharsets.UTF_8));
    }

    @Test
    void tablesLargerThanTheMachineAreRefusedWithWhatWouldFit() {
        IOException refused =
                assertThrows(
                        IOException.class,
                        () -> new TableMemory(MOST_FLOWS).check(256L << 20, log));
        assertEquals(
                "engine.flows: 16777216 take 3392 MB, and this machine or control group has 256 MB"
                        + " (expected: at most 821054 flows here)",
                refused.getMessage());
    }

    /** The kernel says nothing to whom it ends. */
    @Test
    void memoryThatMayNotSufficeIsSaidBeforeTheKernelEndsTheProcess() throws IOException {
        new TableMemory(65_536).check(64L << 20, log);
        assertEquals(
                "<4>this machine or control group has 64 MB of memory, and jnat takes up to 104"
                        + " (14 of them when all of engine.flows = 65536 are there): the kernel may"
                        + " end it\n",
                said.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatTheJvmRefusesIsSaidWithTheOptionsThatGiveIt() {
        IOException told =
                new TableMemory(MOST_FLOWS).refused(new OutOfMemoryError("Java heap space"));
        assertTrue(
                told.getMessage()
                        .endsWith(
                                "(Java heap space); take fewer, or"
                                        + " JNAT_JAVA_OPTS='-Xmx1056m -XX:MaxDirectMemorySize=2464m'"),
                told.getMessage());
    }
}
