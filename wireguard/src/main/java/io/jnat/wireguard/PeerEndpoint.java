package io.jnat.wireguard;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer is, as configured.
 *
 * @param host an IPv4 or IPv6 address (with scope where it needs one), or a name
 * @param port 1 to 65535
 */
public record PeerEndpoint(String host, int port) {
    /** Checks the port. */
    public PeerEndpoint {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("endpoint has no host");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("endpoint port " + port + " (expected: 1 to 65535)");
        }
    }

    /** {@code host:port}, {@code 192.0.2.1:51820} or {@code [2001:db8::1]:51820}. */
    public static PeerEndpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (colon < 0 || (!bracketed && host.indexOf(':') >= 0)) {
            throw new IllegalArgumentException(
                    "endpoint \"" + text + "\" (expected: host:port or [IPv6]:port)");
        }
        int port;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException notNumber) {
            throw new IllegalArgumentException(
                    "endpoint \"" + text + "\" (expected: a port number after the colon)",
                    notNumber);
        }
        return new PeerEndpoint(bracketed ? host.substring(1, host.length() - 1) : host, port);
    }

    /**
     * The host as an address; null when it is none, or its scope is no interface that is there. The
     * JDK takes the name of an interface without a link-local address of its own for no scope.
     */
    public @Nullable InetAddress literal() {
        InetAddress address = literal(host);
        int percent = host.indexOf('%');
        if (address != null || percent < 0) {
            return address;
        }
        try {
            NetworkInterface scope = NetworkInterface.getByName(host.substring(percent + 1));
            return scope == null
                    ? null
                    : literal(host.substring(0, percent + 1) + scope.getIndex());
        } catch (SocketException notThere) {
            return null;
        }
    }

    private static @Nullable InetAddress literal(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException notAnAddress) {
            return null;
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
