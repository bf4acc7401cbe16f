package io.jnat.cli.config;

import io.jnat.core.packet.Ipv6Text;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text to values, strictly: nothing is looked up, nothing is guessed. */
public final class Values {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
    private static final Pattern IPV4 =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern INTERFACE = Pattern.compile("[^\\s/:%]{1,15}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
    private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

    /** What an IPv6 network of a site, or of captured devices, must be. */
    public static final String UNICAST6 =
            "a network of global or unique local addresses, /16 or longer";

    private Values() {}

    /** An IPv4 or IPv6 address; never a name. */
    public static InetAddress address(String text) throws BadValue {
        Matcher four = IPV4.matcher(text);
        if (four.matches()) {
            byte[] bytes = new byte[4];
            for (int at = 0; at < 4; at++) {
                int octet = Integer.parseInt(four.group(at + 1));
                if (octet > 255) {
                    throw new BadValue("an address whose four numbers are 0 to 255");
                }
                bytes[at] = (byte) octet;
            }
            return ofBytes(bytes);
        }
        if (text.indexOf(':') >= 0 && text.indexOf('%') < 0) {
            try {
                return InetAddress.ofLiteral(text);
            } catch (IllegalArgumentException notAnAddress) {
                throw new BadValue("an address such as 192.168.20.31 or 2001:db8::31");
            }
        }
        throw new BadValue("an address such as 192.168.20.31 or 2001:db8::31");
    }

    static InetAddress ofBytes(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException wrongLength) {
            throw new IllegalStateException(wrongLength);
        }
    }

    /** An address for people, IPv6 as RFC 5952 has it. */
    public static String text(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address.getHostAddress();
        }
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return Ipv6Text.of(bytes.getLong(), bytes.getLong());
    }

    /** A number and its unit: ms, s, m, h or d. */
    public static Duration duration(String text) throws BadValue {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new BadValue("a duration such as \"25s\", \"5m\" or \"2h\"");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** The shortest text that {@link #duration} reads back. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds == 0 || seconds % 60 != 0) {
            return seconds + "s";
        }
        return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "m";
    }

    /** A name that Linux lets an interface have. */
    public static String interfaceName(String text) throws BadValue {
        if (!INTERFACE.matcher(text).matches() || text.equals(".") || text.equals("..")) {
            throw new BadValue(
                    "the name of a network interface such as eth0, at most 15 characters");
        }
        return text;
    }

    /** A name of something in the configuration. */
    public static String name(String text) throws BadValue {
        if (!NAME.matcher(text).matches()) {
            throw new BadValue("a name of letters, digits, '-', '_' and '.'");
        }
        return text;
    }

    /** A hardware address, in lower case. */
    public static String mac(String text) throws BadValue {
        if (!MAC.matcher(text).matches()) {
            throw new BadValue("a hardware address such as 00:1c:2d:05:37:2a");
        }
        return text.toLowerCase(java.util.Locale.ROOT);
    }

    /** A prefix with no bits behind it. */
    public static Cidr network(String text) throws BadValue {
        Cidr network = Cidr.parse(text);
        if (!network.isNetwork()) {
            throw new BadValue("no bits behind the prefix", network.network().toString());
        }
        return network;
    }

    /** Whether devices may have these addresses: 2000::/3 or fc00::/7. */
    public static boolean isUnicast6(Cidr network) {
        int first = network.address().getAddress()[0] & 0xff;
        return network.bits() >= 16 && (first >>> 5 == 1 || first >>> 1 == 0xfc >>> 1);
    }
}
