package io.jnat.tun.linux;

import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Memory;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;

/** Opens what jnat needs of Linux, in the network namespace of the calling thread. */
public final class Linux {
    private static final int PRIO_PROCESS = 0;
    private static final int CPU_MASK_BYTES = 128;

    private Linux() {}

    /**
     * Opens a TUN device; it is not brought up yet.
     *
     * @param link {@code inLink} of what is received from it
     * @throws IOException naming the device, the call, the errno and what to do
     */
    public static TunDevice openTun(TunOptions options, int link) throws IOException {
        return LinuxTun.open(NativeKernel.INSTANCE, options, link);
    }

    /**
     * Opens the tunnel's sockets.
     *
     * @throws IOException naming the port, the call, the errno and what to do
     */
    public static UdpSockets openSockets(SocketOptions options) throws IOException {
        return LinuxSockets.open(NativeKernel.INSTANCE, options);
    }

    /** Makes an epoll set for one engine thread. */
    public static ReadySet openReadySet() throws IOException {
        return Epoll.open(NativeKernel.INSTANCE);
    }

    /** Whether this process runs as root. */
    public static boolean isRoot() {
        return NativeKernel.INSTANCE.geteuid() == 0;
    }

    /**
     * Sets the nice value of the calling thread alone, -20 (first) to 19.
     *
     * @throws IOException when it is lowered without CAP_SYS_NICE
     */
    public static void setNiceOfThisThread(int nice) throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        if (kernel.setpriority(PRIO_PROCESS, 0, nice) < 0) {
            throw Errno.failure(
                    "thread " + Thread.currentThread().getName(),
                    "setpriority " + nice,
                    kernel.errno(),
                    "a negative nice value needs root or CAP_SYS_NICE");
        }
    }

    /** The nice value of the calling thread. */
    public static int niceOfThisThread() {
        return NativeKernel.INSTANCE.getpriority(PRIO_PROCESS, 0);
    }

    /**
     * Lets the calling thread run on one core only.
     *
     * @param core from 0
     */
    public static void pinThisThread(int core) throws IOException {
        if (core < 0 || core >= 8 * CPU_MASK_BYTES) {
            throw new IllegalArgumentException("core " + core + " (expected: 0 to 1023)");
        }
        Kernel kernel = NativeKernel.INSTANCE;
        try (Scratch mask = new Scratch()) {
            Memory.putByte(mask.address() + core / 8, 1 << (core % 8));
            if (kernel.schedSetaffinity(0, CPU_MASK_BYTES, mask.address()) < 0) {
                throw Errno.failure(
                        "thread " + Thread.currentThread().getName(),
                        "sched_setaffinity to core " + core,
                        kernel.errno(),
                        "the machine or the container has no such core");
            }
        }
    }
}
