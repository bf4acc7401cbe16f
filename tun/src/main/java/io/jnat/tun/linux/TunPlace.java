package io.jnat.tun.linux;

import io.jnat.tun.TunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a TUN device is, and what it is like there: others may rename it and move it to another
 * network namespace.
 *
 * <p>Nothing is held open in a namespace that is not the one it was made in: a socket would keep
 * that namespace alive after everybody else has left it, and with it the device. So questions there
 * are asked on a thread that enters and ends, and changes there are heard of from outside.
 *
 * <p>Any thread, but for {@link #awaitChange}.
 */
final class TunPlace implements AutoCloseable {
    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNGETDEVNETNS = 0x54e3;

    private final Kernel kernel;
    private final int fd;
    private final InterfaceControl home;
    private final String homeNamespace = identity("/proc/thread-self/ns/net");

    /** Guarded by this. */
    private String namespace = homeNamespace;

    private volatile String name;
    private volatile boolean gone;

    // Owner: the thread that waits for changes.
    private boolean listening;
    private @Nullable NetworkEvents events;
    private String heardNamespace = homeNamespace;

    /**
     * A device that is in the calling thread's namespace.
     *
     * @param fd its descriptor, which stays the caller's
     * @param home where it was made; closed by {@link #close}
     */
    TunPlace(Kernel kernel, int fd, InterfaceControl home, String name) {
        this.kernel = kernel;
        this.fd = fd;
        this.home = home;
        this.name = name;
    }

    /** Something asked of the interface, or done to it. */
    @FunctionalInterface
    interface Question<T> {
        T ask(InterfaceControl control, String name) throws IOException;
    }

    String name() {
        return name;
    }

    boolean isGone() {
        return gone;
    }

    /** The descriptor said that there is no device any more. */
    void noteGone() {
        gone = true;
    }

    /**
     * Asks where the device is now. The descriptor is asked for that first: there may be another
     * device of its name by now where this one was.
     */
    synchronized <T> T ask(Question<T> question) throws IOException {
        int space = kernel.ioctl(fd, TUNGETDEVNETNS, 0); // Linux 5.5 and later
        int errno = space < 0 ? kernel.errno() : 0;
        if (errno == Errno.EBADFD) {
            gone = true;
            throw Errno.failure(name, "TUNGETDEVNETNS", errno, "the device is gone");
        }
        try {
            namespace = space < 0 ? namespace : identity("/proc/self/fd/" + space);
            name = presentName();
            if (space < 0 || namespace.equals(homeNamespace)) {
                return question.ask(home, name);
            }
            return InterfaceControl.openIn(
                    kernel,
                    space,
                    () -> {
                        try (InterfaceControl there = InterfaceControl.open(kernel)) {
                            return question.ask(there, name);
                        }
                    });
        } finally {
            if (space >= 0) {
                kernel.close(space);
            }
        }
    }

    private String presentName() {
        try (Scratch scratch = new Scratch()) {
            InterfaceControl.request(scratch, "");
            return kernel.ioctl(fd, TUNGETIFF, scratch.address()) < 0
                    ? name
                    : scratch.string(InterfaceControl.NAME_BYTES);
        }
    }

    /** How it is; where the interface can't be asked, a write of nothing tells up from down. */
    synchronized TunState state() {
        try {
            return ask((control, device) ->
                    new TunState(false, control.isUp(device), control.mtu(device), device));
        } catch (IOException notReached) {
            int wrote = gone || kernel.write(fd, 0, 0) >= 0 ? 0 : kernel.errno();
            gone |= wrote == Errno.EBADFD || wrote == Errno.ENODEV;
            return new TunState(gone, !gone && wrote != Errno.EIO, 0, name);
        }
    }

    /** Waits until something may have changed, or the time is over. One thread. */
    void awaitChange(long nanos) throws InterruptedException {
        String here;
        synchronized (this) {
            here = namespace;
        }
        if (!listening) {
            listening = true;
            events = listen();
        } else if (!here.equals(heardNamespace)) {
            heardNamespace = here;
            hear();
        } else if (events != null) {
            events.await(nanos);
        } else {
            Thread.sleep(Duration.ofNanos(nanos));
        }
    }

    /** The caller looks once more, for what came before. */
    private @Nullable NetworkEvents listen() {
        int space = kernel.ioctl(fd, TUNGETDEVNETNS, 0);
        if (space < 0) {
            return null; // then changes are noticed when the time is over
        }
        try {
            boolean atHome = identity("/proc/self/fd/" + space).equals(homeNamespace);
            return atHome
                    ? InterfaceControl.openIn(kernel, space, () -> NetworkEvents.ofLinks(kernel))
                    : NetworkEvents.ofLinks(kernel);
        } catch (IOException unheard) {
            return null;
        } finally {
            kernel.close(space);
        }
    }

    private void hear() {
        NetworkEvents heard = events;
        int space = heard == null ? -1 : kernel.ioctl(fd, TUNGETDEVNETNS, 0);
        if (heard != null && space >= 0) {
            heard.hear(space);
            kernel.close(space);
        }
    }

    /** {@code net:[4026531840]}: the same only for the same namespace, while that exists. */
    private static String identity(String link) {
        try {
            return Files.readSymbolicLink(Path.of(link)).toString();
        } catch (IOException noProc) {
            return "";
        }
    }

    @Override
    public synchronized void close() {
        home.close();
        if (events != null) {
            events.close();
        }
    }
}
