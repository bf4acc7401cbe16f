package io.jnat.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** On loop-back, against an echo that is as bad as it is told to be. */
final class VoiceStreamsTest {

    private static final Duration TIME = Duration.ofSeconds(1);
    private static final int PACKETS = 50;

    @Test
    void everyPacketThatComesBackIsCountedOnce() throws IOException {
        VoiceStreams.Measured measured = measure((sequence, sends) -> sends.run());
        assertEquals(PACKETS, measured.sentPackets());
        assertEquals(PACKETS, measured.receivedPackets());
        assertEquals(PACKETS, measured.roundTripNanos().getTotalCount());
        assertEquals(0, measured.lostPackets());
    }

    @Test
    void whatDoesNotComeBackIsLost() throws IOException {
        VoiceStreams.Measured measured =
                measure((sequence, sends) -> {
                    if (sequence % 10 != 3) {
                        sends.run();
                    }
                });
        assertEquals(PACKETS / 10, measured.lostPackets());
    }

    @Test
    void duplicatesDoNotHideLoss() throws IOException {
        VoiceStreams.Measured measured =
                measure((sequence, sends) -> {
                    if (sequence % 10 != 3) {
                        sends.run();
                        sends.run();
                    }
                });
        assertEquals(PACKETS / 10, measured.lostPackets());
    }

    @Test
    void delayIsInTheRoundTripAndItsChangeInTheJitter() throws IOException {
        VoiceStreams.Measured measured =
                measure((sequence, sends) -> {
                    LockSupport.parkNanos(sequence % 2 == 0 ? 10_000_000 : 1_000_000);
                    sends.run();
                });
        assertTrue(measured.roundTripNanos().getMinValue() >= 1_000_000);
        assertTrue(measured.roundTripNanos().getValueAtPercentile(75) >= 10_000_000);
        // The transit time changes by about 9 ms each time; the filter comes near within 49 steps.
        assertTrue(
                measured.meanJitterNanos() > 5_000_000,
                () -> "jitter " + measured.meanJitterNanos());
    }

    private interface Manner {
        void answer(int sequence, Runnable sends);
    }

    private static VoiceStreams.Measured measure(Manner manner) throws IOException {
        try (DatagramChannel echo =
                        DatagramChannel.open()
                                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Namespace here = Namespace.here()) {
            Thread.ofPlatform().daemon().start(() -> serve(echo, manner));
            InetSocketAddress to = (InetSocketAddress) echo.getLocalAddress();
            return VoiceStreams.run(here, to, 1, TIME);
        }
    }

    private static void serve(DatagramChannel echo, Manner manner) {
        ByteBuffer packet = ByteBuffer.allocate(2_048);
        try {
            while (true) {
                InetSocketAddress from = (InetSocketAddress) echo.receive(packet.clear());
                packet.flip();
                manner.answer(packet.getInt(0), () -> send(echo, packet.duplicate(), from));
            }
        } catch (IOException e) {
            // Closed: the measurement is over.
        }
    }

    private static void send(DatagramChannel echo, ByteBuffer packet, InetSocketAddress to) {
        try {
            echo.send(packet, to);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
