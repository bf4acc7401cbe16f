package io.jnat.core.stat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Drops by reason. One writer (an engine thread), any reader. */
public final class DropCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] packets = new long[DropReason.count()];

    /** Counters at zero. */
    public DropCounters() {}

    /** Counts packets. Writer only. */
    public void add(DropReason reason, int count) {
        int at = reason.ordinal();
        ELEMENT.setRelease(packets, at, packets[at] + count);
    }

    /** Packets dropped for a reason so far. */
    public long get(DropReason reason) {
        return (long) ELEMENT.getAcquire(packets, reason.ordinal());
    }
}
