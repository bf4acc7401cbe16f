package io.jnat.tun.linux;

import io.jnat.core.offload.VirtioNetHeader;
import io.jnat.core.packet.Memory;
import io.jnat.tun.TunOptions;
import java.io.IOException;
import java.util.Arrays;

/**
 * Opens TUN devices with several {@linkplain TunQueues queues} where the kernel gives them, and
 * finds out which offloads it has. A device that somebody has made before, of one queue, is used as
 * it is.
 */
final class TunOpener {
    private static final String CLONE_DEVICE = "/dev/net/tun";
    private static final String NO_CLONE_DEVICE =
            CLONE_DEVICE
                    + " is something else than the TUN driver's device; remove it, and make it with"
                    + " 'mknod /dev/net/tun c 10 200'";
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long TUNSETQUEUE = 0x400454d9L;

    private static final int IFF_TUN = 1;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_MULTI_QUEUE = 0x100;
    private static final int IFF_DETACH_QUEUE = 0x400;

    /** The device must not exist: as one of several queues it would be shared with its holder. */
    private static final int IFF_TUN_EXCL = 0x8000;

    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;
    private static final int TUN_F_USO4 = 0x20;
    private static final int TUN_F_USO6 = 0x40;

    private TunOpener() {}

    static LinuxTun open(Kernel kernel, TunOptions options, int link) throws IOException {
        try (Scratch scratch = new Scratch()) {
            int fd = descriptor(kernel, scratch);
            TunQueues queues = null;
            InterfaceControl control = null;
            try {
                int flags = IFF_TUN | IFF_NO_PI | (options.offload() ? IFF_VNET_HDR : 0);
                String wanted = options.name();
                boolean several =
                        attach(kernel, fd, wanted, flags | IFF_MULTI_QUEUE | IFF_TUN_EXCL, scratch)
                                == 0;
                if (!several) {
                    int errno = attach(kernel, fd, wanted, flags, scratch);
                    if (errno != 0) {
                        throw Errno.failure(wanted, "TUNSETIFF", errno, attachAdvice(errno));
                    }
                }
                String name = scratch.string(InterfaceControl.NAME_BYTES);
                TunFeatures features = features(kernel, fd, name, options.offload(), scratch);
                queues =
                        several
                                ? more(kernel, fd, name, flags | IFF_MULTI_QUEUE, scratch)
                                : TunQueues.single(kernel, fd);
                control = InterfaceControl.open(kernel);
                if (options.mtuBytes() != 0) {
                    control.mtu(name, options.mtuBytes());
                }
                if (several) {
                    QueueingDiscipline.none(kernel, control.index(name));
                }
                return new LinuxTun(kernel, queues, control, name, link, features);
            } catch (IOException | RuntimeException | Error failure) {
                if (control != null) {
                    control.close();
                }
                if (queues != null) {
                    queues.close();
                } else {
                    kernel.close(fd);
                }
                throw failure;
            }
        }
    }

    private static int openClone(Kernel kernel, Scratch scratch) {
        return kernel.open(scratch.string(0, CLONE_DEVICE), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }

    private static int descriptor(Kernel kernel, Scratch scratch) throws IOException {
        int fd = openClone(kernel, scratch);
        if (fd < 0) {
            int errno = kernel.errno();
            throw Errno.failure(CLONE_DEVICE, "open", errno, openAdvice(errno));
        }
        return fd;
    }

    /** Attaches a descriptor to a device, which is made if need be; returns 0 or the errno. */
    private static int attach(Kernel kernel, int fd, String name, int flags, Scratch scratch) {
        long request = InterfaceControl.request(scratch, name);
        Memory.putShortLittleEndian(request + InterfaceControl.VALUE, flags);
        return kernel.ioctl(fd, TUNSETIFF, request) < 0 ? kernel.errno() : 0;
    }

    /** Opens a device's other queues, as many as the kernel gives, and the one to write to. */
    private static TunQueues more(
            Kernel kernel, int first, String name, int flags, Scratch scratch) {
        int[] opened = new int[TunQueues.COUNT + 1];
        opened[0] = first;
        int count = 1;
        while (count < opened.length) {
            int fd = openClone(kernel, scratch);
            if (fd < 0) {
                break;
            }
            if (attach(kernel, fd, name, flags, scratch) != 0) {
                kernel.close(fd);
                break;
            }
            opened[count++] = fd;
        }
        int last = opened[count - 1];
        if (count > 1 && detach(kernel, last, scratch)) {
            return TunQueues.of(kernel, Arrays.copyOf(opened, count - 1), last);
        }
        if (count > TunQueues.COUNT) {
            kernel.close(last);
            count = TunQueues.COUNT;
        }
        return TunQueues.of(kernel, Arrays.copyOf(opened, count), first);
    }

    private static boolean detach(Kernel kernel, int fd, Scratch scratch) {
        long request = InterfaceControl.request(scratch, "");
        Memory.putShortLittleEndian(request + InterfaceControl.VALUE, IFF_DETACH_QUEUE);
        return kernel.ioctl(fd, TUNSETQUEUE, request) >= 0;
    }

    private static TunFeatures features(
            Kernel kernel, int fd, String name, boolean wanted, Scratch scratch)
            throws IOException {
        if (!wanted) {
            // a persistent device remembers what its last user asked for
            offload(kernel, fd, 0);
            return TunFeatures.OFF;
        }
        if (kernel.ioctl(fd, TUNSETVNETHDRSZ, scratch.integer(VirtioNetHeader.BYTES)) < 0) {
            throw Errno.failure(name, "TUNSETVNETHDRSZ", kernel.errno(), "");
        }
        int tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
        int errno = offload(kernel, fd, tso | TUN_F_USO4 | TUN_F_USO6);
        if (errno == 0) {
            return new TunFeatures(true, true, true, true, "");
        }
        String refused = "the kernel refused it (TUNSETOFFLOAD: " + Errno.name(errno) + ")";
        if (offload(kernel, fd, tso) == 0) {
            return new TunFeatures(true, true, true, false, refused + "; UDP needs Linux 6.2");
        }
        if (offload(kernel, fd, TUN_F_CSUM) == 0) {
            return new TunFeatures(true, true, false, false, refused);
        }
        offload(kernel, fd, 0);
        return new TunFeatures(true, false, false, false, refused);
    }

    private static int offload(Kernel kernel, int fd, int mask) {
        return kernel.ioctl(fd, TUNSETOFFLOAD, mask) < 0 ? kernel.errno() : 0;
    }

    private static String openAdvice(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                    "no TUN driver here; load it with 'modprobe tun', in a container pass the device"
                            + " in";
            case Errno.EISDIR -> NO_CLONE_DEVICE; // what containers make of a missing source
            case Errno.EPERM, Errno.EACCES -> "needs root or CAP_NET_ADMIN";
            default -> "";
        };
    }

    private static String attachAdvice(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES -> "needs root or CAP_NET_ADMIN";
            case Errno.EBUSY -> "another process holds this device; stop it, or take another name";
            case Errno.EINVAL ->
                    "another process holds this device, or an interface of this name exists and is"
                            + " no TUN device of one queue; stop it, or take another name";
            case Errno.ENOTTY -> NO_CLONE_DEVICE;
            default -> "";
        };
    }
}
