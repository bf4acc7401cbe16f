package io.jnat.cli.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One network namespace of the laboratory, and a thread of this process that lives in it: sockets
 * opened on that thread are the namespace's own.
 */
public final class Namespace implements AutoCloseable {

    private final String name;
    private final ExecutorService thread;

    private Namespace(String name) {
        this.name = name;
        this.thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("netns-" + name).daemon().factory());
    }

    /** Enters a namespace that exists already. */
    static Namespace enter(String name) throws IOException {
        Namespace namespace = new Namespace(name);
        namespace.call(() -> {
            Setns.enter(name);
            return name;
        });
        return namespace;
    }

    /** The name {@code ip netns} knows it by. */
    public String name() {
        return name;
    }

    /** Something that is done inside; typically opening a socket. */
    public <T> T call(Callable<T> action) throws IOException {
        try {
            return thread.submit(action).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(name);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(name + ": " + e.getCause(), e.getCause());
        }
    }

    /** The command, as it is started inside this namespace from outside. */
    public List<String> inside(String... command) {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", name));
        line.addAll(List.of(command));
        return line;
    }

    /** Runs a command inside and gives back what it printed. */
    public String run(String... command) throws IOException {
        return Shell.run(inside(command), "");
    }

    /** Loads nftables rules. */
    public void nft(String ruleset) throws IOException {
        Shell.run(inside("nft", "-f", "-"), ruleset);
    }

    /** Runs several {@code ip} commands, one a line, without the leading {@code ip}. */
    public void ip(String commands) throws IOException {
        Shell.run(List.of("ip", "-n", name, "-batch", "-"), commands);
    }

    /** Sets a value below {@code /proc/sys/net}; which namespace's, the writing thread decides. */
    void sysctl(String path, String value) throws IOException {
        call(() -> Files.writeString(Path.of("/proc/sys/net").resolve(path), value));
    }

    /** Leaves the thread; the namespace itself is removed by the laboratory. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
