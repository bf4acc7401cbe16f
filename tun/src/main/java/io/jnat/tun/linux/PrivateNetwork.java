package io.jnat.tun.linux;

import java.io.IOException;

/**
 * A network namespace without a name, that the calling thread alone is in. What it opens there
 * stays there, and the namespace ends with the last of it. Nothing outside can be reached from it.
 */
public final class PrivateNetwork {
    private final Kernel kernel;

    private PrivateNetwork(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Moves the calling thread into a namespace of its own, for good, with the loop-back device up.
     * The thread should end soon: threads that it makes are there, too.
     *
     * @throws IOException where the kernel or the user may not
     */
    public static PrivateNetwork enter() throws IOException {
        Kernel kernel = NativeKernel.INSTANCE;
        if (kernel.unshare(InterfaceControl.CLONE_NEWNET) < 0) {
            throw Errno.failure(
                    "network namespace", "unshare", kernel.errno(), "needs root or CAP_SYS_ADMIN");
        }
        try (InterfaceControl control = InterfaceControl.open(kernel)) {
            control.up("lo");
        }
        return new PrivateNetwork(kernel);
    }

    /**
     * Gives a device of this network an address.
     *
     * @param address IPv4, as a number, first byte highest
     */
    public void address(String device, int address, int prefixBits) throws IOException {
        try (InterfaceControl control = InterfaceControl.open(kernel)) {
            control.address(device, address, prefixBits);
        }
    }
}
