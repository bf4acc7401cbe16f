package io.jnat.cli.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Sends every byte back on the connection that it came from, and remembers who connected. */
public final class TcpEcho implements AutoCloseable {

    private final ServerSocketChannel server;
    private final AtomicReference<@Nullable InetSocketAddress> lastSource = new AtomicReference<>();

    private TcpEcho(ServerSocketChannel server) {
        this.server = server;
    }

    /** Listens on the port, IPv4. */
    public static TcpEcho listen(Namespace namespace, int port) throws IOException {
        return listen(namespace, StandardProtocolFamily.INET, "0.0.0.0", port);
    }

    /** Listens on the port, IPv6. */
    public static TcpEcho listen6(Namespace namespace, int port) throws IOException {
        return listen(namespace, StandardProtocolFamily.INET6, "::", port);
    }

    private static TcpEcho listen(
            Namespace namespace, ProtocolFamily family, String address, int port)
            throws IOException {
        ServerSocketChannel server =
                namespace.call(() ->
                        ServerSocketChannel.open(family)
                                .setOption(StandardSocketOptions.SO_REUSEADDR, true)
                                .bind(new InetSocketAddress(address, port)));
        TcpEcho echo = new TcpEcho(server);
        Thread.ofPlatform().daemon().name("tcp-echo-" + port).start(echo::accept);
        return echo;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                lastSource.set((InetSocketAddress) connection.getRemoteAddress());
                Thread.ofPlatform().daemon().start(() -> serve(connection));
            } catch (IOException e) {
                // Closed, which ends the loop; or a client that was gone before it was accepted.
            }
        }
    }

    private static void serve(SocketChannel connection) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
        try (connection) {
            while (connection.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    connection.write(buffer);
                }
            }
        } catch (IOException e) {
            // The client's end of the conversation; it sees the same.
        }
    }

    /** Who connected last, as the kernel here sees it; null before the first. */
    public @Nullable InetSocketAddress lastSource() {
        return lastSource.get();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
