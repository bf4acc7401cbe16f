package io.jnat.cli.steering;

import java.io.IOException;

/** The host refused a change; the message says which one, why, and what to do. */
final class SteeringException extends IOException {
    private static final long serialVersionUID = 1L;

    SteeringException(String message) {
        super(message);
    }

    SteeringException(String message, Throwable cause) {
        super(message, cause);
    }
}
