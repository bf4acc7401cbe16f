package io.jnat.cli.wiring;

import io.jnat.cli.engine.Log;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

    private static final long ROUND_MILLIS = 500;

    private final Path path;
    private final Log log;
    private final Clock clock;
    private final DiskTrouble trouble;
    private final FlowChanges changes = new FlowChanges();
    private @Nullable FlowFile file;
    private boolean all;
    private boolean pressed;

    FlowStore(Path path, Log log, Clock clock) {
        this.path = path;
        this.log = log;
        this.clock = clock;
        trouble =
                new DiskTrouble(
                        log,
                        clock,
                        path + ": flows",
                        "a restart would cut off calls and connections");
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

    /** Writes down what has changed until the instance stops, and everything then. */
    void keep(CountDownLatch stopping, CommandQueue engine, NatPolicy policy) {
        try {
            while (!stopping.await(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
                round(engine, policy);
            }
            finish(engine, policy);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * One round: the engine hands over what has changed, and it is written down. What fails is
     * begun again from the start; the file from before holds until then.
     */
    void round(CommandQueue engine, NatPolicy policy) {
        if (trouble.isResting()) {
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
            if (changes.isThrough() && !to.isPublished()) {
                to.publish();
            }
            trouble.onWritten();
        } catch (IOException failure) {
            giveUp(failure);
        }
    }

    /** The last rounds: everything, and onto the disk. */
    void finish(CommandQueue engine, NatPolicy policy) {
        trouble.endRest();
        do {
            round(engine, policy);
        } while (pressed || isBegun());
        round(engine, policy); // those too that had to wait while there were too many
        try (FlowFile last = file) {
            if (last != null) {
                last.force();
            }
        } catch (IOException failure) {
            giveUp(failure);
        }
    }

    /** Whether a file is being written that not all flows are in yet. */
    private boolean isBegun() {
        FlowFile known = file;
        return known != null && !known.isPublished();
    }

    /** Why flows are not written down at the moment; empty while they are. Any thread. */
    String trouble() {
        return trouble.now();
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
        trouble.onFailure(failure);
        pressed = false;
        try (FlowFile _ = file) {
            file = null;
        } catch (IOException worse) {
            // the first failure is the one to report
        }
    }
}
