package io.jnat.cli.wiring;

import io.jnat.core.engine.CommandQueue;
import io.jnat.core.time.Clock;
import io.jnat.nat.FlowChanges;
import io.jnat.nat.FlowFile;
import io.jnat.nat.FlowRestore;
import io.jnat.nat.NatCommand;
import io.jnat.nat.NatPolicy;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code $JNAT_STATE_DIR/NAME.flows}, so that calls and connections outlive a restart (N53).
 * Twice a second what has changed is written down; so a {@code kill -9} loses the flows of the last
 * half second. Nothing is forced onto the disk before the stop: a loss of power loses what the
 * kernel had not written yet.
 *
 * <p>Owner: its thread; {@link #restore} before that.
 */
final class FlowStore {
    /** What one round writes at most, in commands of {@link FlowChanges#MOST} flows: 0.8 MB. */
    private static final int COMMANDS_PER_ROUND = 16;

    private static final long RETRY_NANOS = 10_000_000_000L;

    private final Path path;
    private final Log log;
    private final Clock clock;
    private final FlowChanges changes = new FlowChanges();
    private @Nullable FlowFile file;
    private boolean all;
    private boolean pressed;
    private long retryNanos;

    /** Why nothing is written down now; empty while it is. Read by other threads. */
    private volatile String trouble = "";

    FlowStore(Path path, Log log, Clock clock) {
        this.path = path;
        this.log = log;
        this.clock = clock;
    }

    /** Gives a policy, which has its rules and no engine yet, the flows of before. */
    void restore(NatPolicy policy) {
        try {
            FlowRestore.Result result =
                    FlowFile.restore(path, policy, clock.nowNanos(), System.currentTimeMillis());
            log.info(
                    result.restored()
                            + " flows go on from before the restart; "
                            + result.expired()
                            + " have expired, "
                            + result.refused()
                            + " are not allowed any more");
            if (result.damaged() > 0) {
                log.warning(
                        path
                                + ": "
                                + result.damaged()
                                + " flows are damaged or half written, and are left out");
            }
        } catch (NoSuchFileException first) {
            return;
        } catch (IOException unusable) {
            log.warning(
                    path
                            + ": "
                            + unusable.getMessage()
                            + "; starting without the flows of before: calls and connections have"
                            + " to begin anew");
        }
    }

    /**
     * One round: the engine hands over what has changed, and it is written down. What fails is
     * logged once, and begun again from the start every 10 s; the file from before holds until
     * then.
     */
    void round(CommandQueue engine, NatPolicy policy) {
        if (!trouble.isEmpty() && clock.nowNanos() - retryNanos < 0) {
            return;
        }
        try {
            FlowFile to = open();
            boolean more = true;
            for (int command = 0; more && command < COMMANDS_PER_ROUND; command++) {
                collect(engine, policy);
                if (changes.count() > 0 || !to.isPublished()) {
                    to.write(changes, clock.nowNanos(), System.currentTimeMillis());
                }
                more = changes.count() == FlowChanges.MOST;
            }
            pressed = more;
            if (!more && !to.isPublished()) {
                to.publish();
            }
            if (!trouble.isEmpty()) {
                trouble = "";
                log.info(path + ": flows are written down again");
            }
        } catch (IOException failure) {
            giveUp(failure);
        }
    }

    /** The last rounds: everything, and onto the disk. */
    void finish(CommandQueue engine, NatPolicy policy) {
        retryNanos = clock.nowNanos();
        do {
            round(engine, policy);
        } while (pressed);
        round(engine, policy); // those too that had to wait while there were too many
        try (FlowFile last = file) {
            if (last != null) {
                last.force();
            }
        } catch (IOException failure) {
            giveUp(failure);
        }
    }

    /** Why flows are not written down at the moment; empty while they are. Any thread. */
    String trouble() {
        return trouble;
    }

    private FlowFile open() throws IOException {
        FlowFile known = file;
        if (known == null) {
            known = FlowFile.create(path);
            file = known;
            all = true;
        }
        return known;
    }

    private void collect(CommandQueue engine, NatPolicy policy) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        engine.submit(new NatCommand.CollectFlows(policy, changes, all, !pressed, done));
        Instance.await(done);
        all = false;
    }

    private void giveUp(IOException failure) {
        String why =
                path
                        + ": flows can't be written down, so a restart would cut off calls and"
                        + " connections: "
                        + failure.getMessage();
        if (trouble.isEmpty()) {
            log.warning(
                    why + "; trying again every " + RETRY_NANOS / 1_000_000_000 + " s, in silence");
        }
        trouble = why;
        pressed = false;
        retryNanos = clock.nowNanos() + RETRY_NANOS;
        try (FlowFile _ = file) {
            file = null;
        } catch (IOException worse) {
            // the first failure is the one to report
        }
    }
}
