package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong(-5);
    private final Log log =
            new Log(
                    new PrintStream(bytes, true, StandardCharsets.UTF_8),
                    true,
                    nanos::get,
                    Log.Level.INFO);

    private List<String> lines() {
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        bytes.reset();
        return lines;
    }

    @Test
    void aFloodOfWarningsDoesNotHideADefect() {
        for (int at = 0; at < 1000; at++) {
            log.limited(Log.Level.WARNING, "flood " + at);
        }
        assertEquals(10, lines().size());
        log.limited(Log.Level.ERROR, "defect");
        assertEquals(List.of("<3>defect"), lines());
        nanos.addAndGet(TimeUnit.MINUTES.toNanos(1));
        log.limited(Log.Level.WARNING, "again");
        assertEquals(
                List.of("<4>990 lines like the ones before were left out", "<4>again"), lines());
    }

    @Test
    void whatIsLessSevereThanWantedIsNotWritten() {
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Log errors = new Log(out, true, nanos::get, Log.Level.WARNING);
        errors.info("started");
        errors.limited(Log.Level.INFO, "went on");
        errors.warning("odd");
        errors.error("failed");
        assertEquals(List.of("<4>odd", "<3>failed"), lines());
    }

    @Test
    void aMessageStaysOneLine() {
        log.info("two\nlines");
        assertTrue(lines().equals(List.of("<6>two lines")));
    }
}
