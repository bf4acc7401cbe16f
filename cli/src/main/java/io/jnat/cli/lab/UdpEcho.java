package io.jnat.cli.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Sends every datagram back to where it came from, and remembers where that was. */
public final class UdpEcho implements AutoCloseable {

    private final DatagramChannel channel;
    private final Map<InetSocketAddress, Long> packetsBySource = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable InetSocketAddress> lastSource = new AtomicReference<>();

    private UdpEcho(DatagramChannel channel) {
        this.channel = channel;
    }

    /** Listens on the port, IPv4. */
    public static UdpEcho listen(Namespace namespace, int port) throws IOException {
        return listen(namespace, StandardProtocolFamily.INET, "0.0.0.0", port);
    }

    /** Listens on the port, IPv6. */
    public static UdpEcho listen6(Namespace namespace, int port) throws IOException {
        return listen(namespace, StandardProtocolFamily.INET6, "::", port);
    }

    private static UdpEcho listen(
            Namespace namespace, ProtocolFamily family, String address, int port)
            throws IOException {
        DatagramChannel channel =
                namespace.call(() ->
                        DatagramChannel.open(family).bind(new InetSocketAddress(address, port)));
        UdpEcho echo = new UdpEcho(channel);
        Thread.ofPlatform().daemon().name("udp-echo-" + port).start(echo::serve);
        return echo;
    }

    private void serve() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
        while (channel.isOpen()) {
            try {
                buffer.clear();
                InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
                packetsBySource.merge(from, 1L, Long::sum);
                lastSource.set(from);
                buffer.flip();
                channel.send(buffer, from);
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException e) {
                // An unreachable client must not end the echo for the others.
            }
        }
    }

    /** Where the last datagram came from, as its header said; null before the first. */
    public @Nullable InetSocketAddress lastSource() {
        return lastSource.get();
    }

    /** All sources seen, with the number of datagrams from each. */
    public Map<InetSocketAddress, Long> packetsBySource() {
        return Map.copyOf(packetsBySource);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
