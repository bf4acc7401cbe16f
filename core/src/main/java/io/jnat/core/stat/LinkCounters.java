package io.jnat.core.stat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Packets and bytes in and out of each link, by link id. One writer (an engine thread), any reader.
 */
public final class LinkCounters {
    /** What is counted of a link. */
    public enum Kind {
        /** Packets that came in; the segments of a super-frame each count. */
        RECEIVED_PACKETS,
        /** IP bytes that came in. */
        RECEIVED_BYTES,
        /** Packets that left. */
        SENT_PACKETS,
        /** IP bytes that left. */
        SENT_BYTES
    }

    private static final int KINDS = Kind.values().length;
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts;

    /** Counters at zero for links 0 to {@code links - 1}. */
    public LinkCounters(int links) {
        counts = new long[links * KINDS];
    }

    /** Counts what came in. Writer only. */
    public void received(int link, int packets, int bytes) {
        add(link, Kind.RECEIVED_PACKETS, packets);
        add(link, Kind.RECEIVED_BYTES, bytes);
    }

    /** Counts what left. Writer only. */
    public void sent(int link, int packets, int bytes) {
        add(link, Kind.SENT_PACKETS, packets);
        add(link, Kind.SENT_BYTES, bytes);
    }

    /** One count so far. */
    public long get(int link, Kind kind) {
        return (long) ELEMENT.getAcquire(counts, link * KINDS + kind.ordinal());
    }

    private void add(int link, Kind kind, long amount) {
        int at = link * KINDS + kind.ordinal();
        ELEMENT.setRelease(counts, at, counts[at] + amount);
    }
}
