package io.jnat.cli.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jnat.tun.linux.Linux;
import java.net.NetworkInterface;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rehearsal sends real packets, and nothing of it is seen outside. */
@Tag("alone")
class RehearsalIT {
    @BeforeEach
    void needsNamespaces() {
        assumeTrue(Linux.isRoot(), "needs root for a network namespace");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void packetsCrossBothWaysInANetworkOfItsOwn(boolean nat) throws Exception {
        long interfacesBefore = NetworkInterface.networkInterfaces().count();
        FutureTask<Rehearsal.Result> task = new FutureTask<>(() -> Rehearsal.runHere(nat));
        Thread.ofPlatform().start(task);
        Rehearsal.Result crossed = task.get(60, TimeUnit.SECONDS);
        assertTrue(crossed.packets() > 1_000, crossed::toString);
        assertTrue(crossed.transferredBytes() > 1_000_000, crossed::toString);
        assertEquals(interfacesBefore, NetworkInterface.networkInterfaces().count());
    }
}
