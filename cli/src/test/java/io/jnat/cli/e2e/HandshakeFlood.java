package io.jnat.cli.e2e;

import io.jnat.cli.lab.LabKey;
import io.jnat.cli.lab.Namespace;
import io.jnat.wireguard.cookie.MacStamp;
import io.jnat.wireguard.crypto.X25519;
import io.jnat.wireguard.message.HandshakeInitiation;
import io.jnat.wireguard.noise.InitiatorHandshake;
import io.jnat.wireguard.noise.StaticKeys;
import io.jnat.wireguard.noise.Tai64n;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends messages that were made beforehand, at a steady rate, from one or many source addresses:
 * what costs the sender little and the receiver as much as it lets itself be made to do.
 */
final class HandshakeFlood implements AutoCloseable {
    private static final int DISTINCT = 1024;
    private static final long TICK_NANOS = 1_000_000;

    private final List<DatagramChannel> sources = new ArrayList<>();
    private final List<ByteBuffer> messages = new ArrayList<>();

    private HandshakeFlood() {}

    /** Sockets at each of the source addresses, which the namespace has. */
    static HandshakeFlood from(
            Namespace namespace,
            List<String> addresses,
            InetSocketAddress to,
            List<byte[]> messages)
            throws IOException {
        HandshakeFlood flood = new HandshakeFlood();
        for (String address : addresses) {
            flood.sources.add(
                    namespace.call(() ->
                            DatagramChannel.open(StandardProtocolFamily.INET)
                                    .bind(new InetSocketAddress(address, 0))
                                    .connect(to)));
            flood.sources.getLast().configureBlocking(false);
        }
        for (byte[] message : messages) {
            flood.messages.add(ByteBuffer.allocateDirect(message.length).put(message).flip());
        }
        return flood;
    }

    /** Initiations by somebody unknown: a valid mac1, and nothing else that is right. */
    static List<byte[]> unknownKeys(LabKey to) {
        Random random = new Random(1);
        List<byte[]> all = new ArrayList<>();
        for (int at = 0; at < DISTINCT; at++) {
            byte[] message = HandshakeInitiation.create(at);
            byte[] body = new byte[HandshakeInitiation.BYTES - HandshakeInitiation.EPHEMERAL - 32];
            random.nextBytes(body);
            System.arraycopy(body, 0, message, HandshakeInitiation.EPHEMERAL, body.length);
            all.add(stamped(message, to));
        }
        return all;
    }

    /** Initiations by a peer, right in everything but that they are long over. */
    static List<byte[]> replays(LabKey by, LabKey to, int distinct) {
        StaticKeys self = new StaticKeys(bytes(by.privateText()));
        byte[] other = bytes(to.publicText());
        byte[] agreed = self.agree(other);
        List<byte[]> all = new ArrayList<>();
        for (int at = 0; at < distinct; at++) {
            byte[] ephemeral = X25519.generatePrivateKey();
            InitiatorHandshake begun =
                    InitiatorHandshake.begin(
                            self, other, agreed, at, ephemeral, new byte[Tai64n.BYTES]);
            all.add(stamped(begun.message(), to));
        }
        return all;
    }

    private static byte[] stamped(byte[] message, LabKey to) {
        new MacStamp(bytes(to.publicText())).stamp(message, 0);
        return message;
    }

    private static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    /**
     * Sends for the given time; what the kernel does not take is not sent again.
     *
     * @return messages that the kernel took
     */
    long run(int messagesPerSecond, Duration duration) throws IOException {
        long perTick = messagesPerSecond * TICK_NANOS / 1_000_000_000L;
        long ticks = duration.toNanos() / TICK_NANOS;
        long startNanos = System.nanoTime();
        long sent = 0;
        int next = 0;
        for (long tick = 0; tick < ticks; tick++) {
            long waitNanos = startNanos + tick * TICK_NANOS - System.nanoTime();
            if (waitNanos > 0) {
                LockSupport.parkNanos(waitNanos);
            }
            for (long at = 0; at < perTick; at++, next++) {
                ByteBuffer message = messages.get(next % messages.size()).rewind();
                if (sources.get(next % sources.size()).write(message) > 0) {
                    sent++;
                }
            }
        }
        return sent;
    }

    /** Datagrams that came back to any of the sources since the last look. */
    int answers() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(2048);
        int answers = 0;
        for (DatagramChannel source : sources) {
            while (source.read(buffer.clear()) > 0) {
                answers++;
            }
        }
        return answers;
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel source : sources) {
            source.close();
        }
    }
}
