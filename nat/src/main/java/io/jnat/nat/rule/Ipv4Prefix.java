package io.jnat.nat.rule;

/**
 * A network of IPv4 addresses.
 *
 * @param address its first address; bits behind the prefix are cleared
 * @param bits length of the prefix, 0 to 32
 */
public record Ipv4Prefix(int address, int bits) implements AddressPrefix {
    /** Every address. */
    public static final Ipv4Prefix ANY = new Ipv4Prefix(0, 0);

    /** Clears what is behind the prefix. */
    public Ipv4Prefix {
        if (bits < 0 || bits > 32) {
            throw new IllegalArgumentException("prefix length " + bits + " (expected: 0 to 32)");
        }
        address &= mask(bits);
    }

    /** One address. */
    public static Ipv4Prefix host(int address) {
        return new Ipv4Prefix(address, 32);
    }

    /**
     * Reads {@code 192.168.20.0/24} or {@code 192.168.20.31}.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static Ipv4Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return host(parseAddress(text));
        }
        int bits = number(text, text.substring(slash + 1), 32);
        return new Ipv4Prefix(parseAddress(text.substring(0, slash)), bits);
    }

    /**
     * Reads {@code 192.168.20.31}.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static int parseAddress(String text) {
        int address = 0;
        int start = 0;
        for (int part = 0; part < 4; part++) {
            int end = part == 3 ? text.length() : text.indexOf('.', start);
            if (end < 0) {
                throw new IllegalArgumentException(text + " (expected: an IPv4 address)");
            }
            address = address << 8 | number(text, text.substring(start, end), 255);
            start = end + 1;
        }
        return address;
    }

    /** An address for people. */
    public static String format(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }

    /** Whether an address lies in it. */
    public boolean contains(int candidate) {
        return (candidate & mask(bits)) == address;
    }

    /** Its last address. */
    int last() {
        return address | ~mask(bits);
    }

    @Override
    public String toString() {
        return format(address) + "/" + bits;
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }

    private static int number(String whole, String digits, int largest) {
        if (digits.isEmpty() || digits.length() > 3) {
            throw new IllegalArgumentException(whole + " (expected: an IPv4 address or network)");
        }
        int value = 0;
        for (int at = 0; at < digits.length(); at++) {
            char digit = digits.charAt(at);
            if (digit < '0' || digit > '9') {
                throw new IllegalArgumentException(
                        whole + " (expected: an IPv4 address or network)");
            }
            value = value * 10 + digit - '0';
        }
        if (value > largest) {
            throw new IllegalArgumentException(whole + " (expected: an IPv4 address or network)");
        }
        return value;
    }
}
