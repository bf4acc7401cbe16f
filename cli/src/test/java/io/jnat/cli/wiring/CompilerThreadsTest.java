package io.jnat.cli.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CompilerThreadsTest {
    @Test
    void allOfThemGetTheNiceValueAndNoOtherThread() throws IOException {
        int usual = Linux.niceOfThisThread();
        List<Integer> compilers = CompilerThreads.numbers();
        assertFalse(compilers.isEmpty());
        try {
            CompilerThreads.setNice(usual + 1);
            for (int number : compilers) {
                assertEquals(usual + 1, niceOf(number));
            }
            assertEquals(usual, Linux.niceOfThisThread());
        } finally {
            CompilerThreads.setNice(usual);
        }
    }

    /** proc(5): field 19 of stat, where the name of field 2 stands in brackets. */
    private static int niceOf(int thread) throws IOException {
        String stat = Files.readString(Path.of("/proc/self/task/" + thread + "/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }
}
