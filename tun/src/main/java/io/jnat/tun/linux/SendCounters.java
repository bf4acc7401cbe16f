package io.jnat.tun.linux;

import io.jnat.tun.SendFault;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Send faults by kind. One writer, any reader. */
final class SendCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int KINDS = SendFault.values().length;

    private final long[] counts = new long[KINDS];

    void add(SendFault fault, int count) {
        int at = fault.ordinal();
        ELEMENT.setRelease(counts, at, counts[at] + count);
    }

    long get(SendFault fault) {
        return (long) ELEMENT.getAcquire(counts, fault.ordinal());
    }

    /** Which kind of loss an errno stands for. */
    static SendFault classify(int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> SendFault.QUEUE_FULL;
            case Errno.EMSGSIZE -> SendFault.TOO_BIG;
            case Errno.EPERM, Errno.EACCES -> SendFault.FORBIDDEN;
            case Errno.ENETUNREACH,
                    Errno.EHOSTUNREACH,
                    Errno.ENETDOWN,
                    Errno.ECONNREFUSED,
                    Errno.EAFNOSUPPORT ->
                    SendFault.UNREACHABLE;
            default -> SendFault.OTHER;
        };
    }
}
