package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network namespace of the test's own, with a thread that lives in it. Sockets, devices, threads
 * and processes that this thread makes live there too, and stay there when others use them.
 *
 * <p>Also for other modules' tests (in this module's test-jar).
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int O_RDONLY = 0;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final FutureTask<Object> END = new FutureTask<>(() -> null);

    private final String name;
    private final LinkedBlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;

    private NetworkNamespace(String name) {
        this.name = name;
        thread = new Thread(this::live, name);
        thread.setDaemon(true);
    }

    /** Skips the test, with the reason, where namespaces or TUN devices can't be made. */
    public static void assumeAvailable() {
        assumeTrue(Linux.isRoot(), "needs root for network namespaces");
        assumeTrue(
                Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun: the TUN driver is off");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/sbin/ip"))
                        || Files.isExecutable(Path.of("/sbin/ip"))
                        || Files.isExecutable(Path.of("/usr/bin/ip")),
                "needs the ip command (package iproute2)");
    }

    /** Makes a namespace with its loop-back device up. */
    public static NetworkNamespace create() throws IOException {
        String name = "jn" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        execute(List.of("ip", "netns", "add", name));
        NetworkNamespace created = new NetworkNamespace(name);
        created.thread.start();
        try {
            created.call(created::enter);
            created.ip("link", "set", "lo", "up");
        } catch (IOException failure) {
            created.close();
            throw failure;
        }
        return created;
    }

    /** Joins two namespaces with a veth pair that is up at both ends. */
    public static void join(
            NetworkNamespace one, String device, NetworkNamespace other, String otherDevice)
            throws IOException {
        execute(
                List.of(
                        "ip",
                        "link",
                        "add",
                        device,
                        "netns",
                        one.name,
                        "type",
                        "veth",
                        "peer",
                        "name",
                        otherDevice,
                        "netns",
                        other.name));
        one.ip("link", "set", device, "up");
        other.ip("link", "set", otherDevice, "up");
    }

    /** Its name, for {@code ip -n}. */
    public String name() {
        return name;
    }

    /** Runs {@code ip -n NAME ...}; returns what it prints. */
    public String ip(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(arguments));
        return execute(command);
    }

    /** Runs a command in the namespace; returns what it prints. */
    public String exec(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of("ip", "netns", "exec", name));
        command.addAll(List.of(arguments));
        return execute(command);
    }

    /** Adds an address that can be used at once (no duplicate address detection). */
    public void address(String device, String prefix) throws IOException {
        if (prefix.contains(":")) {
            ip("address", "add", prefix, "dev", device, "nodad");
        } else {
            ip("address", "add", prefix, "dev", device);
        }
    }

    /** Runs something on the namespace's thread and waits for it. */
    public <T> T call(Callable<T> body) throws IOException {
        FutureTask<T> task = new FutureTask<>(body);
        tasks.add(task);
        try {
            return task.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(failed.getCause());
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }

    private Void enter() throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        try (Scratch scratch = new Scratch()) {
            int fd = kernel.open(scratch.string(0, "/run/netns/" + name), O_RDONLY);
            if (fd < 0) {
                throw Errno.failure("namespace " + name, "open", kernel.errno(), "");
            }
            int entered = kernel.setns(fd, CLONE_NEWNET);
            int errno = kernel.errno();
            kernel.close(fd);
            if (entered < 0) {
                throw Errno.failure("namespace " + name, "setns", errno, "");
            }
        }
        return null;
    }

    private void live() {
        try {
            FutureTask<?> task = tasks.take();
            while (task != END) {
                task.run();
                task = tasks.take();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static String execute(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
        return output;
    }

    @Override
    public void close() throws IOException {
        tasks.add(END);
        try {
            thread.join(5_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        execute(List.of("ip", "netns", "delete", name));
    }
}
