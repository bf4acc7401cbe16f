package io.jnat.tun.linux;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;

/**
 * {@code struct sockaddr_in} and {@code sockaddr_in6}: family in the machine's order (0), port (2),
 * then the IPv4 address (4), or flow information (4), IPv6 address (8), scope in the machine's
 * order (24). Allocates nothing.
 */
final class SocketAddress {
    static final int INET = 2;
    static final int INET6 = 10;
    static final int INET_BYTES = 16;
    static final int INET6_BYTES = 28;

    private static final int PORT = 2;
    private static final int IPV4_ADDRESS = 4;
    private static final int IPV6_ADDRESS = 8;
    private static final int SCOPE = 24;

    private SocketAddress() {}

    /** Writes an endpoint's remote side; returns the length of the structure. */
    static int write(long address, Endpoint to) {
        if (to.v6) {
            Memory.putShortLittleEndian(address, INET6);
            Memory.putShort(address + PORT, to.port);
            Memory.putInt(address + 4, 0);
            Memory.putLong(address + IPV6_ADDRESS, to.high);
            Memory.putLong(address + IPV6_ADDRESS + 8, to.low);
            Memory.putIntLittleEndian(address + SCOPE, to.scope);
            return INET6_BYTES;
        }
        Memory.putShortLittleEndian(address, INET);
        Memory.putShort(address + PORT, to.port);
        Memory.putInt(address + IPV4_ADDRESS, (int) to.low);
        Memory.putLong(address + 8, 0);
        return INET_BYTES;
    }

    /** Writes the wildcard address of a family; returns the length of the structure. */
    static int writeAny(long address, boolean v6, int port) {
        int length = v6 ? INET6_BYTES : INET_BYTES;
        Memory.zero(address, length);
        Memory.putShortLittleEndian(address, v6 ? INET6 : INET);
        Memory.putShort(address + PORT, port);
        return length;
    }

    static int port(long address) {
        return Memory.getShort(address + PORT);
    }

    /** Reads the remote side; false when the kernel gave an address of another family or length. */
    static boolean read(long address, int length, boolean v6, Endpoint from) {
        from.clear();
        int family = length < Short.BYTES ? 0 : Memory.getShortLittleEndian(address);
        if (v6 ? family != INET6 || length < INET6_BYTES : family != INET || length < INET_BYTES) {
            return false;
        }
        from.v6 = v6;
        from.port = Memory.getShort(address + PORT);
        if (v6) {
            from.high = Memory.getLong(address + IPV6_ADDRESS);
            from.low = Memory.getLong(address + IPV6_ADDRESS + 8);
            from.scope = Memory.getIntLittleEndian(address + SCOPE);
        } else {
            from.low = Memory.getUnsignedInt(address + IPV4_ADDRESS);
        }
        return true;
    }
}
