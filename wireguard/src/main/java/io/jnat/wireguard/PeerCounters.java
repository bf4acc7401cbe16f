package io.jnat.wireguard;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A peer's numbers. One writer: the engine, in the section. Any reader. */
final class PeerCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    static final int RX_BYTES = 0;
    static final int TX_BYTES = 1;
    static final int REPLAYED = 2;
    static final int NOT_ALLOWED = 3;
    static final int KEEPALIVES_SENT = 4;
    static final int KEEPALIVES_RECEIVED = 5;
    static final int ENDPOINT_MOVES = 6;
    static final int SESSIONS = 7;
    static final int STAGED = 8;
    static final int LAST_HANDSHAKE_EPOCH_NANOS = 9;
    static final int SESSION_BORN_NANOS = 10;
    static final int SESSION_ALIVE = 11;
    private static final int COUNT = 12;

    private final long[] values = new long[COUNT];

    void add(int counter, long amount) {
        ELEMENT.setRelease(values, counter, values[counter] + amount);
    }

    void set(int counter, long value) {
        ELEMENT.setRelease(values, counter, value);
    }

    long get(int counter) {
        return (long) ELEMENT.getAcquire(values, counter);
    }
}
