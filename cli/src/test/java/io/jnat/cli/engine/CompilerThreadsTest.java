package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.jnat.cli.lab.ProcessStat;
import io.jnat.tun.linux.Linux;
import java.io.IOException;
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
                assertEquals(usual + 1, ProcessStat.NICE.of(number));
            }
            assertEquals(usual, Linux.niceOfThisThread());
        } finally {
            CompilerThreads.setNice(usual);
        }
    }
}
