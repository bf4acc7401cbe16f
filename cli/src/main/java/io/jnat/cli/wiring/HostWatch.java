package io.jnat.cli.wiring;

import io.jnat.cli.engine.Log;
import io.jnat.cli.steering.Steering;
import io.jnat.tun.linux.HostChanges;
import io.jnat.tun.linux.Linux;
import io.jnat.wireguard.DeviceCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows changes of the host: once a second it asks whether the kernel has announced any, compares
 * the addresses of the interfaces then, and looks whether steering still stands as it was made;
 * what has changed gets the rules compiled anew.
 *
 * <p>Owner: its thread. Never while a {@link Reload} is at work.
 */
final class HostWatch {
    private final Instance instance;
    private final Steering steering;
    private final Log log;
    private final @Nullable HostChanges changes;
    private final Services services = new Services(Path.of("/proc/net"));
    private final LookSchedule schedule = new LookSchedule();

    /** Known from the start: a reload may be at work later. */
    private final boolean followsConnections;

    private InterfaceAddresses addresses;

    /** What changed before this one listened was not heard. */
    private boolean first = true;

    /** Whether something changed during the last look at the host. */
    private boolean heardMeanwhile;

    /**
     * Watches from what is there now.
     *
     * @param addresses as they were before the rules were compiled: at boot, some come meanwhile
     */
    HostWatch(Instance instance, Steering steering, InterfaceAddresses addresses) {
        this.instance = instance;
        this.steering = steering;
        log = instance.log();
        changes = listen();
        this.addresses = addresses;
        followsConnections = steering.followsConnections();
    }

    private @Nullable HostChanges listen() {
        try {
            return Linux.openHostChanges();
        } catch (IOException refused) {
            log.info(
                    "changes of this host are not announced, so it is looked at every "
                            + LookSchedule.PAUSE_SECONDS
                            + " s: "
                            + refused.getMessage());
            return null;
        }
    }

    /**
     * Watches until the instance stops.
     *
     * @param attacks is asked once a second who floods or scans
     */
    void keep(CountDownLatch stopping, Operations attacks) {
        int second = 0;
        try {
            while (!stopping.await(1, TimeUnit.SECONDS)) {
                try {
                    look(++second);
                    for (String attack : attacks.lookForAttacks()) {
                        log.limited(Log.Level.WARNING, attack);
                    }
                } catch (RuntimeException failure) {
                    // As when the engine took long to answer; the next second may be better.
                    log.limited(
                            Log.Level.WARNING,
                            "this host could not be looked at: " + failure.getMessage());
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            if (changes != null) {
                changes.close();
            }
        }
    }

    private void look(int second) {
        boolean changed = changes == null || changes.heard() || heardMeanwhile;
        heardMeanwhile = false;
        boolean moved = (changed || first) && addressesMoved();
        first = false;
        if (moved) {
            instance.behind(true);
        }
        if (second % LookSchedule.PAUSE_SECONDS == 0) {
            changed |= services.changed() || followsConnections;
        }
        boolean removed = changes != null && changes.removed();
        if (schedule.isDue(second, changed || instance.isBehind(), removed) || moved) {
            refresh();
            if (changes != null) {
                heardMeanwhile = changes.heard();
                changes.removed(); // by what jnat itself has just set right
            }
        }
    }

    private boolean addressesMoved() {
        InterfaceAddresses now = InterfaceAddresses.now(instance.config());
        if (!now.wan().equals(addresses.wan())) {
            log.info(
                    instance.config().wan()
                            + " now has "
                            + InterfaceAddresses.text(now.wan())
                            + ", before "
                            + InterfaceAddresses.text(addresses.wan()));
            instance.requireAssembly().wireguard().submit(new DeviceCommand.NetworkChanged());
        }
        if (now.wanMtu() != addresses.wanMtu()) {
            instance.measurePaths();
        }
        boolean moved = !now.equals(addresses);
        addresses = now;
        return moved;
    }

    private void refresh() {
        synchronized (instance) {
            if (instance.isStopping()) {
                return;
            }
            try {
                boolean portsMoved = steering.refresh();
                steering.undoneByOthers().forEach(change -> log.limited(Log.Level.WARNING, change));
                instance.tellOf(steering);
                if (portsMoved || instance.isBehind()) {
                    instance.applyRules(steering);
                }
                instance.behind(false);
            } catch (IOException | RuntimeException failure) {
                log.limited(
                        Log.Level.WARNING,
                        "a change of this host could not be followed: " + failure.getMessage());
                instance.behind(true);
            }
        }
    }
}
