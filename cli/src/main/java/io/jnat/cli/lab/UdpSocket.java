package io.jnat.cli.lab;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** A UDP socket inside a namespace. */
public final class UdpSocket implements AutoCloseable {

    private static final int LARGEST_DATAGRAM_BYTES = 65_507;

    private final DatagramSocket socket;

    private UdpSocket(DatagramSocket socket) {
        this.socket = socket;
    }

    /** A datagram and where it seemed to come from. */
    public static final class Received {
        private final InetSocketAddress from;
        private final byte[] payload;

        private Received(InetSocketAddress from, byte[] payload) {
            this.from = from;
            this.payload = payload;
        }

        /** Its source, as its header said. */
        public InetSocketAddress from() {
            return from;
        }

        /** Its bytes; the caller's own. */
        public byte[] payload() {
            return payload;
        }
    }

    /** Opens a socket bound to the port; 0 lets the kernel choose. */
    public static UdpSocket open(Namespace namespace, int port) throws IOException {
        DatagramChannel channel =
                namespace.call(() ->
                        DatagramChannel.open(StandardProtocolFamily.INET)
                                .bind(new InetSocketAddress("0.0.0.0", port)));
        return new UdpSocket(channel.socket());
    }

    /** Whether Java opens IPv6 sockets here; it does not on a host that has it switched off. */
    public static boolean hasIpv6() throws IOException {
        try {
            DatagramChannel.open(StandardProtocolFamily.INET6).close();
            return true;
        } catch (UnsupportedOperationException switchedOff) {
            return false;
        }
    }

    /** Opens an IPv6 socket bound to the port. */
    public static UdpSocket open6(Namespace namespace, int port) throws IOException {
        DatagramChannel channel =
                namespace.call(() ->
                        DatagramChannel.open(StandardProtocolFamily.INET6)
                                .bind(new InetSocketAddress("::", port)));
        return new UdpSocket(channel.socket());
    }

    /** The port that the socket is bound to. */
    public int port() {
        return socket.getLocalPort();
    }

    /** Sends one datagram; larger ones than the MTU leave as fragments. */
    public void send(InetSocketAddress to, byte[] payload) throws IOException {
        socket.send(new DatagramPacket(payload, payload.length, to));
    }

    /** Sends, when a refusal by the network (no route, unreachable) is what may well happen. */
    public void trySend(InetSocketAddress to, byte[] payload) {
        try {
            send(to, payload);
        } catch (IOException e) {
            // The packet did not leave: for a leak check as good as one that was dropped.
        }
    }

    /** The next datagram, or nothing within the limit. */
    public Optional<Received> receive(Duration limit) throws IOException {
        DatagramPacket packet =
                new DatagramPacket(new byte[LARGEST_DATAGRAM_BYTES], LARGEST_DATAGRAM_BYTES);
        socket.setSoTimeout((int) Math.max(1, limit.toMillis()));
        try {
            socket.receive(packet);
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
        byte[] payload = Arrays.copyOf(packet.getData(), packet.getLength());
        return Optional.of(new Received((InetSocketAddress) packet.getSocketAddress(), payload));
    }

    /** Sends once and waits for the answer with this very payload. */
    public Optional<Received> ask(InetSocketAddress to, byte[] payload, Duration limit)
            throws IOException {
        send(to, payload);
        long deadlineNanos = System.nanoTime() + limit.toNanos();
        while (true) {
            long leftNanos = deadlineNanos - System.nanoTime();
            if (leftNanos <= 0) {
                return Optional.empty();
            }
            Optional<Received> answer = receive(Duration.ofNanos(leftNanos));
            if (answer.isEmpty() || Arrays.equals(answer.get().payload(), payload)) {
                return answer;
            }
        }
    }

    /** Fails with an exception when the other side answers that nobody listens. */
    public void connect(InetSocketAddress to) throws SocketException {
        socket.connect(to);
    }

    @Override
    public void close() {
        socket.close();
    }
}
