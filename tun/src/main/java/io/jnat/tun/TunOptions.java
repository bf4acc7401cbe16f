package io.jnat.tun;

/**
 * How to open a TUN device.
 *
 * @param name the device's name, 1 to 15 characters, or a pattern such as {@code jnat%d}, of which
 *     the kernel makes the first free name; an existing persistent TUN device of that name is taken
 * @param mtuBytes MTU to set, 68 to 65,535; 0 leaves the device's own
 * @param offload whether super-frames and partial checksums are used, as far as the kernel has them
 */
public record TunOptions(String name, int mtuBytes, boolean offload) {
    private static final int MAX_NAME_LENGTH = 15;
    private static final int MIN_MTU_BYTES = 68;
    private static final int MAX_MTU_BYTES = 65_535;

    /** Checks the values. */
    public TunOptions {
        boolean badCharacter =
                name.chars().anyMatch(c -> c <= ' ' || c > '~' || c == '/' || c == ':');
        if (name.isEmpty()
                || name.length() > MAX_NAME_LENGTH
                || badCharacter
                || name.equals(".")
                || name.equals("..")) {
            throw new IllegalArgumentException(
                    "device name '"
                            + name
                            + "' (expected: 1 to 15 printable characters without space, / and :)");
        }
        int percent = name.indexOf('%');
        if (percent >= 0
                && (!name.startsWith("%d", percent) || name.indexOf('%', percent + 1) >= 0)) {
            throw new IllegalArgumentException(
                    "device name '" + name + "' (expected: at most one %d, and no other %)");
        }
        if (mtuBytes != 0 && (mtuBytes < MIN_MTU_BYTES || mtuBytes > MAX_MTU_BYTES)) {
            throw new IllegalArgumentException(
                    "mtu " + mtuBytes + " (expected: 68 to 65535, or 0 to leave it)");
        }
    }
}
