package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

final class StandstillsTest {
    private static final long MILLI = 1_000_000;

    private final Standstills standstills = new Standstills(true, 0);

    @Test
    void coresThatStandStillTogetherCountOnce() {
        standstills.notice(10 * MILLI, 14 * MILLI);
        standstills.notice(11 * MILLI, 14 * MILLI + 1);
        assertEquals(new Standstills.Noticed(1, 4 * MILLI), standstills.noticed());
        standstills.notice(20 * MILLI, 22 * MILLI);
        assertEquals(new Standstills.Noticed(2, 4 * MILLI), standstills.noticed());
    }

    @Test
    void whatBeganBeforeItsEndIsTouched() {
        standstills.notice(10 * MILLI, 14 * MILLI);
        assertTrue(standstills.touched(9 * MILLI));
        assertTrue(standstills.touched(14 * MILLI));
        assertFalse(standstills.touched(14 * MILLI + 1));
    }

    @Test
    void ofTwoRunsTheNumberIsBothsAndTheLongestTheLonger() {
        Standstills.Noticed one = new Standstills.Noticed(2, 5);
        assertEquals(new Standstills.Noticed(5, 7), one.plus(new Standstills.Noticed(3, 7)));
    }

    @Test
    void aCoreThatRunsNothingElseIsNoticed() throws Exception {
        try (Standstills watching = Standstills.watch()) {
            assertNoticed(watching, Linux.coresOfThisThread().getFirst());
        }
    }

    /** As in a container, whose cores need not begin with 0. */
    @Test
    void theCoresAreThoseThatTheCallerMayRunOn() throws Exception {
        int last = Linux.coresOfThisThread().getLast();
        FutureTask<Standstills> caller =
                new FutureTask<>(() -> {
                    Linux.pinThisThread(last);
                    return Standstills.watch();
                });
        Thread.ofPlatform().start(caller);
        try (Standstills watching = caller.get()) {
            assertNoticed(watching, last);
        }
    }

    /** A loop of a higher priority keeps a core for 100 ms, as a host does. */
    private static void assertNoticed(Standstills watching, int core)
            throws IOException, InterruptedException {
        assumeTrue(watching.noticed() != null, "needs the right to SCHED_FIFO");
        long before = System.nanoTime();
        Process loop =
                new ProcessBuilder(
                                "timeout",
                                "0.1",
                                "chrt",
                                "--fifo",
                                "50",
                                "taskset",
                                "--cpu-list",
                                Integer.toString(core),
                                "sh",
                                "-c",
                                "while :; do :; done")
                        .inheritIO()
                        .start();
        assertEquals(124, loop.waitFor(), "ended by timeout");
        assertTrue(watching.touched(before));
        Standstills.Noticed noticed = watching.noticed();
        assertNotNull(noticed);
        assertTrue(noticed.count() >= 1 && noticed.longestNanos() > 20 * MILLI, noticed::toString);
    }
}
