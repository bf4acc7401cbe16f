package io.jnat.cli.lab;

import io.jnat.bench.voice.Codec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
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

    /** Forgets the gaps and losses so far. */
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

    /** Packets since the mark that others have overtaken and that have not come since. */
    public long lostPackets() {
        return toRadio.lost.get() + toCaller.lost.get();
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
                toRadio.arrived(sequence(first.get()));
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
                Optional<UdpSocket.Received> next = socket.receive(Duration.ofMillis(100));
                if (next.isPresent()) {
                    incoming.arrived(sequence(next.get()));
                }
            } catch (IOException e) {
                // Unreachable for a while, or closed; the loop's condition tells which.
            }
        }
    }

    private void talk(UdpSocket socket, InetSocketAddress to) {
        ByteBuffer packet = ByteBuffer.allocate(Codec.G711.payloadBytes());
        long dueNanos = System.nanoTime();
        for (long sequence = 0; !closed; sequence++) {
            socket.trySend(to, packet.putLong(0, sequence).array());
            dueNanos += INTERVAL_NANOS;
            LockSupport.parkNanos(dueNanos - System.nanoTime());
        }
    }

    private static long sequence(UdpSocket.Received received) {
        return ByteBuffer.wrap(received.payload()).getLong();
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
        private final AtomicLong lost = new AtomicLong();
        private long nextSequence;

        void arrived(long sequence) {
            boolean late = sequence < nextSequence;
            lost.addAndGet(late ? -1 : sequence - nextSequence);
            nextSequence = late ? nextSequence : sequence + 1;
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
            lost.set(0);
        }

        boolean steadyFor(Duration time) {
            long nowNanos = System.nanoTime();
            return packets.get() > 0
                    && nowNanos - lastNanos.get() < 5 * INTERVAL_NANOS
                    && nowNanos - steadySinceNanos.get() >= time.toNanos();
        }
    }
}
