package io.jnat.cli.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Calls: UDP streams of 172 bytes every 20 ms (G.711 with its RTP header), each from its own port
 * to its own port, to an echo and back. A packet's clock starts when it was due, not when it was
 * sent, so that a sender that is held up counts as delay (coordinated omission). What comes back
 * later than the drain limit counts as lost.
 */
public final class VoiceStreams implements AutoCloseable {

    /** Bytes of one packet's payload. */
    public static final int PAYLOAD_BYTES = 172;

    private static final long INTERVAL_NANOS = 20_000_000;
    private static final Duration DRAIN = Duration.ofMillis(500);

    private final List<Stream> streams = new ArrayList<>();
    private final Selector selector;
    private final Histogram roundTripNanos = new Histogram(1_000, 60_000_000_000L, 3);
    private long sentPackets;
    private long receivedPackets;
    private volatile boolean draining;

    private VoiceStreams(Selector selector) {
        this.selector = selector;
    }

    /**
     * What was measured.
     *
     * @param roundTripNanos one value for each packet that came back
     * @param sentPackets sent by all streams
     * @param receivedPackets came back, each counted once
     * @param meanJitterNanos RFC 3550 interarrival jitter at the end, mean of the streams
     * @param worstJitterNanos the same, the worst stream's
     */
    public record Measured(
            Histogram roundTripNanos,
            long sentPackets,
            long receivedPackets,
            long meanJitterNanos,
            long worstJitterNanos) {

        /** Packets that did not come back. */
        public long lostPackets() {
            return sentPackets - receivedPackets;
        }
    }

    /** Sends for the given time and gives back what was measured. */
    public static Measured run(
            Namespace from, InetSocketAddress firstPort, int count, Duration duration)
            throws IOException {
        try (VoiceStreams streams = new VoiceStreams(Selector.open())) {
            for (int i = 0; i < count; i++) {
                InetSocketAddress to =
                        new InetSocketAddress(firstPort.getAddress(), firstPort.getPort() + i);
                DatagramChannel channel =
                        from.call(() ->
                                DatagramChannel.open(StandardProtocolFamily.INET).connect(to));
                channel.configureBlocking(false);
                Stream stream = new Stream(channel);
                channel.register(streams.selector, SelectionKey.OP_READ, stream);
                streams.streams.add(stream);
            }
            return streams.measure(duration);
        }
    }

    private Measured measure(Duration duration) throws IOException {
        Thread receiver = Thread.ofPlatform().daemon().name("voice-receiver").start(this::receive);
        send(duration);
        draining = true;
        try {
            receiver.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        double sum = 0;
        double worst = 0;
        for (Stream stream : streams) {
            sum += stream.jitterNanos;
            worst = Math.max(worst, stream.jitterNanos);
        }
        return new Measured(
                roundTripNanos,
                sentPackets,
                receivedPackets,
                Math.round(sum / streams.size()),
                Math.round(worst));
    }

    private void send(Duration duration) throws IOException {
        ByteBuffer packet = ByteBuffer.allocateDirect(PAYLOAD_BYTES);
        long startNanos = System.nanoTime();
        long rounds = duration.toNanos() / INTERVAL_NANOS;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < streams.size(); i++) {
                // The streams are spread over the interval, as calls are that know nothing of each
                // other.
                long dueNanos =
                        startNanos + round * INTERVAL_NANOS + i * INTERVAL_NANOS / streams.size();
                long waitNanos = dueNanos - System.nanoTime();
                while (waitNanos > 0) {
                    LockSupport.parkNanos(waitNanos);
                    waitNanos = dueNanos - System.nanoTime();
                }
                packet.clear();
                packet.putInt(0, round).putLong(4, dueNanos);
                sentPackets++;
                try {
                    streams.get(i).channel.write(packet);
                } catch (PortUnreachableException e) {
                    // An answer to an earlier packet: the echo is not reached, and the loss shows
                    // it.
                }
            }
        }
    }

    private void receive() {
        ByteBuffer packet = ByteBuffer.allocateDirect(2_048);
        long drainUntilNanos = 0;
        try {
            while (!draining || receivedPackets < sentPackets) {
                if (draining) {
                    long nowNanos = System.nanoTime();
                    drainUntilNanos =
                            drainUntilNanos == 0 ? nowNanos + DRAIN.toNanos() : drainUntilNanos;
                    if (nowNanos - drainUntilNanos > 0) {
                        return;
                    }
                }
                selector.select(key -> drain((Stream) key.attachment(), packet), 10);
            }
        } catch (IOException e) {
            // The selector is closed: the measurement was ended from outside.
        }
    }

    private void drain(Stream stream, ByteBuffer packet) {
        try {
            while (stream.channel.read(packet.clear()) > 0) {
                long nowNanos = System.nanoTime();
                packet.flip();
                if (packet.remaining() == PAYLOAD_BYTES
                        && stream.arrived(packet.getInt(0), packet.getLong(4), nowNanos)) {
                    receivedPackets++;
                    roundTripNanos.recordValue(
                            Math.min(
                                    nowNanos - packet.getLong(4),
                                    roundTripNanos.getHighestTrackableValue()));
                }
            }
        } catch (IOException e) {
            // Unreachable: counted as loss.
        }
    }

    @Override
    public void close() throws IOException {
        for (Stream stream : streams) {
            stream.channel.close();
        }
        selector.close();
    }

    private static final class Stream {
        private final DatagramChannel channel;
        private final BitSet seen = new BitSet();
        private long lastTransitNanos;
        private double jitterNanos;

        Stream(DatagramChannel channel) {
            this.channel = channel;
        }

        /** False for a packet that was here before. */
        boolean arrived(int sequence, long dueNanos, long nowNanos) {
            if (seen.get(sequence)) {
                return false;
            }
            // RFC 3550 section 6.4.1: J += (|D| - J) / 16, D the change of the transit time.
            long transitNanos = nowNanos - dueNanos;
            if (!seen.isEmpty()) {
                jitterNanos += (Math.abs(transitNanos - lastTransitNanos) - jitterNanos) / 16.0;
            }
            lastTransitNanos = transitNanos;
            seen.set(sequence);
            return true;
        }
    }
}
