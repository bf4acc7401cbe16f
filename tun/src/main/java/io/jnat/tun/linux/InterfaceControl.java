package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Asks and changes an interface through {@code struct ifreq}: its name in the first 16 bytes, then
 * one value. Bound to the network namespace of the thread that opened it. Any thread.
 */
final class InterfaceControl implements AutoCloseable {
    static final int NAME_BYTES = 16;

    /** Offset of the value in {@code struct ifreq}. */
    static final int VALUE = NAME_BYTES;

    private static final int REQUEST_BYTES = 40;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;

    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCSIFADDR = 0x8916;
    private static final long SIOCSIFNETMASK = 0x891c;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int IFF_UP = 1;
    static final int CLONE_NEWNET = 0x40000000;

    private final Kernel kernel;
    private final int fd;

    private InterfaceControl(Kernel kernel, int fd) {
        this.kernel = kernel;
        this.fd = fd;
    }

    static InterfaceControl open(Kernel kernel) throws IOException {
        int fd = kernel.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw Errno.failure("interface control", "socket", kernel.errno(), "");
        }
        return new InterfaceControl(kernel, fd);
    }

    /**
     * Opens something in another network namespace, on a thread that ends there.
     *
     * @param namespace descriptor of the namespace; stays open
     */
    static <T> T openIn(Kernel kernel, int namespace, Callable<T> opening) throws IOException {
        FutureTask<T> task =
                new FutureTask<>(() -> {
                    if (kernel.setns(namespace, CLONE_NEWNET) < 0) {
                        throw Errno.failure("network namespace", "setns", kernel.errno(), "");
                    }
                    return opening.call();
                });
        Thread.ofPlatform().name("namespace").start(task);
        try {
            return task.get();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
    }

    /** Lays a blank request for a device at the start of the scratch memory. */
    static long request(Scratch scratch, String name) {
        Memory.zero(scratch.address(), REQUEST_BYTES);
        return scratch.string(0, name);
    }

    int index(String name) throws IOException {
        return ask(name, "SIOCGIFINDEX", SIOCGIFINDEX);
    }

    int mtu(String name) throws IOException {
        return ask(name, "SIOCGIFMTU", SIOCGIFMTU);
    }

    void mtu(String name, int bytes) throws IOException {
        change(name, "SIOCSIFMTU " + bytes, SIOCSIFMTU, bytes);
    }

    boolean isUp(String name) throws IOException {
        return (ask(name, "SIOCGIFFLAGS", SIOCGIFFLAGS) & IFF_UP) != 0;
    }

    void up(String name) throws IOException {
        int flags = ask(name, "SIOCGIFFLAGS", SIOCGIFFLAGS) & 0xffff;
        change(name, "SIOCSIFFLAGS up", SIOCSIFFLAGS, flags | IFF_UP);
    }

    /**
     * Gives a device an IPv4 address; the kernel makes the route to its network.
     *
     * @param address as a number, first byte highest
     */
    void address(String name, int address, int prefixBits) throws IOException {
        socketAddress(name, "SIOCSIFADDR", SIOCSIFADDR, address);
        socketAddress(name, "SIOCSIFNETMASK", SIOCSIFNETMASK, -1 << (Integer.SIZE - prefixBits));
    }

    private void socketAddress(String name, String call, long code, int address)
            throws IOException {
        try (Scratch scratch = new Scratch()) {
            long request = request(scratch, name);
            Memory.putShortLittleEndian(request + VALUE, AF_INET);
            Memory.putInt(request + VALUE + 4, address);
            run(name, call, code, request);
        }
    }

    private int ask(String name, String call, long code) throws IOException {
        try (Scratch scratch = new Scratch()) {
            long request = request(scratch, name);
            run(name, call, code, request);
            return Memory.getIntLittleEndian(request + VALUE);
        }
    }

    private void change(String name, String call, long code, int value) throws IOException {
        try (Scratch scratch = new Scratch()) {
            long request = request(scratch, name);
            Memory.putIntLittleEndian(request + VALUE, value);
            run(name, call, code, request);
        }
    }

    private void run(String name, String call, long code, long request) throws IOException {
        if (kernel.ioctl(fd, code, request) < 0) {
            int errno = kernel.errno();
            throw Errno.failure(name, call, errno, advice(errno));
        }
    }

    private static String advice(int errno) {
        return switch (errno) {
            case Errno.ENODEV -> "the device is gone, or in another network namespace";
            case Errno.EPERM -> "needs root or CAP_NET_ADMIN";
            default -> "";
        };
    }

    @Override
    public void close() {
        kernel.close(fd);
    }
}
