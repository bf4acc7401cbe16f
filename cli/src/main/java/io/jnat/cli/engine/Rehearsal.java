package io.jnat.cli.engine;

import io.jnat.tun.linux.Linux;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Has the JVM compile the way of a packet before calls depend on it. Interpreted, a packet takes
 * milliseconds, and at fifty packets a second it would stay so for minutes. So two ends of a tunnel
 * are set up in network namespaces that nothing leads out of, with real TUN devices and sockets
 * ({@link RehearsedTunnel}), and calls and transfers are sent through them both ways ({@link
 * RehearsedTraffic}), when the real engine runs, and behind everything else that wants the
 * processor.
 *
 * <p>It must be the real thing: code that was compiled for simulated links would be thrown away at
 * the first packet of a real one, and code that has only seen calls at the first super-frame.
 */
final class Rehearsal {
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(8);

    /** Behind everybody, but not so far that beside a transfer it does not get on at all. */
    private static final int NICE = 5;

    private Rehearsal() {}

    /**
     * Begins on a thread of its own, which ends by itself after some seconds.
     *
     * @param nat whether with translation, as relay and router have it, or without
     * @param log told when it can't be had here
     */
    static Thread start(boolean nat, Log log) {
        return Thread.ofPlatform()
                .daemon()
                .name("rehearsal")
                .start(() -> {
                    try {
                        runHere(nat);
                    } catch (IOException notPossibleHere) {
                        log.info(
                                "the way of a packet could not be rehearsed, so that the first calls"
                                        + " are slower: "
                                        + notPossibleHere.getMessage());
                    }
                });
    }

    /** What crossed the tunnel, both ways together. */
    record Result(long packets, long transferredBytes) {}

    /**
     * Goes through with it on the calling thread, which is in a network namespace of its own
     * afterwards.
     *
     * @throws IOException if it can't be had here
     */
    static Result runHere(boolean nat) throws IOException {
        Linux.setNiceOfThisThread(NICE);
        PacketClasses.load();
        try (RehearsedTunnel tunnel = RehearsedTunnel.open(nat, NICE)) {
            return new RehearsedTraffic(tunnel, LONGEST_NANOS).run();
        }
    }
}
