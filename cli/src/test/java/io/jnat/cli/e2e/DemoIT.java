package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code jnat demo} as a user types it. */
@Tag("alone")
final class DemoIT extends LaboratoryCommand {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void demoSucceedsInUnderAMinuteAndLeavesNothingBehind() throws Exception {
        Path output = directory.resolve("output");
        Process demo = demo(output);
        assertTrue(demo.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "not done in a minute");
        assertEquals(0, demo.exitValue(), () -> read(output));
        assertNothingIsLeftOf(demo.pid());
    }

    @Test
    void interruptedDemoLeavesNothingBehind() throws Exception {
        Path output = directory.resolve("output");
        Process demo = demo(output);
        Await.until(LIMIT, "the demo's third step", () -> read(output).contains("[ 3/"));
        Shell.run("kill", "-INT", Long.toString(demo.pid()));
        assertTrue(demo.waitFor(10, TimeUnit.SECONDS), "not ended by Ctrl-C");
        assertNothingIsLeftOf(demo.pid());
    }

    @Test
    void demoSucceedsOnAHostThatHasIpv6SwitchedOff() throws Exception {
        Path output = directory.resolve("output");
        ProcessBuilder builder = launcher("demo");
        String off = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; exec \"$0\" demo";
        builder.command("unshare", "-n", "sh", "-c", off, builder.command().getFirst());
        Process demo = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertTrue(demo.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "not done in a minute");
        assertEquals(0, demo.exitValue(), () -> read(output));
        assertTrue(read(output).contains("IPv6 is switched off here"), () -> read(output));
    }

    private static Process demo(Path output) throws IOException {
        return launcher("demo").redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }
}
