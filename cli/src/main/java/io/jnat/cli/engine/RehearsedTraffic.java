package io.jnat.cli.engine;

import io.jnat.core.time.Clock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;

/** What goes through a {@link RehearsedTunnel}: a call, then a transfer, both ways each. */
final class RehearsedTraffic {
    /** Enough for the second compiler, which wants some 1000 calls of each method. */
    private static final int VOICE_PACKETS = 16_000;

    /** Each way: as many super-frames as that, or more. */
    private static final long TRANSFER_BYTES = 12L << 20;

    private static final int MOST_ON_THE_WAY = 32;
    private static final long NAP_NANOS = 100_000;
    private static final int NAPS_UNTIL_LOST = 200;
    private static final int VOICE_BYTES = 172;
    private static final int CHUNK_BYTES = 1 << 17;
    private static final int OTHER_PORT = 4000;

    private final RehearsedTunnel tunnel;
    private final long deadlineNanos;

    RehearsedTraffic(RehearsedTunnel tunnel, long longestNanos) {
        this.tunnel = tunnel;
        deadlineNanos = Clock.MONOTONIC.nowNanos() + longestNanos;
    }

    Rehearsal.Result run() throws IOException {
        call();
        long transferred = transfer();
        return new Rehearsal.Result(tunnel.crossed(), transferred);
    }

    private boolean isLate() {
        return Clock.MONOTONIC.nowNanos() - deadlineNanos >= 0;
    }

    /** From the client to the device's forward, and from the device to the client. */
    private void call() throws IOException {
        ByteBuffer voice = ByteBuffer.allocateDirect(VOICE_BYTES);
        try (DatagramChannel client =
                        datagrams(tunnel.relayNetwork(), RehearsedTunnel.CLIENT, OTHER_PORT);
                DatagramChannel device =
                        datagrams(
                                tunnel.siteNetwork(),
                                RehearsedTunnel.DEVICE,
                                RehearsedTunnel.DEVICE_PORT)) {
            InetSocketAddress called = device();
            InetSocketAddress calling = new InetSocketAddress(RehearsedTunnel.CLIENT, OTHER_PORT);
            long sent = 0;
            long lost = 0;
            int naps = 0;
            long crossed = 0;
            while (sent < VOICE_PACKETS && !isLate()) {
                long before = crossed;
                crossed = tunnel.crossed();
                naps = crossed == before ? naps + 1 : 0;
                if (sent - lost - crossed <= MOST_ON_THE_WAY) {
                    client.send(voice.clear(), called);
                    device.send(voice.clear(), calling);
                    sent += 2;
                } else if (naps > NAPS_UNTIL_LOST) {
                    lost = sent - crossed;
                } else {
                    LockSupport.parkNanos(NAP_NANOS);
                }
            }
        }
    }

    private InetSocketAddress device() {
        return new InetSocketAddress(tunnel.deviceSeenFromOutside(), RehearsedTunnel.DEVICE_PORT);
    }

    private static DatagramChannel datagrams(RehearsedNetwork network, String address, int port)
            throws IOException {
        return network.call(() -> {
            DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
            channel.configureBlocking(false);
            channel.bind(new InetSocketAddress(address, port));
            return channel;
        });
    }

    /** Returns the bytes that arrived, both ways together. */
    private long transfer() throws IOException {
        try (ServerSocketChannel server = tunnel.siteNetwork().call(RehearsedTraffic::listen);
                SocketChannel client = tunnel.relayNetwork().call(this::connect)) {
            SocketChannel accepted = server.accept();
            while ((accepted == null || !client.finishConnect()) && !isLate()) {
                LockSupport.parkNanos(NAP_NANOS);
                accepted = accepted == null ? server.accept() : accepted;
            }
            if (accepted == null) {
                return 0;
            }
            try (SocketChannel device = accepted) {
                device.configureBlocking(false);
                return exchange(client, device);
            }
        }
    }

    private static ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET);
        server.configureBlocking(false);
        return server.bind(
                new InetSocketAddress(RehearsedTunnel.DEVICE, RehearsedTunnel.DEVICE_PORT));
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
        channel.configureBlocking(false);
        channel.connect(device());
        return channel;
    }

    private long exchange(SocketChannel client, SocketChannel device) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        long there = 0;
        long back = 0;
        while ((there < TRANSFER_BYTES || back < TRANSFER_BYTES) && !isLate()) {
            int written = there < TRANSFER_BYTES ? client.write(chunk.clear()) : 0;
            written += back < TRANSFER_BYTES ? device.write(chunk.clear()) : 0;
            int read = device.read(chunk.clear());
            there += Math.max(0, read);
            int readBack = client.read(chunk.clear());
            back += Math.max(0, readBack);
            if (written + read + readBack <= 0) {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
        return there + back;
    }
}
