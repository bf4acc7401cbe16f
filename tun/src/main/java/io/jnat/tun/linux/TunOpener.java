package io.jnat.tun.linux;

import io.jnat.core.offload.VirtioNetHeader;
import io.jnat.core.packet.Memory;
import io.jnat.tun.TunOptions;
import java.io.IOException;

/** Opens TUN devices and finds out which offloads the kernel has. */
final class TunOpener {
    private static final String CLONE_DEVICE = "/dev/net/tun";
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;

    private static final int IFF_TUN = 1;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;

    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;
    private static final int TUN_F_USO4 = 0x20;
    private static final int TUN_F_USO6 = 0x40;

    private TunOpener() {}

    static LinuxTun open(Kernel kernel, TunOptions options, int link) throws IOException {
        try (Scratch scratch = new Scratch()) {
            int fd = kernel.open(scratch.string(0, CLONE_DEVICE), O_RDWR | O_NONBLOCK | O_CLOEXEC);
            if (fd < 0) {
                int errno = kernel.errno();
                throw Errno.failure(CLONE_DEVICE, "open", errno, openAdvice(errno));
            }
            InterfaceControl control = null;
            try {
                String name = attach(kernel, fd, options, scratch);
                TunFeatures features = features(kernel, fd, name, options.offload(), scratch);
                control = InterfaceControl.open(kernel);
                if (options.mtuBytes() != 0) {
                    control.mtu(name, options.mtuBytes());
                }
                return new LinuxTun(kernel, fd, control, name, link, features);
            } catch (IOException failure) {
                if (control != null) {
                    control.close();
                }
                kernel.close(fd);
                throw failure;
            }
        }
    }

    private static String attach(Kernel kernel, int fd, TunOptions options, Scratch scratch)
            throws IOException {
        long request = InterfaceControl.request(scratch, options.name());
        int flags = IFF_TUN | IFF_NO_PI | (options.offload() ? IFF_VNET_HDR : 0);
        Memory.putShortLittleEndian(request + InterfaceControl.VALUE, flags);
        if (kernel.ioctl(fd, TUNSETIFF, request) < 0) {
            int errno = kernel.errno();
            throw Errno.failure(options.name(), "TUNSETIFF", errno, attachAdvice(errno));
        }
        return scratch.string(0, InterfaceControl.NAME_BYTES, true);
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
            case Errno.EPERM, Errno.EACCES -> "needs root or CAP_NET_ADMIN";
            default -> "";
        };
    }

    private static String attachAdvice(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES -> "needs root or CAP_NET_ADMIN";
            case Errno.EBUSY -> "another process holds this device; stop it, or take another name";
            case Errno.EINVAL ->
                    "an interface of this name exists and is no TUN device of one queue; take"
                            + " another name";
            default -> "";
        };
    }
}
