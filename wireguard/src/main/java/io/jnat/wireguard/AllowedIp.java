package io.jnat.wireguard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A prefix that a peer may use: two 64-bit halves in network order, IPv4 in the low 32 bits, host
 * bits cleared.
 *
 * @param v6 whether it is IPv6
 * @param high upper half; 0 for IPv4
 * @param low lower half, or the IPv4 address
 * @param prefixLength 0 to 32 or 128
 */
public record AllowedIp(boolean v6, long high, long low, int prefixLength) {
    /** The JDK also reads {@code 10.1}, which nobody means. */
    private static final Pattern DOTTED_QUAD = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+");

    /** Clears the host bits. */
    public AllowedIp {
        int bits = v6 ? 128 : 32;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException(
                    "prefix length " + prefixLength + " (expected: 0 to " + bits + ")");
        }
        if (v6) {
            high &= mask(Math.min(prefixLength, 64));
            low &= mask(Math.max(prefixLength - 64, 0));
        } else {
            high = 0;
            low &= mask(prefixLength + 32) & 0xffff_ffffL;
        }
    }

    /** {@code 10.0.0.0/8}, {@code fd00::/64}, or an address alone. */
    public static AllowedIp parse(String text) {
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        if (host.indexOf(':') < 0 && !DOTTED_QUAD.matcher(host).matches()) {
            throw new IllegalArgumentException("\"" + text + "\" (expected: ADDRESS/LENGTH)");
        }
        byte[] bytes = InetAddress.ofLiteral(host).getAddress();
        int bits = bytes.length * 8;
        int length = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
        long high = 0;
        long low = 0;
        for (byte octet : bytes) {
            high = (high << 8) | (low >>> 56);
            low = (low << 8) | Byte.toUnsignedLong(octet);
        }
        return new AllowedIp(bytes.length == 16, high, low, length);
    }

    private static long mask(int bits) {
        return bits == 0 ? 0 : -1L << (64 - bits);
    }

    @Override
    public String toString() {
        byte[] bytes = new byte[v6 ? 16 : 4];
        for (int at = 0; at < bytes.length; at++) {
            int fromEnd = bytes.length - 1 - at;
            bytes[at] = (byte) (fromEnd < 8 ? low >>> (8 * fromEnd) : high >>> (8 * (fromEnd - 8)));
        }
        try {
            return InetAddress.getByAddress(bytes).getHostAddress() + "/" + prefixLength;
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
