package io.jnat.cli.config;

/**
 * Where the other end listens: {@code relay.example.org:51820}, {@code 198.51.100.1:51820}, {@code
 * [2001:db8::1]:51820}. A name is looked up when it is used, not here.
 *
 * @param host name or address, without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    /**
     * Reads {@code relay.example.org:51820}.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static HostPort of(String text) {
        try {
            return parse(text);
        } catch (BadValue bad) {
            throw new IllegalArgumentException(text + " (expected " + bad.expected() + ")", bad);
        }
    }

    /** {@code host:port} or {@code [IPv6]:port}; no name is looked up. */
    public static HostPort parse(String text) throws BadValue {
        String example = "a host and a port such as relay.example.org:51820 or [2001:db8::1]:51820";
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new BadValue(example);
        }
        String host = text.substring(0, colon);
        String port = text.substring(colon + 1);
        if (!port.matches("\\d{1,5}")
                || Integer.parseInt(port) < 1
                || Integer.parseInt(port) > 65535) {
            throw new BadValue("a port from 1 to 65535 after the last colon");
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (Values.address(host).getAddress().length != 16) {
                throw new BadValue(example);
            }
        } else if (host.matches("[0-9.]+")) {
            Values.address(host);
        } else if (!host.matches("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?")) {
            throw new BadValue(example);
        }
        return new HostPort(host, Integer.parseInt(port));
    }

    /** As written. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
