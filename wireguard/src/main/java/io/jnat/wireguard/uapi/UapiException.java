package io.jnat.wireguard.uapi;

/** An operation that was refused as a whole. The message holds no key. */
public final class UapiException extends Exception {
    private static final long serialVersionUID = 1L;

    private final UapiError error;

    /** Refuses with a reason for the log. */
    public UapiException(UapiError error, String message) {
        super(message);
        this.error = error;
    }

    /** What the client is told. */
    UapiError error() {
        return error;
    }
}
