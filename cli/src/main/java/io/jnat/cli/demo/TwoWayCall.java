package io.jnat.cli.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One call in which both sides talk by themselves, 50 packets a second each way, so that an
 * interruption of either direction can be timed.
 */
public final class TwoWayCall implements AutoCloseable {

    private static final long INTERVAL_NANOS = 20_000_000;

    private final UdpSocket caller;
    private final UdpSocket radio;
    private final InetSocketAddress relay;
    private final Direction toRadio = new Direction();
    private final Direction toCaller = new Direction();
    private volatile boolean closed;

    private TwoWayCall(UdpSocket caller, UdpSocket radio, InetSocketAddress relay) {
        this.caller = caller;
        this.radio = radio;
        this.relay = relay;
    }

    /**
     * Begins the call and waits until it goes both ways.
     *
     * @param from the caller's namespace
     * @param relay the forwarded port, as the internet knows it
     * @param to the radio's namespace
     * @param radioPort where the forward leads
     */
    public static TwoWayCall begin(
            Namespace from, InetSocketAddress relay, Namespace to, int radioPort, Duration limit)
            throws IOException {
        TwoWayCall call =
                new TwoWayCall(UdpSocket.open(from, 0), UdpSocket.open(to, radioPort), relay);
        Thread.ofPlatform().daemon().name("call-caller").start(call::runCaller);
        Thread.ofPlatform().daemon().name("call-radio").start(call::runRadio);
        try {
            Await.until(limit, "a call that goes both ways", call::goesBothWays);
        } catch (IOException e) {
            call.close();
            throw e;
        }
        return call;
    }

    private boolean goesBothWays() {
        return toRadio.packets.get() > 0 && toCaller.packets.get() > 0;
    }

    /** Forgets the gaps so far. */
    public void mark() {
        toRadio.mark();
        toCaller.mark();
    }

    /** True if packets arrived both ways, continuously, in the given time up to now. */
    public boolean flowsSince(Duration time) {
        return toRadio.steadyFor(time) && toCaller.steadyFor(time);
    }

    /** The longest silence since the mark, of the worse direction. */
    public Duration longestGap() {
        return Duration.ofNanos(
                Math.max(toRadio.longestGapNanos.get(), toCaller.longestGapNanos.get()));
    }

    private void runCaller() {
        exchange(caller, toCaller, relay);
    }

    private void runRadio() {
        try {
            Optional<UdpSocket.Received> first = Optional.empty();
            while (first.isEmpty() && !closed) {
                first = radio.receive(Duration.ofMillis(100));
            }
            if (first.isPresent()) {
                toRadio.arrived();
                exchange(radio, toRadio, first.get().from());
            }
        } catch (IOException e) {
            // The call was closed.
        }
    }

    private void exchange(UdpSocket socket, Direction incoming, InetSocketAddress to) {
        Thread.ofPlatform().daemon().name("call-talk").start(() -> talk(socket, to));
        while (!closed) {
            try {
                if (socket.receive(Duration.ofMillis(100)).isPresent()) {
                    incoming.arrived();
                }
            } catch (IOException e) {
                // Unreachable for a while, or closed; the loop's condition tells which.
            }
        }
    }

    private void talk(UdpSocket socket, InetSocketAddress to) {
        byte[] packet = new byte[VoiceStreams.PAYLOAD_BYTES];
        long dueNanos = System.nanoTime();
        while (!closed) {
            socket.trySend(to, packet);
            dueNanos += INTERVAL_NANOS;
            LockSupport.parkNanos(dueNanos - System.nanoTime());
        }
    }

    @Override
    public void close() {
        closed = true;
        caller.close();
        radio.close();
    }

    /**
     * What arrives at one side. One writer: the side's receiving thread; {@code mark} may race it.
     */
    private static final class Direction {
        private final AtomicLong packets = new AtomicLong();
        private final AtomicLong lastNanos = new AtomicLong();
        private final AtomicLong steadySinceNanos = new AtomicLong();
        private final AtomicLong longestGapNanos = new AtomicLong();

        void arrived() {
            long nowNanos = System.nanoTime();
            if (packets.getAndIncrement() == 0) {
                steadySinceNanos.set(nowNanos);
            } else {
                long gapNanos = nowNanos - lastNanos.get();
                longestGapNanos.accumulateAndGet(gapNanos, Math::max);
                if (gapNanos > 5 * INTERVAL_NANOS) {
                    steadySinceNanos.set(nowNanos);
                }
            }
            lastNanos.set(nowNanos);
        }

        void mark() {
            longestGapNanos.set(0);
        }

        boolean steadyFor(Duration time) {
            long nowNanos = System.nanoTime();
            return packets.get() > 0
                    && nowNanos - lastNanos.get() < 5 * INTERVAL_NANOS
                    && nowNanos - steadySinceNanos.get() >= time.toNanos();
        }
    }
}
