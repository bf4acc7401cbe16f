package io.jnat.cli.wiring;

import java.time.Duration;

/**
 * What makes an instance fast once it runs, on a thread of its own: the way of a packet is
 * rehearsed ({@link Rehearsal}), then the tunnel's cipher trained, and when nothing flows, what
 * they left is collected ({@link QuietCollection}).
 *
 * <p>The cipher comes second because the compiler takes one method after the other: its kernels
 * would keep the compiler for seconds from the way of a packet, which every call needs.
 */
public final class WarmUp {
    private static final Duration LOOK = Duration.ofMillis(100);

    private WarmUp() {}

    /**
     * Begins; it takes some seconds, and keeps an eye on the heap after them.
     *
     * @param nat whether with translation, as relay and router have it, or without
     * @param log told what can't be had here
     */
    public static void start(boolean nat, EngineAssembly assembly, Log log) {
        Thread.ofPlatform()
                .daemon()
                .name("warm-up")
                .start(() -> {
                    try {
                        run(nat, assembly, log);
                    } catch (InterruptedException stopping) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private static void run(boolean nat, EngineAssembly assembly, Log log)
            throws InterruptedException {
        Rehearsal.start(nat, log).join();
        assembly.wireguard().trainCipher();
        while (!assembly.wireguard().cipherStatus().settled()) {
            Thread.sleep(LOOK);
        }
        QuietCollection.of(assembly::receivedPackets, assembly::isClosed).run();
    }
}
