package io.jnat.cli.wiring;

import io.jnat.cli.engine.Log;
import io.jnat.core.time.Clock;
import java.io.IOException;

/**
 * What becomes of writing that fails: it is said once, tried again every 10 s in silence, so that a
 * full disk does not fill the log, and said again when it works.
 *
 * <p>Owner: the thread that writes; {@link #now} any thread.
 */
final class DiskTrouble {
    private static final long RETRY_SECONDS = 10;

    private final Log log;
    private final Clock clock;
    private final String what;
    private final String consequence;
    private long retryNanos;
    private volatile String trouble = "";

    /**
     * Nothing has failed yet.
     *
     * @param what is written down where, in the plural: {@code FILE: flows}
     * @param consequence of its not being written down
     */
    DiskTrouble(Log log, Clock clock, String what, String consequence) {
        this.log = log;
        this.clock = clock;
        this.what = what;
        this.consequence = consequence;
    }

    /** Whether it has failed, and is not to be tried again yet. */
    boolean isResting() {
        return !trouble.isEmpty() && clock.nowNanos() - retryNanos < 0;
    }

    /** From now on it may be tried again. */
    void endRest() {
        retryNanos = clock.nowNanos();
    }

    /** It has worked. */
    void onWritten() {
        if (!trouble.isEmpty()) {
            trouble = "";
            log.info(what + " are written down again");
        }
    }

    /** It has failed. */
    void onFailure(IOException failure) {
        String why =
                what + " can't be written down, so " + consequence + ": " + failure.getMessage();
        if (trouble.isEmpty()) {
            log.warning(why + "; trying again every " + RETRY_SECONDS + " s, in silence");
        }
        trouble = why;
        retryNanos = clock.nowNanos() + RETRY_SECONDS * 1_000_000_000L;
    }

    /** Why nothing is written down at the moment; empty while it is. */
    String now() {
        return trouble;
    }
}
