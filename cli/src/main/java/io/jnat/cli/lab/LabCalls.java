package io.jnat.cli.lab;

import io.jnat.bench.voice.BulkTransfer;
import io.jnat.bench.voice.Direction;
import io.jnat.bench.voice.SocketPath;
import io.jnat.bench.voice.TcpBulk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls in the laboratory, from the internet client to the relay's forwarded ports and so to the
 * captured radio, and back; and a transfer beside them.
 */
public final class LabCalls implements AutoCloseable {
    /** As many as there are forwarded ports. */
    public static final int MOST = LabFiles.VOICE_LAST_PORT - LabFiles.VOICE_FIRST_PORT + 1;

    private static final int FIRST_CLIENT_PORT = 20_000;
    private static final int FIRST_CABLE_PORT = FIRST_CLIENT_PORT + MOST;
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private final SocketPath path;

    private LabCalls(List<SocketPath.Call> calls) throws IOException {
        path = new SocketPath(calls);
    }

    /** Opens the sockets of so many calls through both ends of the tunnel. */
    public static LabCalls open(NetworkLab lab, int count) throws IOException {
        return open(lab, count, FIRST_CLIENT_PORT, NetworkLab.VPS, "radio");
    }

    /** Calls over nothing but the virtual cable between the client and the internet's router. */
    public static LabCalls openOnCable(NetworkLab lab, int count) throws IOException {
        return open(lab, count, FIRST_CABLE_PORT, NetworkLab.INTERNET, "internet");
    }

    /**
     * Opens them.
     *
     * @param called where the client finds the other end
     * @param namespace that one's, where the caller's own address is seen: a forward keeps it
     */
    private static LabCalls open(
            NetworkLab lab, int count, int firstClientPort, String called, String namespace)
            throws IOException {
        List<SocketPath.Call> calls = new ArrayList<>();
        for (int call = 0; call < count; call++) {
            int port = LabFiles.VOICE_FIRST_PORT + call;
            int clientPort = firstClientPort + call;
            calls.add(
                    new SocketPath.Call(
                            socket(
                                    lab.namespace("client"),
                                    clientPort,
                                    NetworkLab.at(called, port)),
                            socket(
                                    lab.namespace(namespace),
                                    port,
                                    NetworkLab.at(NetworkLab.CLIENT, clientPort))));
        }
        return new LabCalls(calls);
    }

    private static DatagramChannel socket(Namespace namespace, int port, InetSocketAddress to)
            throws IOException {
        return namespace.call(() ->
                DatagramChannel.open(StandardProtocolFamily.INET)
                        .bind(new InetSocketAddress("0.0.0.0", port))
                        .connect(to));
    }

    /** Begins a TCP transfer through the tunnel that takes all it can get. */
    public static BulkTransfer bulk(NetworkLab lab, Direction direction) throws IOException {
        try (ServerSocketChannel server =
                lab.namespace("radio")
                        .call(() ->
                                ServerSocketChannel.open(StandardProtocolFamily.INET)
                                        .setOption(StandardSocketOptions.SO_REUSEADDR, true)
                                        .bind(
                                                new InetSocketAddress(
                                                        "0.0.0.0", LabFiles.WEB_PORT)))) {
            SocketChannel client =
                    lab.namespace("client")
                            .call(() -> SocketChannel.open(StandardProtocolFamily.INET));
            try {
                client.socket()
                        .connect(
                                NetworkLab.at(NetworkLab.VPS, LabFiles.WEB_PORT),
                                (int) CONNECT_LIMIT.toMillis());
            } catch (SocketTimeoutException e) {
                // It would be taken for an interruption, which it is a kind of.
                throw new IOException(
                        "a transfer gets no TCP connection to the forwarded port within "
                                + CONNECT_LIMIT.toSeconds()
                                + " s",
                        e);
            }
            SocketChannel device = server.accept();
            return direction == Direction.TO_SITE
                    ? new TcpBulk(client, device)
                    : new TcpBulk(device, client);
        }
    }

    /** What carries them. */
    public SocketPath path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        path.close();
    }
}
