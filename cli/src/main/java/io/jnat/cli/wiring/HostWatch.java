package io.jnat.cli.wiring;

import io.jnat.cli.config.JnatConfig;
import io.jnat.cli.steering.Steering;
import io.jnat.wireguard.DeviceCommand;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Follows changes of the host: once a second it compares the addresses of the interfaces, more
 * seldom it looks whether steering still stands as it was made; what has changed gets the rules
 * compiled anew.
 *
 * <p>Owner: its thread. Never while a {@link Reload} is at work.
 */
final class HostWatch {
    private static final long REFRESH_SECONDS = 10;

    private final Instance instance;
    private final Steering steering;
    private final Log log;
    private InterfaceAddresses addresses;

    /** Watches from what is there now. */
    HostWatch(Instance instance, Steering steering) {
        this.instance = instance;
        this.steering = steering;
        log = instance.log();
        addresses = InterfaceAddresses.now(instance.config());
    }

    /**
     * Watches until the instance stops.
     *
     * @param attacks is asked once a second who floods or scans
     */
    void keep(CountDownLatch stopping, Operations attacks) {
        int seconds = 0;
        try {
            while (!stopping.await(1, TimeUnit.SECONDS)) {
                look(++seconds);
                for (String attack : attacks.lookForAttacks()) {
                    log.limited(Log.Level.WARNING, attack);
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(int seconds) {
        JnatConfig config = instance.config();
        InterfaceAddresses now = InterfaceAddresses.now(config);
        if (!now.wan().equals(addresses.wan())) {
            log.info(config.wan() + " now has " + now.wan() + ", before " + addresses.wan());
            instance.requireAssembly().wireguard().submit(new DeviceCommand.NetworkChanged());
        }
        boolean moved = !now.equals(addresses);
        boolean followed = true;
        if (moved || seconds % REFRESH_SECONDS == 0) {
            followed = refresh(moved);
        }
        if (followed) {
            // What could not be followed is tried again: the rules still have the old addresses.
            addresses = now;
        }
    }

    private boolean refresh(boolean addressesMoved) {
        synchronized (instance) {
            try {
                boolean portsMoved = steering.refresh();
                if (portsMoved || addressesMoved) {
                    instance.applyRules(steering);
                }
                return true;
            } catch (IOException | RuntimeException failure) {
                log.limited(
                        Log.Level.WARNING,
                        "a change of this host could not be followed: " + failure.getMessage());
                return false;
            }
        }
    }
}
