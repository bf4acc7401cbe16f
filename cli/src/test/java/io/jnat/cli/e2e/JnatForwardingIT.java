package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.NetworkLab;
import io.jnat.cli.lab.ProcessStat;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** jnat at both ends. */
@Tag("alone")
final class JnatForwardingIT extends ForwardingContract {

    private static final int IDLE_SECONDS = 5;
    private static final int IDLE_TRIES = 12;

    @Override
    boolean choosesCipher() {
        return true;
    }

    @Test
    void statusOfBothEndsNamesThePeerAndWhereItIs() throws IOException {
        Shell.Result relayStatus = ((JnatProcess) relay).command("status", "--json");
        assertEquals(0, relayStatus.exitCode(), relayStatus::output);
        assertTrue(
                relayStatus.output().contains(files.routerKey().publicText()), relayStatus::output);
        assertTrue(relayStatus.output().contains(NetworkLab.CGN), relayStatus::output);
        Shell.Result routerStatus = ((JnatProcess) router).command("status", "--json");
        assertEquals(0, routerStatus.exitCode(), routerStatus::output);
        assertTrue(
                routerStatus.output().contains(files.relayKey().publicText()),
                routerStatus::output);
    }

    @Test
    void idleProcessesUseUnderOnePercentOfACore() throws IOException, InterruptedException {
        long relayTicks = Long.MAX_VALUE;
        long routerTicks = Long.MAX_VALUE;
        // At first the compiler still works off what the tests before have made hot.
        for (int i = 0; i < IDLE_TRIES && Math.max(relayTicks, routerTicks) > IDLE_SECONDS; i++) {
            long relayBefore = cpuTicks(relay);
            long routerBefore = cpuTicks(router);
            // A time is measured here: nothing happens that could be awaited.
            TimeUnit.SECONDS.sleep(IDLE_SECONDS);
            relayTicks = cpuTicks(relay) - relayBefore;
            routerTicks = cpuTicks(router) - routerBefore;
        }
        assertTrue(relayTicks <= IDLE_SECONDS, "relay: " + relayTicks + " ticks of 10 ms");
        assertTrue(routerTicks <= IDLE_SECONDS, "router: " + routerTicks + " ticks of 10 ms");
    }

    /** User and system time, in ticks of 10 ms. */
    private static long cpuTicks(TunnelEnd end) throws IOException {
        return ProcessStat.UTIME.of(end.pid()) + ProcessStat.STIME.of(end.pid());
    }
}
