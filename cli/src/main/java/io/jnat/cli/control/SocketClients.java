package io.jnat.cli.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * The clients of a socket, each served on a thread of its own. One more than there are places for
 * is turned away; one that cannot be taken costs the next ones nothing.
 */
public final class SocketClients {
    /** What is done for one client. */
    @FunctionalInterface
    public interface Service {
        /** Serves it until it has no more to ask; it is closed then. */
        void serve(SocketChannel client) throws IOException;
    }

    /** After a client that could not be taken. */
    private static final long REST_NANOS = 100_000_000;

    private final String name;
    private final ServerSocketChannel server;
    private final Semaphore places;
    private final Service service;

    /**
     * @param name of the thread that takes them; theirs have {@code -client} behind it
     * @param most at once
     */
    public SocketClients(String name, ServerSocketChannel server, int most, Service service) {
        this.name = name;
        this.server = server;
        places = new Semaphore(most);
        this.service = service;
    }

    /** Begins to take them, until the socket is closed. */
    public void start() {
        Thread.ofPlatform().daemon().name(name).start(this::accept);
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                take(server.accept());
            } catch (ClosedChannelException stopped) {
                return;
            } catch (IOException | RuntimeException | Error failure) {
                // One client that failed, or no file left for any; the next one may not fail.
                LockSupport.parkNanos(REST_NANOS);
            }
        }
    }

    private void take(SocketChannel client) throws IOException {
        if (!places.tryAcquire()) {
            client.close();
            return;
        }
        try {
            // A virtual thread needs files of the JVM's own, and would never work if it has none
            // now.
            Thread.ofPlatform().daemon().name(name + "-client").start(() -> serve(client));
        } catch (RuntimeException | Error noThread) {
            places.release();
            client.close();
            throw noThread;
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            service.serve(client);
        } catch (IOException | UncheckedIOException gone) {
            // it went away, and will ask again if it wants to
        } finally {
            places.release();
        }
    }
}
