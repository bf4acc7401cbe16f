package io.jnat.wireguard.uapi;

/**
 * Why an operation was refused; its number goes to the client as {@code errno=-22}. Numbers are
 * Linux's.
 */
public enum UapiError {
    /** The device belongs to a configuration file (EPERM). */
    NOT_PERMITTED(1),
    /** More at once than there is memory for (ENOMEM). */
    TOO_MUCH(12),
    /** A key or a value that does not exist (EINVAL). */
    INVALID(22),
    /** Not in the form of the protocol (EPROTO). */
    PROTOCOL(71),
    /** The port is in use (EADDRINUSE). */
    PORT_IN_USE(98);

    private final int number;

    UapiError(int number) {
        this.number = number;
    }

    /** The error number, positive. */
    int number() {
        return number;
    }
}
