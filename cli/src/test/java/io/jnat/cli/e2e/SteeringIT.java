package io.jnat.cli.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.cli.lab.Await;
import io.jnat.cli.lab.JnatProcess;
import io.jnat.cli.lab.Shell;
import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What jnat does to its host is put back exactly, whichever way it ends. */
final class SteeringIT extends RunningLab {

    private String vpsBefore;
    private String siteBefore;

    @Override
    void beforeStart() throws IOException {
        vpsBefore = HostState.of(lab.namespace("vps"));
        siteBefore = HostState.of(lab.namespace("site"));
    }

    @Test
    void cleanStopPutsEverythingBack() throws IOException {
        runsAndHasSteered();
        relay.stop();
        router.stop();
        assertEquals(vpsBefore, HostState.of(lab.namespace("vps")));
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    @Test
    void serviceCleanupPutsEverythingBackAfterKill() throws IOException {
        runsAndHasSteered();
        relay.kill();
        router.kill();
        cleanUp(relay);
        cleanUp(router);
        assertEquals(vpsBefore, HostState.of(lab.namespace("vps")));
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    @Test
    void restartAfterKillAndThenACleanStopPutsEverythingBack() throws IOException {
        runsAndHasSteered();
        relay.kill();
        router.kill();
        runsAndHasSteered();
        relay.stop();
        router.stop();
        assertEquals(vpsBefore, HostState.of(lab.namespace("vps")));
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    @Test
    void stopDuringTheStartPutsEverythingBack() throws IOException {
        relay.stop();
        router.stop();
        Path journal = files.router().resolveSibling("router-state").resolve("jnat.steering");
        router.start();
        Await.until(START_LIMIT, "the first change", () -> Files.exists(journal));
        router.stop();
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    @Test
    void aStopAmongReloadsPutsEverythingBack() throws IOException {
        runsAndHasSteered();
        for (TunnelEnd end : List.of(relay, router)) {
            String pid = "" + ((JnatProcess) end).pid();
            for (String signal : List.of("-HUP", "-TERM", "-HUP", "-INT", "-HUP", "-HUP")) {
                Shell.attempt(List.of("kill", signal, pid), "");
            }
            end.stop();
        }
        assertEquals(vpsBefore, HostState.of(lab.namespace("vps")));
        assertEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    private void runsAndHasSteered() throws IOException {
        if (!relay.alive()) {
            relay.start();
        }
        if (!router.alive()) {
            router.start();
        }
        assertTrue(forwardWorksWithin(START_LIMIT), "no packet crosses");
        assertNotEquals(vpsBefore, HostState.of(lab.namespace("vps")));
        assertNotEquals(siteBefore, HostState.of(lab.namespace("site")));
    }

    private static void cleanUp(TunnelEnd end) throws IOException {
        Shell.Result result = ((JnatProcess) end).command("service", "cleanup");
        assertEquals(0, result.exitCode(), result::output);
    }
}
