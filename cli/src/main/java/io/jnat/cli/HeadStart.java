package io.jnat.cli;

import io.jnat.cli.engine.PacketClasses;
import io.jnat.core.packet.Slab;
import io.jnat.wireguard.WireGuardKey;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a process that forwards packets needs and the JVM takes long to load, on a thread of
 * its own while the command line and the configuration are read
 * (docs/decisions/003-start-up-cache.md). Whatever fails here fails again where it is needed, and
 * is said there.
 */
final class HeadStart {
    private final CountDownLatch stderr = new CountDownLatch(1);

    private HeadStart() {}

    /**
     * Begins.
     *
     * @param stderr descriptor of the standard error that the user wants; null if it is where it
     *     should be
     */
    static HeadStart begin(@Nullable String stderr) {
        HeadStart start = new HeadStart();
        Thread.ofPlatform().daemon().name("head-start").start(() -> start.run(stderr));
        return start;
    }

    private void run(@Nullable String descriptor) {
        try {
            try {
                if (descriptor != null) {
                    StandardError.moveFrom(Integer.parseInt(descriptor));
                }
            } finally {
                stderr.countDown();
            }
            load();
        } catch (IOException | RuntimeException | LinkageError later) {
            // see above
        }
    }

    /** Waits until standard error is where the user wants it: before anything is said. */
    void awaitStandardError() throws InterruptedException {
        stderr.await();
    }

    /** What it loads; also for the archive of classes ({@link StartClasses}). */
    static void load() throws IOException {
        WireGuardKey _ = WireGuardKey.generatePrivate().publicKey(); // random numbers, Curve25519
        Slab.allocate(1).close(); // netty
        PacketClasses.load();
    }
}
