package io.jnat.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ProgressTest {
    private final StringWriter err = new StringWriter();

    @Test
    void aLineThatIsTooLongForTheTerminalIsCutOff() {
        Progress progress = new Progress(new PrintWriter(err), true);
        progress.tell("a long line");
        progress.clear();
        assertEquals("\r\033[K\033[?7la long line\033[?7h\r\033[K", err.toString());
    }

    @Test
    void withoutATerminalEachThingIsSaidOnce() {
        Progress progress = new Progress(new PrintWriter(err), false);
        progress.tell("once");
        progress.tell("once");
        progress.clear();
        assertEquals("once" + System.lineSeparator(), err.toString());
    }
}
