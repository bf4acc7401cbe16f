package io.jnat.wireguard;

import io.jnat.core.packet.Endpoint;
import io.jnat.core.packet.Memory;
import io.jnat.wireguard.message.HandshakeInitiation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Handshake messages on their way from the engine threads to the handshake thread: a bounded ring
 * of preallocated places, each with a sequence number that says whose turn it is (D. Vyukov's
 * bounded queue). When it is full, messages are refused.
 *
 * <p>Offering: any engine thread, no lock, allocates nothing. Taking: the handshake thread.
 */
final class HandshakeQueue {
    /** How many messages may wait. */
    static final int CAPACITY = 1024;

    private static final VarHandle SEQUENCE = MethodHandles.arrayElementVarHandle(long[].class);

    private final byte[][] bytes = new byte[CAPACITY][HandshakeInitiation.BYTES];
    private final int[] lengths = new int[CAPACITY];
    private final Endpoint[] from = new Endpoint[CAPACITY];
    private final long[] sequence = new long[CAPACITY];
    private final AtomicLong offered = new AtomicLong();
    private volatile long taken;

    HandshakeQueue() {
        for (int at = 0; at < CAPACITY; at++) {
            from[at] = new Endpoint();
            sequence[at] = at;
        }
    }

    /** Copies a message in; false when the queue is full. */
    boolean offer(long address, int length, Endpoint source) {
        while (true) {
            long turn = offered.get();
            int at = (int) turn & (CAPACITY - 1);
            long ready = (long) SEQUENCE.getAcquire(sequence, at) - turn;
            if (ready < 0) {
                return false;
            }
            if (ready == 0 && offered.compareAndSet(turn, turn + 1)) {
                Memory.copy(address, bytes[at], 0, length);
                lengths[at] = length;
                from[at].copyFrom(source);
                SEQUENCE.setRelease(sequence, at, turn + 1);
                return true;
            }
        }
    }

    /** How many messages wait, about. */
    int size() {
        return (int) (offered.get() - taken);
    }

    /** A copy of the oldest message, its source in {@code source}; empty when none waits. */
    byte[] take(Endpoint source) {
        long turn = taken;
        int at = (int) turn & (CAPACITY - 1);
        if ((long) SEQUENCE.getAcquire(sequence, at) != turn + 1) {
            return NONE;
        }
        byte[] message = Arrays.copyOf(bytes[at], lengths[at]);
        source.copyFrom(from[at]);
        SEQUENCE.setRelease(sequence, at, turn + CAPACITY);
        taken = turn + 1;
        return message;
    }

    private static final byte[] NONE = new byte[0];
}
