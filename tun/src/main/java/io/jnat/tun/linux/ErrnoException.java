package io.jnat.tun.linux;

import java.io.IOException;

/** A system call that failed, with its error number for those who can do something about it. */
final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    ErrnoException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
