package io.jnat.cli.lab;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;

/** A TCP connection opened inside a namespace, to an echo. */
public final class TcpConnection implements AutoCloseable {

    private final Socket socket;

    private TcpConnection(Socket socket) {
        this.socket = socket;
    }

    /**
     * Connects.
     *
     * @throws java.net.SocketTimeoutException if nobody answered within the limit
     * @throws java.net.ConnectException if the connection was refused
     */
    public static TcpConnection open(Namespace namespace, InetSocketAddress to, Duration limit)
            throws IOException {
        ProtocolFamily family =
                to.getAddress() instanceof Inet6Address
                        ? StandardProtocolFamily.INET6
                        : StandardProtocolFamily.INET;
        SocketChannel channel = namespace.call(() -> SocketChannel.open(family));
        Socket socket = channel.socket();
        try {
            socket.connect(to, (int) limit.toMillis());
            socket.setTcpNoDelay(true);
            return new TcpConnection(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The connection's own end. */
    public InetSocketAddress local() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /**
     * Sends the bytes and reads as many back; true if they are the same.
     *
     * @throws IOException if the connection broke or the limit passed
     */
    public boolean echoes(byte[] bytes, Duration limit) throws IOException {
        socket.setSoTimeout((int) limit.toMillis());
        // Written beside the reading: both buffers full would hold both ends for ever.
        Thread writer =
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> {
                            try {
                                socket.getOutputStream().write(bytes);
                            } catch (IOException e) {
                                // The reader, which waits for these bytes, reports it.
                            }
                        });
        byte[] back = new byte[bytes.length];
        new DataInputStream(socket.getInputStream()).readFully(back);
        joined(writer);
        return Arrays.equals(bytes, back);
    }

    private static void joined(Thread writer) throws IOException {
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while writing");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
