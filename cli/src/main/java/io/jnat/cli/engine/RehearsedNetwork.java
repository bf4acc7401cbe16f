package io.jnat.cli.engine;

import io.jnat.tun.linux.Linux;
import io.jnat.tun.linux.PrivateNetwork;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A network namespace of its own, and the thread that is in it: what is opened there stays there.
 */
final class RehearsedNetwork implements AutoCloseable {
    private final ExecutorService thread;
    private final PrivateNetwork network;

    private RehearsedNetwork(ExecutorService thread, PrivateNetwork network) {
        this.thread = thread;
        this.network = network;
    }

    /**
     * Makes one.
     *
     * @param nice value of its thread, and of those that are started there
     * @throws IOException where the kernel or the user may not
     */
    static RehearsedNetwork enter(int nice) throws IOException {
        ExecutorService thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("rehearsal-network").factory());
        try {
            PrivateNetwork network =
                    call(
                            thread,
                            () -> {
                                Linux.setNiceOfThisThread(nice);
                                return PrivateNetwork.enter();
                            });
            return new RehearsedNetwork(thread, network);
        } catch (IOException failure) {
            thread.shutdown();
            throw failure;
        }
    }

    /** Gives a device there an IPv4 address. */
    void address(String device, int address, int prefixBits) throws IOException {
        call(() -> {
            network.address(device, address, prefixBits);
            return true;
        });
    }

    /** Opens something there. */
    <T> T call(Callable<T> opening) throws IOException {
        return call(thread, opening);
    }

    private static <T> T call(ExecutorService thread, Callable<T> opening) throws IOException {
        try {
            return thread.submit(opening).get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof IOException known) {
                throw known;
            }
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }

    /** Lets the thread end; what was opened is its owner's. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
