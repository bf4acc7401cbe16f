package io.jnat.bench.voice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class TcpBulkTest {
    private static final long LIMIT_NANOS = 5_000_000_000L;

    @Test
    void aTransferThatGoesOnHasARate() throws IOException {
        SocketChannel[] ends = connected();
        try (TcpBulk bulk = new TcpBulk(ends[0], ends[1])) {
            long startNanos = System.nanoTime();
            while (!isSeen(bulk) && System.nanoTime() - startNanos < LIMIT_NANOS) {
                LockSupport.parkNanos(1_000_000);
            }
            assertTrue(bulk.bitsPerSecond() > 0);
        }
    }

    private static boolean isSeen(TcpBulk bulk) {
        try {
            return bulk.bitsPerSecond() > 0;
        } catch (IOException nothingYet) {
            return false;
        }
    }

    /** Otherwise calls that were alone for the most part keep a budget of those beside it. */
    @Test
    void aTransferThatBreaksOffIsSaidToHave() throws IOException {
        for (boolean atReceiver : new boolean[] {false, true}) {
            SocketChannel[] ends = connected();
            try (TcpBulk bulk = new TcpBulk(ends[0], ends[1])) {
                LockSupport.parkNanos(50_000_000);
                // As the network's reset would: at the other end of this connection.
                SocketChannel broken = ends[atReceiver ? 1 : 0];
                broken.setOption(StandardSocketOptions.SO_LINGER, 0).close();
                LockSupport.parkNanos(200_000_000);
                IOException failure = assertThrows(IOException.class, bulk::bitsPerSecond);
                assertTrue(
                        failure.getMessage().startsWith("the transfer beside the calls broke off"),
                        failure::getMessage);
            }
        }
    }

    @Test
    void aTransferOfWhichNothingArrivesIsNone() throws IOException {
        SocketChannel[] oneWay = connected();
        SocketChannel[] silent = connected();
        try (SocketChannel unread = oneWay[1];
                SocketChannel unwritten = silent[0];
                TcpBulk bulk = new TcpBulk(oneWay[0], silent[1])) {
            LockSupport.parkNanos(50_000_000);
            assertTrue(unread.isOpen() && unwritten.isOpen());
            IOException failure = assertThrows(IOException.class, bulk::bitsPerSecond);
            assertEquals("nothing arrived of the transfer beside the calls", failure.getMessage());
        }
    }

    private static SocketChannel[] connected() throws IOException {
        try (ServerSocketChannel server =
                ServerSocketChannel.open()
                        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            SocketChannel from = SocketChannel.open(server.getLocalAddress());
            return new SocketChannel[] {from, server.accept()};
        }
    }
}
