package io.jnat.nat.rule;

import io.jnat.core.packet.Ipv6Text;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * A network of IPv6 addresses.
 *
 * @param high upper half of its first address; bits behind the prefix are cleared
 * @param low lower half
 * @param bits length of the prefix, 0 to 128
 */
public record Ipv6Prefix(long high, long low, int bits) implements AddressPrefix {
    /** Clears what is behind the prefix. */
    public Ipv6Prefix {
        if (bits < 0 || bits > 128) {
            throw new IllegalArgumentException("prefix length " + bits + " (expected: 0 to 128)");
        }
        high &= highMask(bits);
        low &= lowMask(bits);
    }

    /** An address and the length of its network. */
    public static Ipv6Prefix of(Inet6Address address, int bits) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return new Ipv6Prefix(bytes.getLong(), bytes.getLong(), bits);
    }

    /**
     * Reads {@code 2001:db8:1::/48} or {@code 2001:db8:1::31}.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static Ipv6Prefix parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        String length = slash < 0 ? "128" : text.substring(slash + 1);
        boolean literal = address.indexOf(':') >= 0 && address.indexOf('%') < 0;
        if (!literal || !length.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException(text + " (expected: an IPv6 address or network)");
        }
        try {
            if (InetAddress.getByName(address) instanceof Inet6Address six) {
                return of(six, Integer.parseInt(length));
            }
        } catch (UnknownHostException wrong) {
            throw new IllegalArgumentException(
                    text + " (expected: an IPv6 address or network)", wrong);
        }
        throw new IllegalArgumentException(text + " (expected: an IPv6 address or network)");
    }

    /** Whether an address lies in it. */
    public boolean contains(long candidateHigh, long candidateLow) {
        return (candidateHigh & highMask(bits)) == high && (candidateLow & lowMask(bits)) == low;
    }

    @Override
    public String toString() {
        return Ipv6Text.of(high, low) + "/" + bits;
    }

    private static long highMask(int bits) {
        return bits == 0 ? 0 : bits >= 64 ? -1 : -1L << (64 - bits);
    }

    private static long lowMask(int bits) {
        return bits <= 64 ? 0 : -1L << (128 - bits);
    }
}
