package io.jnat.cli.config;

import java.net.InetAddress;

/**
 * An address and the length of its network: {@code 10.99.0.1/24}. Keeps the host's bits.
 *
 * @param address the address as written
 * @param bits length of the network, 0 to 32 or 128
 */
public record Cidr(InetAddress address, int bits) {

    /** Refuses a length that the address family does not have. */
    public Cidr {
        if (bits < 0 || bits > 8 * address.getAddress().length) {
            throw new IllegalArgumentException(address.getHostAddress() + "/" + bits);
        }
    }

    /** The one address. */
    public static Cidr host(InetAddress address) {
        return new Cidr(address, 8 * address.getAddress().length);
    }

    /**
     * Reads {@code 10.99.0.1/24}, or an address alone.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static Cidr of(String text) {
        try {
            return parse(text);
        } catch (BadValue bad) {
            throw new IllegalArgumentException(text + ": expected " + bad.expected(), bad);
        }
    }

    /** A prefix, or an address alone. */
    public static Cidr parse(String text) throws BadValue {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return host(Values.address(text));
        }
        InetAddress address = Values.address(text.substring(0, slash));
        int most = 8 * address.getAddress().length;
        String length = text.substring(slash + 1);
        if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > most) {
            throw new BadValue("a prefix length of 0 to " + most + " after the /");
        }
        return new Cidr(address, Integer.parseInt(length));
    }

    /** Whether it is IPv6. */
    public boolean v6() {
        return address.getAddress().length == 16;
    }

    /** Whether an address lies inside. */
    public boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] theirs = other.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >>> (bit & 7);
            if (((mine[bit >>> 3] ^ theirs[bit >>> 3]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether every address of another network lies inside. */
    public boolean contains(Cidr other) {
        return bits <= other.bits && contains(other.address);
    }

    /** Whether no bit is set behind the length, as a network wants it. */
    public boolean isNetwork() {
        byte[] mine = address.getAddress();
        for (int bit = bits; bit < 8 * mine.length; bit++) {
            if ((mine[bit >>> 3] & (0x80 >>> (bit & 7))) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The network that the address lies in: the same length, the bits behind it cleared. */
    public Cidr network() {
        byte[] bytes = address.getAddress();
        for (int bit = bits; bit < 8 * bytes.length; bit++) {
            bytes[bit >>> 3] &= (byte) ~(0x80 >>> (bit & 7));
        }
        return new Cidr(Values.ofBytes(bytes), bits);
    }

    /** As written: {@code 10.99.0.1/24}. */
    @Override
    public String toString() {
        return Values.text(address) + "/" + bits;
    }
}
