package io.jnat.core.packet;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where a datagram came from or goes to: the remote address and port, and the local address it came
 * in on (RFC 3542, IP_PKTINFO). Mutable and reused, so that the data path allocates nothing.
 *
 * <p>IPv6 addresses are two 64-bit halves in network order. IPv4 addresses have {@code v6 ==
 * false}, {@code high == 0} and the 32-bit address in {@code low}.
 */
public final class Endpoint {
    /** Whether the addresses are IPv6. */
    public boolean v6;

    /** Remote address, upper half; 0 for IPv4. */
    public long high;

    /** Remote address, lower half, or the IPv4 address as an unsigned 32-bit value. */
    public long low;

    /** Remote port; 0 means that the endpoint is not set. */
    public int port;

    /** Scope of a link-local IPv6 remote address; 0 otherwise. */
    public int scope;

    /** Local address that the last datagram came in on, upper half. */
    public long localHigh;

    /** Local address, lower half or IPv4; both halves 0 when it is not known. */
    public long localLow;

    /** Index of the interface that the last datagram came in on; 0 when it is not known. */
    public int localInterface;

    /** An unset endpoint. */
    public Endpoint() {}

    /** Whether there is a remote address and port. */
    public boolean isSet() {
        return port != 0;
    }

    /** Forgets remote and local side. */
    public void clear() {
        v6 = false;
        high = 0;
        low = 0;
        port = 0;
        scope = 0;
        clearLocal();
    }

    /** Forgets the local side, so that the kernel chooses the source address again. */
    public void clearLocal() {
        localHigh = 0;
        localLow = 0;
        localInterface = 0;
    }

    /** Takes over both sides of another endpoint. */
    public void copyFrom(Endpoint other) {
        v6 = other.v6;
        high = other.high;
        low = other.low;
        port = other.port;
        scope = other.scope;
        copyLocalFrom(other);
    }

    /** Takes over the local side of another endpoint. */
    public void copyLocalFrom(Endpoint other) {
        localHigh = other.localHigh;
        localLow = other.localLow;
        localInterface = other.localInterface;
    }

    /** Whether the remote address, port and scope are the same. */
    public boolean sameRemote(Endpoint other) {
        return low == other.low
                && port == other.port
                && high == other.high
                && v6 == other.v6
                && scope == other.scope;
    }

    /** Whether both sides are the same, so that datagrams can share one send call. */
    public boolean same(Endpoint other) {
        return sameRemote(other) && sameLocal(other);
    }

    /** Whether the local address and interface are the same. */
    public boolean sameLocal(Endpoint other) {
        return localLow == other.localLow
                && localHigh == other.localHigh
                && localInterface == other.localInterface;
    }

    /** Whether the local address is known. */
    public boolean hasLocal() {
        return (localHigh | localLow) != 0;
    }

    /**
     * Sets the remote side from a resolved socket address and forgets the local side. Allocates.
     */
    public void set(InetSocketAddress remote) {
        clear();
        byte[] bytes = remote.getAddress().getAddress();
        for (byte octet : bytes) {
            high = (high << 8) | (low >>> 56);
            low = (low << 8) | Byte.toUnsignedLong(octet);
        }
        v6 = bytes.length == 16;
        port = remote.getPort();
        scope = remote.getAddress() instanceof Inet6Address six ? six.getScopeId() : 0;
    }

    /** The remote address as the JDK has it. Allocates. */
    private InetAddress address() {
        byte[] bytes = new byte[v6 ? 16 : 4];
        for (int at = 0; at < bytes.length; at++) {
            int fromEnd = bytes.length - 1 - at;
            bytes[at] = (byte) (fromEnd < 8 ? low >>> (8 * fromEnd) : high >>> (8 * (fromEnd - 8)));
        }
        try {
            return v6
                    ? Inet6Address.getByAddress(null, bytes, scope == 0 ? -1 : scope)
                    : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@code 198.51.100.7:4000}, {@code [2001:db8::7]:4000}, or {@code (none)}. Allocates. */
    @Override
    public String toString() {
        if (!isSet()) {
            return "(none)";
        }
        if (!v6) {
            return address().getHostAddress() + ":" + port;
        }
        return "[" + Ipv6Text.of(high, low) + (scope == 0 ? "" : "%" + scope) + "]:" + port;
    }
}
