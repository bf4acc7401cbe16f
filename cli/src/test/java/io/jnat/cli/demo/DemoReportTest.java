package io.jnat.cli.demo;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.demo.DemoReport.Seen;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class DemoReportTest {

    private final StringWriter text = new StringWriter();
    private boolean interrupted;

    private DemoReport report(int steps) {
        return new DemoReport(new PrintWriter(text), steps, () -> interrupted);
    }

    @Test
    void allStepsOkIsSuccess() throws IOException {
        DemoReport report = report(1);
        assertTrue(report.step("tunnel", "it comes up", () -> new Seen(true, "it came up")));
        assertTrue(report.finish(1_500));
        assertTrue(text.toString().contains("1 of 1 steps ok, 0 failed, 0 not done; 1.5 s"));
    }

    @Test
    void stepThatWasNotDoneIsFailure() throws IOException {
        DemoReport report = report(2);
        report.step("tunnel", "it comes up", () -> new Seen(true, "it came up"));
        assertFalse(report.finish(0));
    }

    @Test
    void exceptionIsWhatWasSeen() throws IOException {
        DemoReport report = report(1);
        assertFalse(
                report.step(
                        "tunnel",
                        "it comes up",
                        () -> {
                            throw new IOException("no route\nto host");
                        }));
        assertFalse(report.finish(0));
        assertTrue(text.toString().contains("seen:     no route\n"), text::toString);
        assertTrue(text.toString().contains("tunnel  FAILED  no route"), text::toString);
    }

    @Test
    void interruptedStepIsNotReported() {
        interrupted = true;
        DemoReport report = report(1);
        assertThrows(
                InterruptedIOException.class,
                () -> report.step("tunnel", "it comes up", () -> new Seen(false, "it went away")));
        assertFalse(text.toString().contains("FAILED"), text::toString);
    }
}
