package io.jnat.cli.engine;

import io.jnat.tun.linux.Linux;
import java.time.Duration;

/**
 * What makes an instance fast once it runs, on a thread of its own: the way of a packet is
 * rehearsed ({@link Rehearsal}), then the tunnel's cipher trained, and when nothing flows, what
 * they left is collected ({@link QuietCollection}).
 *
 * <p>The cipher comes second because the compiler takes one method after the other: its kernels
 * would keep the compiler for seconds from the way of a packet, which every call needs.
 *
 * <p>Until both are done, the JVM's compiler threads have the nice value of engine threads. On a
 * machine that is full, these would take nearly all of it, since they do slowly what waits to be
 * compiled.
 *
 * <p>Then the process stays in memory ({@link MemoryPressure}).
 */
public final class WarmUp {
    private static final Duration LOOK = Duration.ofMillis(100);

    /** On one core that is full from the first second on, it would take a minute. */
    private static final Duration LONGEST_REHEARSAL = Duration.ofSeconds(10);

    private WarmUp() {}

    /**
     * Begins; it takes some seconds, and keeps an eye on the heap after them, and from now on on
     * what the kernel does not do for it.
     *
     * @param nat whether with translation, as relay and router have it, or without
     * @param log told what can't be had here
     */
    public static void start(boolean nat, EngineAssembly assembly, Log log) {
        OffloadWatch.start(assembly, log);
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
        MemoryPressure.letOthersBeEndedFirst();
        int usualNice = Linux.niceOfThisThread();
        CompilerThreads.setNice(Math.min(usualNice, assembly.nice()));
        Rehearsal.start(nat, log).join(LONGEST_REHEARSAL);
        assembly.wireguard().trainCipher();
        while (!assembly.wireguard().cipherStatus().settled()) {
            Thread.sleep(LOOK);
        }
        CompilerThreads.setNice(usualNice);
        MemoryPressure.keepInMemory(assembly, log);
        QuietCollection.of(assembly::receivedPackets, assembly::isClosed).run();
    }
}
