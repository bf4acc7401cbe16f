package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import java.io.IOException;

/**
 * The IPv6 address {@code fe80::…} that the kernel gives a device when it comes up, at random and
 * anew for each that is made.
 */
final class LinkLocalAddress {
    private static final int RTM_SETLINK = 19;
    private static final int IFLA_AF_SPEC = 26;
    private static final int AF_INET6 = 10;
    private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    private static final int IN6_ADDR_GEN_MODE_NONE = 1;
    private static final int MESSAGE_BYTES = 48;

    private LinkLocalAddress() {}

    /**
     * Has the kernel give none. Where it does not want to, without IPv6 for example, nothing
     * changes.
     *
     * <pre>
     *   struct ifinfomsg 16 family, padding   18 type   20 interface   24 flags   28 change
     *   struct rtattr    32 length (2)   34 IFLA_AF_SPEC (2), of it:
     *   struct rtattr    36 length (2)   38 AF_INET6 (2), of it:
     *   struct rtattr    40 length (2)   42 IFLA_INET6_ADDR_GEN_MODE (2)   44 mode (1), padding
     * </pre>
     *
     * @param interfaceIndex in the calling thread's network namespace
     */
    static void none(Kernel kernel, int interfaceIndex) throws IOException {
        NetlinkRequest.send(
                kernel,
                RTM_SETLINK,
                NetlinkRequest.REQUEST,
                interfaceIndex,
                MESSAGE_BYTES,
                scratch -> {
                    long message = scratch.address();
                    Memory.putShortLittleEndian(message + 32, MESSAGE_BYTES - 32);
                    Memory.putShortLittleEndian(message + 34, IFLA_AF_SPEC);
                    Memory.putShortLittleEndian(message + 36, MESSAGE_BYTES - 36);
                    Memory.putShortLittleEndian(message + 38, AF_INET6);
                    Memory.putShortLittleEndian(message + 40, 4 + 1);
                    Memory.putShortLittleEndian(message + 42, IFLA_INET6_ADDR_GEN_MODE);
                    Memory.putByte(message + 44, IN6_ADDR_GEN_MODE_NONE);
                });
    }
}
