package io.jnat.cli.wg;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jnat.cli.engine.Log;
import org.junit.jupiter.api.Test;

final class WgCommandTest {
    /** LOG_LEVEL as wireguard-go has it. */
    @Test
    void whoWantsErrorsGetsNoInformation() {
        assertEquals(Log.Level.WARNING, WgCommand.leastLevel("error"));
        assertEquals(Log.Level.ERROR, WgCommand.leastLevel("silent"));
        assertEquals(Log.Level.INFO, WgCommand.leastLevel("verbose"));
        assertEquals(Log.Level.INFO, WgCommand.leastLevel(null));
    }
}
