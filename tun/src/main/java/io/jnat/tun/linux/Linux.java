package io.jnat.tun.linux;

import io.jnat.core.engine.ReadySet;
import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import io.jnat.tun.Routes;
import io.jnat.tun.SocketOptions;
import io.jnat.tun.TunDevice;
import io.jnat.tun.TunOptions;
import io.jnat.tun.UdpSockets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Opens what jnat needs of Linux, in the network namespace of the calling thread. */
public final class Linux {
    private static final int PRIO_PROCESS = 0;
    private static final int SCHED_FIFO = 1;
    private static final int CPU_MASK_BYTES = 128;
    private static final long HUGE_PAGE_BYTES = 2 << 20;
    private static final int MADV_DONTNEED = 4;
    private static final int MCL_CURRENT = 1;
    private static final int MCL_ONFAULT = 4;
    private static final int MADV_HUGEPAGE = 14;

    /** Since Linux 6.1; before it, the kernel gets round to it by itself, some minutes later. */
    private static final int MADV_COLLAPSE = 25;

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
     * Has the kernel give a device no IPv6 link-local address when it comes up, as it does with its
     * own WireGuard devices. It is forgotten when the device moves to another network namespace.
     *
     * @param interfaceIndex of a device that is not up yet
     */
    public static void giveNoLinkLocalAddress(int interfaceIndex) throws IOException {
        LinkLocalAddress.none(NativeKernel.INSTANCE, interfaceIndex);
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

    /** Opens the routes, to hear of their changes. */
    public static Routes openRoutes() throws IOException {
        return LinuxRoutes.open(NativeKernel.INSTANCE);
    }

    /**
     * Listens for changes of the host, in the network namespace of the calling thread.
     *
     * @throws IOException when the kernel refuses, without CAP_NET_ADMIN or nf_tables for example
     */
    public static HostChanges openHostChanges() throws IOException {
        return HostChanges.open(NativeKernel.INSTANCE);
    }

    /**
     * Keeps cores awake while packets flow; it is told when they do.
     *
     * @param count how many cores
     * @param cores which ones; empty leaves it to the kernel
     * @throws IOException when the kernel refuses the lowest priority
     */
    public static AwakeCores keepCoresAwake(int count, List<Integer> cores) throws IOException {
        return AwakeCores.start(NativeKernel.INSTANCE, count, cores);
    }

    /** Whether this process runs as root. */
    public static boolean isRoot() {
        return NativeKernel.INSTANCE.geteuid() == 0;
    }

    /** Makes descriptor {@code to} mean what {@code from} means; false where that can't be had. */
    public static boolean duplicate(int from, int to) {
        return NativeKernel.INSTANCE.duplicate(from, to, 0) == to;
    }

    /** Closes a descriptor that nobody uses any more. */
    public static void close(int descriptor) {
        NativeKernel.INSTANCE.close(descriptor);
    }

    /**
     * Sets the nice value of the calling thread alone, -20 (first) to 19.
     *
     * @throws IOException when it is lowered without CAP_SYS_NICE
     */
    public static void setNiceOfThisThread(int nice) throws IOException {
        setNice(0, "thread " + Thread.currentThread().getName(), nice);
    }

    /**
     * Sets the nice value of another thread.
     *
     * @param thread its number, as in {@code /proc/self/task}
     * @throws IOException when it is lowered without CAP_SYS_NICE, or the thread has ended
     */
    public static void setNiceOfThread(int thread, int nice) throws IOException {
        setNice(thread, "thread " + thread, nice);
    }

    private static void setNice(int thread, String name, int nice) throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        if (kernel.setpriority(PRIO_PROCESS, thread, nice) < 0) {
            throw Errno.failure(
                    name,
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

    /** Which cores the calling thread may run on; a container's need not begin with 0. */
    public static List<Integer> coresOfThisThread() throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        try (Scratch mask = new Scratch()) {
            if (kernel.schedGetaffinity(0, CPU_MASK_BYTES, mask.address()) < 0) {
                throw Errno.failure(
                        "thread " + Thread.currentThread().getName(),
                        "sched_getaffinity",
                        kernel.errno(),
                        "the machine has more than 1024 cores");
            }
            List<Integer> cores = new ArrayList<>();
            for (int core = 0; core < 8 * CPU_MASK_BYTES; core++) {
                if ((Memory.getByte(mask.address() + core / 8) >> (core % 8) & 1) != 0) {
                    cores.add(core);
                }
            }
            return cores;
        }
    }

    /**
     * From now on the calling thread runs whenever it wants to, before every other of the usual
     * kind (SCHED_FIFO, the least priority of it). It must want to seldom, and never for long.
     *
     * @throws IOException without CAP_SYS_NICE, or when the control group has no time for such
     */
    public static void goBeforeOthers() throws IOException {
        schedule(
                NativeKernel.INSTANCE,
                SCHED_FIFO,
                1,
                "SCHED_FIFO",
                "needs root or CAP_SYS_NICE; a container may forbid it");
    }

    /** Gives the calling thread a scheduling policy; name and advice are for the failure. */
    static void schedule(Kernel kernel, int policy, int priority, String name, String advice)
            throws IOException {
        try (Scratch parameter = new Scratch()) {
            if (kernel.schedSetscheduler(0, policy, parameter.integer(priority)) < 0) {
                throw Errno.failure(
                        "thread " + Thread.currentThread().getName(),
                        "sched_setscheduler " + name,
                        kernel.errno(),
                        advice);
            }
        }
    }

    /**
     * Has slabs that are allocated from now on cost memory only where they are used: most of what
     * bursts and tables have room for never is.
     */
    public static void takeUnusedPagesBack() {
        Kernel kernel = NativeKernel.INSTANCE;
        long page = kernel.getpagesize();
        Slab.takeUnusedPagesBack((address, bytes) -> {
            long start = (address + page - 1) & -page;
            long whole = (address + bytes - start) & -page;
            if (whole > 0) {
                kernel.madvise(start, whole, MADV_DONTNEED); // refused: they stay as they are
            }
        });
    }

    /**
     * Has the kernel keep in memory what this process uses of it by now, code and files too, and
     * what it comes to use of the same areas. Memory of areas that it asks for later is not kept.
     *
     * @throws IOException without CAP_IPC_LOCK
     */
    public static void keepInMemory() throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        if (kernel.mlockall(MCL_CURRENT | MCL_ONFAULT) < 0) {
            throw Errno.failure(
                    "memory", "mlockall", kernel.errno(), "it needs root or CAP_IPC_LOCK");
        }
    }

    /**
     * Asks for huge pages under the large tables that are allocated by now: a lookup at random
     * costs two address translations, which are dearer than the memory itself once the tables
     * outgrow the processor's cache of them. Where the kernel has none, nothing changes.
     *
     * @return bytes that have huge pages now, as far as the kernel says
     */
    public static long preferHugePages() {
        Kernel kernel = NativeKernel.INSTANCE;
        long[] slabs = Slab.living();
        long collapsed = 0;
        for (int at = 0; at < slabs.length; at += 2) {
            long start = (slabs[at] + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
            long bytes = (slabs[at + 1] & -HUGE_PAGE_BYTES) - start;
            if (bytes > 0
                    && kernel.madvise(start, bytes, MADV_HUGEPAGE) == 0
                    && kernel.madvise(start, bytes, MADV_COLLAPSE) == 0) {
                collapsed += bytes;
            }
        }
        return collapsed;
    }
}
