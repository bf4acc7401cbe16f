package io.jnat.bench.voice;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One TCP connection that is kept full: a thread writes, another reads and counts. */
public final class TcpBulk implements BulkTransfer {
    private static final int CHUNK_BYTES = 256 * 1024;

    private final SocketChannel from;
    private final SocketChannel to;
    private final AtomicLong bytes = new AtomicLong();
    private final long startNanos = System.nanoTime();

    /** Why it has ended before it was closed. */
    private volatile @Nullable String end;

    /**
     * Begins at once, and takes the connection over.
     *
     * @param from the sending end
     * @param to the receiving end
     */
    public TcpBulk(SocketChannel from, SocketChannel to) {
        this.from = from;
        this.to = to;
        Thread.ofPlatform().daemon().name("bulk-reader").start(this::read);
        Thread.ofPlatform().daemon().name("bulk-writer").start(this::write);
    }

    private void write() {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try {
            while (true) {
                from.write(chunk.clear());
            }
        } catch (IOException e) {
            end = e.toString();
        }
    }

    private void read() {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try {
            int read = to.read(chunk);
            while (read >= 0) {
                bytes.lazySet(bytes.get() + read);
                read = to.read(chunk.clear());
            }
            end = "end of the stream";
        } catch (IOException e) {
            end = e.toString();
        }
    }

    @Override
    public double bitsPerSecond() throws IOException {
        String why = end;
        if (why != null) {
            throw new IOException("the transfer beside the calls broke off: " + why);
        }
        if (bytes.get() == 0) {
            throw new IOException("nothing arrived of the transfer beside the calls");
        }
        return 8e9 * bytes.get() / (System.nanoTime() - startNanos);
    }

    @Override
    public void close() throws IOException {
        from.close();
        to.close();
    }
}
